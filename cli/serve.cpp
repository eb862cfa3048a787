#include "cli/cli.hpp"
#include "cli/daemon.hpp"
#include "config/log.hpp"
#include "http/front.hpp"

#include <thread>

#include <systemd/sd-daemon.h>

namespace troupe::cli {
namespace {

/// Between two looks whether open work has been recovered.
constexpr milliseconds ready_look{200};

/// Reads the certificates again, the front's and the cluster's.
void reload(http::front& front, engine_gateway& node, const settings& s) {
  const auto tell = [](const failure& f, const char* what) {
    if (f.code == errc::none)
      log::info("certificates were read again", {{"of", what}});
    else
      log::error("the certificate before stays", {{"of", what}, {"reason", f.text()}});
  };
  if (!s.http.tls_certificate.empty()) tell(front.reload_tls(), "http");
  if (!s.cluster.certificate.empty()) tell(node.reload_certificates(), "cluster");
}

/// Tells the service manager that work is taken, once it is (sd_notify(3)).
void tell_when_ready(engine_gateway& node, const std::stop_token& stop) {
  while (!stop.stop_requested())
    if (node.wait_ready(ready_look)) {
      sd_notify(0, "READY=1");
      return;
    }
}

} // namespace

int serve(const serve_command& c, const hooks& with) {
  engine_options options;
  auto from = c.from;
  if (!c.listen.empty()) from.assignments.push_back("http.listen=" + c.listen);
  if (!c.data.empty()) from.assignments.push_back("store.directory=" + c.data);
  add_cluster_options(c.cluster, from);
  if (!load_settings(from, options.s)) return usage;
  log::start(options.s.log.level, options.s.log.format);
  become_daemon();
  const signals_heeded signals;
  if (with.file_system) options.file_system = with.file_system(options.s.store.directory);

  options.drain = end_this_process;
  if (with.wire_version > 0) options.wire = with.wire_version;
  options.instead = with.instead;
  // The front keeps a reference: these stay where they are.
  const auto s = options.s;
  auto node = engine_gateway::start(std::move(options));
  if (!node) {
    log::error("the node cannot be started", {{"reason", node.error().text()}});
    return node.error().code == errc::invalid_request ? usage : failed;
  }
  (*node)->on_failure(fail_this_process);
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
  const bool died = signals.wait_for_end([&] { reload(**front, **node, s); }) == SIGUSR1;
  telling.request_stop();
  sd_notify(0, "STOPPING=1");
  start_watchdog(s.work.drain_timeout);
  const bool clean = (*node)->drain();
  (*front)->stop();
  (*node)->close();
  front->reset();
  log::info("ended", {{"clean", clean && !died ? "yes" : "no"}});
  return clean && !died ? ok : failed;
}

} // namespace troupe::cli
