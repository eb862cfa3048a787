#pragma once
/// The inside of a process that is about to become an external program.

#include "process/tool.hpp"

namespace troupe {

/// What the launcher has to know, as one argument (JSON), and back. None: the text is no such thing.
std::string launch_order(const tool_limits& limits, const tool_reach& reach);
std::optional<std::pair<tool_limits, tool_reach>> read_launch_order(std::string_view text);

/// Limits and confines the process as `order` says, and becomes the program `arguments[0]` (looked up in
/// PATH, null-terminated). Returns only when it cannot: `tool_not_found` or `tool_not_confined`.
int run_tool_child(std::string_view order, char** arguments);

} // namespace troupe
