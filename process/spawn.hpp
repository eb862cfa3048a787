#pragma once
/// Child processes, each with a group of its own: a terminal's Ctrl-C is the server's to handle, and killing
/// one takes its descendants along.

#include <string>
#include <sys/types.h>
#include <utility>
#include <vector>

namespace troupe {

/// Starts `arguments[0]` (looked up in PATH when it names no folder) with the rest. Of each pair the first is
/// open in it as the second; whatever else is open here above those is no business of the child. Returns 0
/// and sets `pid`, or the error's number.
int spawn(const std::vector<std::string>& arguments, const std::vector<std::pair<int, int>>& descriptors,
          pid_t& pid);

/// Kills the process with its group and reaps it. Returns its status; one that had ended by itself keeps its
/// own.
int end_group(pid_t pid);

/// Where a program lies: of a path that one, else what PATH leads to. Empty when there is none of that name.
std::string path_of_program(const std::string& program);

} // namespace troupe
