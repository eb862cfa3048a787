#include "actors/worker.hpp"
#include "cli/cli.hpp"
#include "cli/daemon.hpp"
#include "config/log.hpp"

#include <nlohmann/json.hpp>

#include <iostream>
#include <thread>

#include <systemd/sd-daemon.h>

namespace troupe::cli {
namespace {

/// Between two looks whether a node has been joined.
constexpr milliseconds joined_look{200};

/// Tells the service manager that there is somebody to work for, once there is (sd_notify(3)).
void tell_when_joined(const worker_node& node, const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    if (node.joined()) {
      sd_notify(0, "READY=1");
      return;
    }
    std::this_thread::sleep_for(joined_look);
  }
}

} // namespace

void add_cluster_options(const cluster_options& c, settings_source& to) {
  if (!c.listen.empty()) to.assignments.push_back("cluster.listen=" + c.listen);
  if (!c.name.empty()) to.assignments.push_back("cluster.name=" + c.name);
  if (!c.join.empty()) to.assignments.push_back("cluster.join=" + nlohmann::json(c.join).dump());
}

int work(const work_command& c, const hooks& with) {
  engine_options options;
  auto from = c.from;
  from.assignments.push_back("store.directory=" + c.data);
  add_cluster_options(c.cluster, from);
  if (!load_settings(from, options.s)) return usage;
  if (options.s.cluster.join.empty()) {
    std::cerr << "troupe: a worker needs a node to work for: --join HOST:PORT, or cluster.join\n";
    return usage;
  }
  const auto& s = options.s;
  log::start(s.log.level, s.log.format);
  become_daemon();
  const signals_heeded signals;
  options.drain = end_this_process;
  if (with.wire_version > 0) options.wire = with.wire_version;
  options.instead = with.instead;
  const auto drain_timeout = s.work.drain_timeout;
  auto node = worker_node::start(std::move(options));
  if (!node) {
    log::error("the worker cannot be started", {{"reason", node.error().text()}});
    return node.error().code == errc::invalid_request ? usage : failed;
  }
  (*node)->on_failure(fail_this_process);
  std::jthread telling([&node](const std::stop_token& stop) { tell_when_joined(**node, stop); });
  const bool died = signals.wait_for_end([&node] {
    const auto f = (*node)->reload_certificates();
    if (f.code == errc::none)
      log::info("certificates were read again", {{"of", "cluster"}});
    else
      log::error("the certificate before stays", {{"of", "cluster"}, {"reason", f.text()}});
  }) == SIGUSR1;
  telling.request_stop();
  sd_notify(0, "STOPPING=1");
  start_watchdog(drain_timeout);
  (*node)->drain();
  log::info("ended", {{"clean", died ? "no" : "yes"}});
  return died ? failed : ok;
}

} // namespace troupe::cli
