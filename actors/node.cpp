#include "actors/running_node.hpp"

#include "actors/supervisor.hpp"
#include "actors/timers.hpp"
#include "config/log.hpp"

namespace troupe {
namespace {

/// How often services may be started again, and in what time, before the node gives up.
constexpr size_t most_restarts = 5;
constexpr std::chrono::seconds restart_window{60};
constexpr milliseconds first_supervisor_delay{100};
constexpr milliseconds longest_supervisor_delay{30'000};
/// Batches that are woken before others are heard: the row of each is read.
constexpr size_t most_woken = 256;

} // namespace

// -- start and recovery --------------------------------------------------------------------------------

void running_node::start() {
  auto started = s_.plan.start(self_->system());
  if (!started) {
    log::error("the services cannot be started", {{"reason", started.error().text()}});
    return self_->quit(caf::make_error(caf::sec::runtime_error, std::string(started.error().text())));
  }
  s_.running = std::move(*started);
  const auto& with = s_.running->with;
  watch(with.gate, "gate");
  watch(with.robots, "robots");
  watch(with.transfers, "transfers");
  watch(with.parser, "parser");
  watch(with.listener, "listener");
  watch(with.writer, "writer");
  watch(with.reader, "reader");
  if (with.dispatcher) watch(with.dispatcher, "dispatcher");
  self_->request(with.reader, service_timeout, read_atom_v)
      .then([self = self_](const std::vector<batch>& open) { running_node(self).recover(open); },
            [self = self_](const caf::error& e) {
              running_node(self).restart_services("the open batches cannot be read: " + caf::to_string(e));
            });
}

void running_node::recover(const std::vector<batch>& open) {
  if (s_.draining) return;
  for (const auto& r : s_.plan.standing_records())
    apply(r);
  for (const auto& b : open)
    supervise(b);
  if (s_.plan.on_ready) s_.plan.on_ready(true);
  log::info("ready", {{"open_batches", open.size()}, {"epoch", s_.running->epoch}});
}

bool running_node::may_supervise(const batch& b) const {
  return s_.running && !s_.restarting && !s_.draining && !terminal(b.state) && !s_.supervisors.contains(b.id);
}

void running_node::supervise(const batch& b) {
  const auto& o = b.options;
  const bool sleeps = b.state == batch_state::open && !b.paused && b.retry.next == 0 &&
                      o.not_before > now() && (o.deadline == timestamp{} || o.deadline > o.not_before);
  if (!sleeps) return begin_supervising(b);
  if (!may_supervise(b)) return;
  s_.sleeping.add(b.id, b.home, o.not_before);
  wake_by(o.not_before);
  count();
}

void running_node::begin_supervising(const batch& b) {
  s_.sleeping.erase(b.id);
  if (!may_supervise(b)) return count();
  const auto child =
      spawn_supervisor(self_->system(), {b, s_.running->with, s_.running->epoch, s_.plan.options,
                                         s_.plan.listeners, s_.held, s_.resting});
  self_->monitor(child);
  s_.batches.emplace(child.address(), std::pair{b.id, b.home});
  ++s_.open_of[b.home];
  s_.supervisors.emplace(b.id, child);
  count();
}

void running_node::count() {
  if (s_.plan.open_batches) *s_.plan.open_batches = open();
}

// -- batches that are not to begin yet -----------------------------------------------------------------

void running_node::wake(batch_id b) {
  if (s_.sleeping.due_of(b)) supervise_again(b);
}

/// One timer for all: one that a nearer one has outrun does nothing.
void running_node::wake_by(timestamp due) {
  if (now() < s_.next_look && s_.next_look <= due) return;
  const auto wait = timer_for(due - now());
  s_.next_look = now() + wait;
  self_->delayed_send(self_, wait, look_atom_v, ++s_.look_timer);
}

void running_node::look_at_sleeping(uint64_t timer) {
  if (timer != s_.look_timer) return;
  s_.next_look = timestamp::max();
  for (const auto b : s_.sleeping.take_due(now(), most_woken))
    supervise_again(b);
  if (const auto next = s_.sleeping.next()) wake_by(*next);
  count();
}

// -- deaths --------------------------------------------------------------------------------------------

void running_node::down(const caf::down_msg& msg) {
  if (const auto it = s_.batches.find(msg.source); it != s_.batches.end())
    return supervisor_down(it->second.first, it->second.second, msg);
  const auto service = s_.alive.extract(msg.source);
  if (service.empty()) return;
  if (s_.stopping || s_.restarting) return go_on();
  restart_services("the " + service.mapped() + " actor died: " + caf::to_string(msg.reason));
}

void running_node::supervisor_down(batch_id b, notebook_id home, const caf::down_msg& msg) {
  s_.batches.erase(msg.source);
  if (--s_.open_of[home] == 0) s_.open_of.erase(home);
  s_.supervisors.erase(b);
  count();
  const bool normal = !msg.reason || msg.reason == caf::exit_reason::normal;
  if (normal) s_.restart_delays.erase(b);
  if (s_.stopping || s_.restarting || s_.draining) return go_on();
  const bool may_be_open = s_.changed.erase(b) > 0;
  if (normal && may_be_open) return supervise_again(b);
  if (normal) return;
  auto& delay = s_.restart_delays.try_emplace(b, first_supervisor_delay).first->second;
  log::error("a supervisor died",
             {b, {"reason", caf::to_string(msg.reason)}, {"again_in_ms", delay.count()}});
  self_->delayed_send(self_, delay, retry_atom_v, b);
  delay = std::min(2 * delay, longest_supervisor_delay);
}

void running_node::supervise_again(batch_id b) {
  try {
    if (const auto row = s_.plan.find_batch(b)) begin_supervising(*row);
  } catch (const unreadable& e) {
    log::error("the row of a batch cannot be read", {b, {"reason", e.what()}});
    self_->delayed_send(self_, longest_supervisor_delay, retry_atom_v, b);
  }
}

void running_node::restart_services(const std::string& why) {
  log::error("the services are started again", {{"reason", why}});
  const auto at = self_->clock().now();
  while (!s_.restarts.empty() && at - s_.restarts.front() > restart_window)
    s_.restarts.pop_front();
  s_.restarts.push_back(at);
  if (s_.restarts.size() > most_restarts) {
    log::error("the services keep dying: giving up");
    kill_supervisors();
    stop_services();
    return self_->quit(caf::make_error(caf::sec::runtime_error, why));
  }
  s_.restarting = true;
  // They are read anew with all that are open.
  s_.sleeping = {};
  count();
  kill_supervisors();
  stop_services();
  go_on();
}

// -- the end ----------------------------------------------------------------------------------------

void running_node::drain() {
  if (s_.draining) return;
  s_.draining = true;
  if (s_.plan.on_ready) s_.plan.on_ready(false);
  log::info("draining", {{"open_batches", open()}});
  s_.sleeping = {};
  count();
  for (const auto& [b, child] : s_.supervisors)
    self_->send(child, drain_atom_v);
  self_->delayed_send(self_, s_.plan.options->work.drain_timeout, wake_atom_v);
  go_on();
}

void running_node::drain_overdue() {
  if (s_.supervisors.empty()) return;
  log::warn("the drain is overdue: items in hand go back to pending",
            {{"open_batches", s_.supervisors.size()}});
  kill_supervisors();
}

void running_node::kill_supervisors() {
  for (const auto& [b, child] : s_.supervisors)
    self_->send_exit(child, caf::exit_reason::kill);
}

void running_node::stop_services() {
  for (const auto& [address, name] : s_.alive)
    if (const auto a = caf::actor_cast<caf::actor>(address))
      self_->send_exit(a, caf::exit_reason::user_shutdown);
}

void running_node::go_on() {
  if (!s_.supervisors.empty()) return;
  if (s_.draining && !s_.stopping) {
    s_.stopping = true;
    stop_services();
  }
  if (!s_.alive.empty()) return;
  s_.running.reset();
  if (s_.draining) return self_->quit();
  if (!s_.restarting) return;
  s_.restarting = false;
  start();
}

namespace {

node_actor::behavior_type node(running_node::pointer self, node_plan plan) {
  const auto most = static_cast<size_t>(plan.options->work.held_items);
  self->state.held = std::make_shared<held_items>(most);
  self->state.resting = std::make_shared<held_items>(most);
  self->state.plan = std::move(plan);
  self->set_down_handler([self](const caf::down_msg& msg) { running_node(self).down(msg); });
  self->send(self, start_atom_v);
  return {
      [self](submit_atom, submission& x) { return running_node(self).submit(x); },
      [self](abandon_atom, batch_id b) {
        if (self->state.running) self->send(self->state.running->with.writer, abandon_atom_v, b);
      },
      [self](cancel_atom, batch_id b) { return running_node(self).cancel(b); },
      [self](cancel_atom, batch_id b, uint32_t index) { return running_node(self).cancel_item(b, index); },
      [self](link_atom, notebook_id n, source_id s, std::string& notes) {
        return running_node(self).ask_writer(link_atom_v, n, s, std::move(notes));
      },
      [self](remove_atom, notebook_id n, source_id s, bool force) {
        return running_node(self).ask_writer(remove_atom_v, n, s, force);
      },
      [self](remove_atom, batch_id b, uint32_t index) {
        return running_node(self).ask_writer(remove_atom_v, b, index);
      },
      [self](steer_atom, const steering& x) { return running_node(self).steer_batch(x); },
      [self](keep_atom, record& r) { return running_node(self).keep(r); },
      [self](keep_atom, record& r, content_ref& body) {
        return running_node(self).ask_writer<kept>(keep_atom_v, std::move(r), std::move(body));
      },
      [self](keep_atom, receipt& r) { return running_node(self).ask_writer(keep_atom_v, std::move(r)); },
      [self](remove_atom, uint64_t kind, std::string& name) { return running_node(self).forget(kind, name); },
      [self](deliver_atom, delivery& d) { return running_node(self).redeliver(d); },
      [self](look_atom, batch_id b, uint32_t index) { return running_node(self).why(b, index); },
      [self](look_atom, std::string& host) { return running_node(self).look(host); },
      [self](drain_atom) { running_node(self).drain(); },
      [self](start_atom) { running_node(self).start(); },
      [self](retry_atom, batch_id b) { running_node(self).supervise_again(b); },
      [self](look_atom, uint64_t timer) { running_node(self).look_at_sleeping(timer); },
      [self](wake_atom) { running_node(self).drain_overdue(); },
  };
}

} // namespace

node_actor spawn_node(caf::actor_system& sys, node_plan plan) {
  return sys.spawn(node, std::move(plan));
}

} // namespace troupe
