#include "parse/child.hpp"

#include "parse/wire.hpp"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <new>

namespace troupe {
namespace {

bool read_all(char* to, size_t size) {
  while (size > 0) {
    const auto n = ::read(parser_socket, to, size);
    if (n <= 0) return false;
    to += n;
    size -= static_cast<size_t>(n);
  }
  return true;
}

bool write_all(std::string_view data) {
  while (!data.empty()) {
    const auto n = ::send(parser_socket, data.data(), data.size(), MSG_NOSIGNAL);
    if (n <= 0) return false;
    data.remove_prefix(static_cast<size_t>(n));
  }
  return true;
}

void limit(int what, uint64_t soft, uint64_t hard) {
  const rlimit l{soft, hard};
  setrlimit(static_cast<__rlimit_resource>(what), &l);
}

uint64_t address_space() {
  uint64_t pages = 0;
  std::ifstream{"/proc/self/statm"} >> pages;
  return pages * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

void limit_process(const child_limits& limits) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  prctl(PR_SET_DUMPABLE, 0);
  signal(SIGINT, SIG_IGN);
  limit(RLIMIT_CORE, 0, 0);
  limit(RLIMIT_FSIZE, 0, 0);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  // Sanitizers reserve terabytes of address space: there the limit would end the process at once.
  const auto memory = address_space() + limits.memory_bytes;
  limit(RLIMIT_AS, memory, memory);
#else
  (void)limits;
  (void)address_space;
#endif
}

/// Lets the kernel end this process (SIGXCPU) when the next document takes longer.
void limit_cpu(unsigned seconds) {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto spent = static_cast<uint64_t>(used.ru_utime.tv_sec + used.ru_stime.tv_sec);
  limit(RLIMIT_CPU, spent + seconds + 1, RLIM_INFINITY);
}

bool serve_one(const child_limits& limits, const parse_function& parse) {
  char prefix[wire::prefix_size];
  if (!read_all(prefix, sizeof prefix)) return false;
  limit_cpu(limits.cpu_seconds);
  const auto sizes = wire::read_prefix(prefix);
  wire::request request;
  std::string reply;
  try {
    std::string header(sizes.header, '\0');
    std::string body(sizes.body, '\0');
    if (!read_all(header.data(), header.size()) || !read_all(body.data(), body.size())) return false;
    if (!wire::read_request(header, request)) return false;
    reply = wire::answer(parse({.data = body,
                                .url = request.url,
                                .content_type = request.content_type,
                                .max_markdown_bytes = request.max_markdown}));
  } catch (const std::bad_alloc&) {
    write_all(wire::answer(fail(errc::parse_memory)));
    return false;
  } catch (const std::exception& e) {
    reply = wire::answer(fail(errc::parse_failed, e.what()));
  }
  return write_all(reply);
}

} // namespace

int run_parser_child(const child_limits& limits, const parse_function& parse) {
  limit_process(limits);
  while (serve_one(limits, parse)) {
  }
  return 0;
}

} // namespace troupe
