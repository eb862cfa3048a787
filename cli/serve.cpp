#include "cli/cli.hpp"
#include "config/log.hpp"
#include "http/front.hpp"

#include <csignal>
#include <cstdlib>
#include <thread>

#include <sys/resource.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>

namespace troupe::cli {
namespace {

/// Between two looks whether open work has been recovered.
constexpr milliseconds ready_look{200};
/// How long after the drain's own time the process may take to end before it is ended.
constexpr std::chrono::seconds watchdog_grace{15};

/// Many connections and transfers: as many descriptors as the system lets a process have.
void raise_descriptor_limit() {
  rlimit l{};
  if (getrlimit(RLIMIT_NOFILE, &l) != 0) return;
  l.rlim_cur = l.rlim_max;
  setrlimit(RLIMIT_NOFILE, &l);
}

/// Blocks the signals that the server heeds, in all threads started from here on; `wait` takes them.
class signals_heeded {
public:
  signals_heeded() {
    sigemptyset(&set_);
    for (const int s : {SIGTERM, SIGINT, SIGHUP, SIGUSR1})
      sigaddset(&set_, s);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
  }
  int wait() const {
    int got = 0;
    sigwait(&set_, &got);
    return got;
  }

private:
  sigset_t set_;
};

/// Waits for a signal to end; SIGHUP is one to read the certificate again.
int wait_for_end(const signals_heeded& signals, http::front& front, bool with_tls) {
  for (;;) {
    const int got = signals.wait();
    if (got != SIGHUP) return got;
    const auto f = front.reload_tls();
    if (f.code == errc::none)
      log::info(with_tls ? "the certificate was read again" : "there is no certificate to read again");
    else
      log::error("the certificate before stays", {{"reason", f.text()}});
  }
}

/// Tells the service manager that work is taken, once it is (sd_notify(3)).
void tell_when_ready(engine_gateway& node, const std::stop_token& stop) {
  while (!stop.stop_requested())
    if (node.wait_ready(ready_look)) {
      sd_notify(0, "READY=1");
      return;
    }
}

/// Ends the process should an orderly end take too long: nothing durable is lost by that.
void start_watchdog(milliseconds after) {
  std::thread([after] {
    std::this_thread::sleep_for(after);
    log::error("the orderly end took too long");
    std::_Exit(failed);
  }).detach();
}

} // namespace

int serve(const serve_command& c, const hooks& with) {
  engine_options options;
  auto from = c.from;
  if (!c.listen.empty()) from.assignments.push_back("http.listen=" + c.listen);
  if (!c.data.empty()) from.assignments.push_back("store.directory=" + c.data);
  if (!load_settings(from, options.s)) return usage;
  log::start(options.s.log.level, options.s.log.format);
  raise_descriptor_limit();
  // What is stored is nobody else's to read.
  ::umask(077);
  const signals_heeded signals;
  if (with.file_system) options.file_system = with.file_system(options.s.store.directory);

  // The front keeps a reference: these stay where they are.
  const auto s = options.s;
  auto node = engine_gateway::start(std::move(options));
  if (!node) {
    log::error("the node cannot be started", {{"reason", node.error().text()}});
    return failed;
  }
  (*node)->on_failure([] { kill(getpid(), SIGUSR1); });
  auto front = http::front::listen(s, **node);
  if (!front) {
    log::error("the front cannot be started", {{"reason", front.error().text()}});
    return usage;
  }
  if (s.http.keys.empty() && !s.http.allowed_hosts.empty())
    log::warn("until there are keys, whoever reaches this server by a name of http.allowed_hosts may do "
              "everything");
  log::info("listening", {{"address", (*front)->address()}, {"data", s.store.directory}});
  std::jthread telling([&node](const std::stop_token& stop) { tell_when_ready(**node, stop); });
  const bool died = wait_for_end(signals, **front, !s.http.tls_certificate.empty()) == SIGUSR1;
  telling.request_stop();
  sd_notify(0, "STOPPING=1");
  start_watchdog(s.work.drain_timeout + watchdog_grace);
  const bool clean = (*node)->drain();
  (*front)->stop();
  (*node)->close();
  front->reset();
  log::info("ended", {{"clean", clean && !died ? "yes" : "no"}});
  return clean && !died ? ok : failed;
}

} // namespace troupe::cli
