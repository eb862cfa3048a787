#include "cli/daemon.hpp"

#include "cli/cli.hpp"
#include "config/log.hpp"

#include <cstdlib>
#include <thread>

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

namespace troupe::cli {
namespace {

/// How long after the drain's own time the process may take to end before it is ended.
constexpr std::chrono::seconds watchdog_grace{15};

} // namespace

void become_daemon() {
  rlimit l{};
  if (getrlimit(RLIMIT_NOFILE, &l) == 0) {
    l.rlim_cur = l.rlim_max;
    setrlimit(RLIMIT_NOFILE, &l);
  }
  ::umask(077);
}

signals_heeded::signals_heeded() {
  sigemptyset(&set_);
  for (const int s : {SIGTERM, SIGINT, SIGHUP, SIGUSR1})
    sigaddset(&set_, s);
  pthread_sigmask(SIG_BLOCK, &set_, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

int signals_heeded::wait_for_end(const std::function<void()>& reload) const {
  for (;;) {
    int got = 0;
    sigwait(&set_, &got);
    if (got != SIGHUP) return got;
    reload();
  }
}

void end_this_process() {
  kill(getpid(), SIGTERM);
}

void fail_this_process() {
  kill(getpid(), SIGUSR1);
}

void start_watchdog(milliseconds drain) {
  std::thread([after = drain + watchdog_grace] {
    std::this_thread::sleep_for(after);
    log::error("the orderly end took too long");
    std::_Exit(failed);
  }).detach();
}

} // namespace troupe::cli
