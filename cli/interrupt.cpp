#include "cli/interrupt.hpp"

#include <csignal>

namespace troupe::cli {
namespace {

volatile std::sig_atomic_t mark = 0;

void set_mark(int) {
  mark = 1;
}

} // namespace

void watch_for_interrupt() {
  struct sigaction a {};
  a.sa_handler = set_mark;
  a.sa_flags = static_cast<int>(SA_RESETHAND);
  sigaction(SIGINT, &a, nullptr);
  sigaction(SIGTERM, &a, nullptr);
}

bool interrupted() {
  return mark != 0;
}

} // namespace troupe::cli
