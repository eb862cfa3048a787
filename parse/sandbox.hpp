#pragma once
/// What a process that reads strangers' documents takes from itself before it does.

#include "model/error.hpp"
#include "model/time.hpp"

namespace troupe {

/// Limits that every such process has: it dies with its parent, leaves no core, writes no file, opens few.
void limit_process();
/// The process' address space, over what it has already.
void limit_memory(uint64_t bytes);
/// From now on the kernel ends the process (SIGXCPU) after so much CPU time.
void limit_cpu(milliseconds time);

/// A parser: may compute, and talk over descriptors that are open. No file is opened, no socket made, no
/// process or program started any more (seccomp, an allow list; all else fails with EPERM). Fails with
/// `internal_error` when the kernel refuses the filter. Nothing is done in sanitizer builds, whose runtime
/// needs more.
failure confine_parser();

/// A tool that is about to be started: reads the system's files and no other, writes none (Landlock, where
/// the kernel has it), makes no socket and no process, traces nobody (seccomp).
failure confine_tool();

} // namespace troupe
