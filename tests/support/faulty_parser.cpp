#include "tests/support/faulty_parser.hpp"

#include "parse/child.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <new>
#include <vector>

namespace troupe::test {
namespace {

bool says(const parse_input& input, std::string_view word) {
  return input.data.find(word) != std::string_view::npos;
}

[[noreturn]] void bloat() {
  std::vector<std::unique_ptr<char[]>> all;
  for (;;) {
    constexpr size_t block = 16u << 20;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    // The limit on address space cannot be set under a sanitizer: what it would do is done here.
    if (all.size() == 16) throw std::bad_alloc();
#endif
    all.push_back(std::make_unique<char[]>(block));
    std::memset(all.back().get(), 1, block);
  }
}

} // namespace

result<document> faulty_parse(const parse_input& input) {
  if (says(input, "PARSER-HANGS"))
    for (;;)
      ::pause();
  if (says(input, "PARSER-SPINS"))
    for (volatile uint64_t n = 0;; (void)n) {
    }
  if (says(input, "PARSER-BLOATS")) bloat();
  if (says(input, "PARSER-CRASHES")) {
    std::signal(SIGSEGV, SIG_DFL);
    std::raise(SIGSEGV);
  }
  if (says(input, "PARSER-EXITS")) ::_exit(3);
  if (says(input, "PARSER-BABBLES")) {
    const std::string nonsense(64, '\xee');
    ::send(parser_socket, nonsense.data(), nonsense.size(), MSG_NOSIGNAL);
  }
  return parse_document(input);
}

} // namespace troupe::test
