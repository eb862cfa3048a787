#pragma once
/// What a process that reads strangers' documents takes from itself before it does.

#include "model/error.hpp"
#include "model/time.hpp"
#include "process/tool.hpp"

namespace troupe {

/// Limits that every such process has: it dies with its parent, leaves no core, writes files of at most
/// `file_bytes` (0: none), opens at most `open_files`.
void limit_process(uint64_t file_bytes = 0, uint64_t open_files = 64);
/// The process' address space, over what it has already.
void limit_memory(uint64_t bytes);
/// From now on the kernel ends the process (SIGXCPU) after so much CPU time.
void limit_cpu(milliseconds time);

/// A parser: may compute, and talk over descriptors that are open. No file is opened, no socket made, no
/// process or program started any more (seccomp, an allow list; all else fails with EPERM). Fails with
/// `internal_error` when the kernel refuses the filter. Nothing is done in sanitizer builds, whose runtime
/// needs more.
failure confine_parser();

/// A tool that is about to be started, beside what `reach` allows: reads the system's files and no other,
/// writes and changes none (Landlock, where the kernel has it), makes no socket and no process, leaves its
/// process group for no other, signals, traces and limits nobody (seccomp).
failure confine_tool(const tool_reach& reach);

} // namespace troupe
