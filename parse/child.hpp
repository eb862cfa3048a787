#pragma once
/// The inside of a parser process.

#include "parse/parser.hpp"

#include <functional>

namespace troupe {

/// The socket to the server, in a parser process.
constexpr int parser_socket = 3;

struct child_limits {
  uint64_t memory_bytes = 512u << 20;
  /// CPU seconds of one document.
  unsigned cpu_seconds = 10;
};

using parse_function = std::function<result<document>(const parse_input&)>;

/// Serves requests on `parser_socket` until it closes. Returns the exit code of the process. Before the first
/// it takes from itself what it does not need (sandbox.hpp): memory, CPU time for each document, files,
/// network, other programs; it dies with its parent.
int run_parser_child(const child_limits& limits, const parse_function& parse = parse_document);

} // namespace troupe
