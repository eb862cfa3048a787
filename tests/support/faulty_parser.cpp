#include "tests/support/faulty_parser.hpp"

#include "parse/child.hpp"

#include <fcntl.h>
#include <sys/ptrace.h>
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
    if (all.size() == 2) throw std::bad_alloc();
#endif
    all.push_back(std::make_unique<char[]>(block));
    std::memset(all.back().get(), 1, block);
  }
}

[[noreturn]] void write_for_ever() {
  const std::string block(1u << 20, 'x');
  // As if a document without end were on its way.
  const std::string prefix("\x02\0\0\0\xff\xff\xff\xff\x7f\0\0\0{}", 14);
  ::send(parser_socket, prefix.data(), prefix.size(), MSG_NOSIGNAL);
  for (;;)
    if (::send(parser_socket, block.data(), block.size(), MSG_NOSIGNAL) < 0) ::_exit(0);
}

/// The names of what was possible; "nothing" is as it should be.
document what_can_be_done() {
  std::string done;
  const auto tell = [&done](bool possible, const char* what) {
    if (possible) done += std::string(what) + " ";
  };
  const auto child = ::fork();
  if (child == 0) ::_exit(0);
  tell(child > 0, "fork");
  tell(::open("/etc/passwd", O_RDONLY) >= 0, "open");
  tell(::open("/tmp/parser-escaped", O_WRONLY | O_CREAT, 0600) >= 0, "create");
  tell(::socket(AF_INET, SOCK_STREAM, 0) >= 0, "socket");
  tell(::kill(::getppid(), 0) == 0, "signal");
  tell(::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) == 0, "trace");
  char program[] = "/bin/true";
  char* const arguments[] = {program, nullptr};
  ::execve(program, arguments, nullptr);
  document out;
  out.markdown = "could do: " + (done.empty() ? "nothing" : done);
  out.content_type = "text/plain";
  return out;
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
  if (says(input, "PARSER-KILLED")) std::raise(SIGKILL);
  if (says(input, "PARSER-STOPS")) std::raise(SIGSTOP);
  if (says(input, "PARSER-WRITES")) write_for_ever();
  if (says(input, "PARSER-ESCAPES")) return what_can_be_done();
  if (says(input, "PARSER-BABBLES")) {
    const std::string nonsense(64, '\xee');
    ::send(parser_socket, nonsense.data(), nonsense.size(), MSG_NOSIGNAL);
  }
  return parse_document(input);
}

} // namespace troupe::test
