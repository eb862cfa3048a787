#pragma once
/// A parser that misbehaves on demand, for parser processes of tests.

#include "parse/parser.hpp"

namespace troupe::test {

/// Parses, unless the document contains one of these words: `PARSER-HANGS` (sleeps for ever),
/// `PARSER-SPINS` (burns CPU for ever), `PARSER-BLOATS` (allocates for ever), `PARSER-CRASHES` (SIGSEGV),
/// `PARSER-EXITS` (exit code 3), `PARSER-BABBLES` (writes nonsense to the socket, then goes on),
/// `PARSER-KILLED` (SIGKILL), `PARSER-STOPS` (SIGSTOP), `PARSER-WRITES` (writes to the socket for ever),
/// `PARSER-ESCAPES` (answers with what it could do that no parser may: fork, exec, open, create, connect,
/// signal its parent).
result<document> faulty_parse(const parse_input& input);

} // namespace troupe::test
