#include "actors/node.hpp"

#include "actors/bulk.hpp"
#include "actors/supervisor.hpp"
#include "config/log.hpp"

#include <deque>

namespace troupe {
namespace {

constexpr milliseconds service_timeout{60'000};
/// How often services may be started again, and in what time, before the node gives up.
constexpr size_t most_restarts = 5;
constexpr std::chrono::seconds restart_window{60};
constexpr milliseconds first_supervisor_delay{100};
/// As an index: no item that had ended is open again.
constexpr uint32_t nothing_reopened = ~uint32_t{0};
constexpr milliseconds longest_supervisor_delay{30'000};

struct node_state {
  node_plan plan;
  std::optional<started_services> running;
  std::unordered_map<batch_id, supervisor_actor> supervisors;
  /// What each supervisor is of.
  std::unordered_map<caf::actor_addr, std::pair<batch_id, notebook_id>> batches;
  std::unordered_map<notebook_id, int64_t> open_of;
  /// Services whose end is awaited; all others have ended.
  std::unordered_map<caf::actor_addr, std::string> alive;
  std::unordered_map<batch_id, milliseconds> restart_delays;
  /// Batches whose supervisor was told of a change that may have come too late for it.
  std::unordered_set<batch_id> changed;
  std::deque<caf::actor_clock::time_point> restarts;
  bool draining = false;
  bool restarting = false;
  bool stopping = false;
  static inline const char* name = "node";
};

class running_node {
public:
  using pointer = node_actor::stateful_pointer<node_state>;
  explicit running_node(pointer self)
      : self_(self)
      , s_(self->state) {}

  // -- start and recovery -----------------------------------------------------------------------------

  void start() {
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

  template <class Handle>
  void watch(const Handle& service, const char* name) {
    s_.alive.emplace(service.address(), name);
    self_->monitor(service);
  }

  void recover(const std::vector<batch>& open) {
    if (s_.draining) return;
    for (const auto& r : s_.plan.standing_records())
      apply(r);
    for (const auto& b : open)
      supervise(b);
    if (s_.plan.on_ready) s_.plan.on_ready(true);
    log::info("ready", {{"open_batches", open.size()}, {"epoch", s_.running->epoch}});
  }

  // -- batches ----------------------------------------------------------------------------------------

  void supervise(const batch& b) {
    if (terminal(b.state) || s_.supervisors.contains(b.id) || s_.draining || !s_.running) return;
    const auto child = spawn_supervisor(
        self_->system(), {b, s_.running->with, s_.running->epoch, s_.plan.options, s_.plan.listeners});
    self_->monitor(child);
    s_.batches.emplace(child.address(), std::pair{b.id, b.home});
    ++s_.open_of[b.home];
    s_.supervisors.emplace(b.id, child);
    count();
  }

  caf::result<submitted> submit(submission& x) {
    auto refused = admit(x);
    if (refused.code != errc::none) return submitted{std::move(refused), {}};
    auto promise = self_->make_response_promise<submitted>();
    const bool last = x.last;
    // However long the store takes: a batch that it has taken is supervised. A dead writer answers an error.
    self_->request(s_.running->with.writer, caf::infinite, submit_atom_v, std::move(x))
        .then(
            [self = self_, promise, last](submitted& r) mutable {
              if (last && r.error.code == errc::none) running_node(self).changed(r.row, nothing_reopened);
              promise.deliver(std::move(r));
            },
            [promise](const caf::error&) mutable {
              promise.deliver(submitted{fail(errc::storage_error, "the store gave no answer"), {}});
            });
    return promise;
  }

  failure admit(const submission& x) const {
    if (s_.draining) return fail(errc::overloaded, "the server is shutting down");
    if (!s_.running || s_.restarting) return fail(errc::overloaded, "the server is starting");
    if (x.part_of == batch_id{} && x.add_to == batch_id{} &&
        s_.supervisors.size() >= static_cast<size_t>(s_.plan.options->limits.open_batches))
      return fail(errc::overloaded, "limits.open_batches batches are unfinished");
    const auto own = x.add_to == batch_id{} ? s_.open_of.find(x.home) : s_.open_of.end();
    if (own != s_.open_of.end() && own->second >= s_.plan.options->limits.open_batches_per_notebook)
      return fail(errc::notebook_full);
    return s_.plan.admission ? s_.plan.admission() : fail(errc::none);
  }

  template <class T = bool, class... Args>
  caf::result<T> ask_writer(Args... args) {
    if (!s_.running) return caf::make_error(caf::sec::runtime_error, "the server is starting");
    auto promise = self_->make_response_promise<T>();
    self_->request(s_.running->with.writer, service_timeout, std::move(args)...)
        .then([promise](T& answer) mutable { promise.deliver(std::move(answer)); },
              [promise](caf::error& e) mutable { promise.deliver(std::move(e)); });
    return promise;
  }

  // -- steering ---------------------------------------------------------------------------------------

  caf::result<steered> steer_batch(const steering& x) {
    if (!s_.running || s_.draining) return steered{fail(errc::overloaded, "the server is not ready"), {}};
    auto promise = self_->make_response_promise<steered>();
    const auto from = x.index.value_or(nothing_reopened);
    self_->request(s_.running->with.writer, service_timeout, steer_atom_v, x)
        .then(
            [self = self_, promise, from](steered& r) mutable {
              if (r.error.code == errc::none) running_node(self).changed(r.row, from);
              promise.deliver(std::move(r));
            },
            [promise](caf::error& e) mutable { promise.deliver(std::move(e)); });
    return promise;
  }

  /// A supervisor may be about to end because it does not know yet: it is looked after when it has.
  void changed(const batch& b, uint32_t from) {
    const auto it = s_.supervisors.find(b.id);
    if (it == s_.supervisors.end()) return supervise(b);
    s_.changed.insert(b.id);
    self_->send(it->second, changed_atom_v, b, from);
  }

  caf::result<kept> keep(record& r) {
    if (!s_.running) return caf::make_error(caf::sec::runtime_error, "the server is starting");
    auto promise = self_->make_response_promise<kept>();
    self_->request(s_.running->with.writer, service_timeout, keep_atom_v, std::move(r))
        .then(
            [self = self_, promise](kept& k) mutable {
              if (k.error.code == errc::none) running_node(self).apply(k.row);
              promise.deliver(std::move(k));
            },
            [promise](caf::error& e) mutable { promise.deliver(std::move(e)); });
    return promise;
  }

  void apply(const record& r) {
    if (!s_.running) return;
    const auto& with = s_.running->with;
    if (const auto* rule = std::get_if<host_rule>(&r)) self_->send(with.gate, rule_atom_v, *rule);
    if (const auto* b = std::get_if<bulk_action>(&r); b && !b->ended)
      spawn_bulk(self_->system(), *b, with, caf::actor_cast<node_actor>(self_));
    if (const auto* w = std::get_if<webhook>(&r))
      self_->send(with.dispatcher, wake_atom_v, std::vector{w->id});
  }

  caf::result<bool> forget(uint64_t kind, std::string& name) {
    if (kind == record{host_rule{}}.index()) apply(record{host_rule{.host = name}});
    return ask_writer(remove_atom_v, kind, std::move(name));
  }

  caf::result<bool> redeliver(const delivery& d) {
    if (!s_.running) return caf::make_error(caf::sec::runtime_error, "the server is starting");
    auto promise = self_->make_response_promise<bool>();
    self_->request(s_.running->with.writer, service_timeout, deliver_atom_v, d)
        .then(
            [self = self_, promise, to = d.webhook](bool yes) mutable {
              if (yes && self->state.running)
                self->send(self->state.running->with.dispatcher, wake_atom_v, std::vector{to});
              promise.deliver(yes);
            },
            [promise](caf::error& e) mutable { promise.deliver(std::move(e)); });
    return promise;
  }

  caf::result<wait_reason> why(batch_id b, uint32_t index) {
    const auto it = s_.supervisors.find(b);
    if (it == s_.supervisors.end())
      return wait_reason{"starting", "Its batch is about to be taken up.", {}, std::nullopt};
    return self_->delegate(it->second, look_atom_v, index);
  }

  caf::result<host_look> look(std::string& host) {
    if (!s_.running) return caf::make_error(caf::sec::runtime_error, "the server is starting");
    return self_->delegate(s_.running->with.gate, look_atom_v, std::move(host));
  }

  caf::result<bool> cancel(batch_id b) {
    const auto it = s_.supervisors.find(b);
    // Without a supervisor the wish is recorded, and carried out by the next.
    if (it == s_.supervisors.end()) return ask_writer(cancel_atom_v, b);
    auto promise = self_->make_response_promise<bool>();
    self_->request(it->second, service_timeout, cancel_atom_v)
        .then([promise](bool yes) mutable { promise.deliver(yes); },
              // It has just ended, or died: then the next one carries the wish out.
              [self = self_, promise, b](const caf::error&) mutable {
                running_node(self).record_cancel(b, promise);
              });
    return promise;
  }

  void record_cancel(batch_id b, caf::typed_response_promise<bool> promise) {
    if (!s_.running) {
      promise.deliver(caf::make_error(caf::sec::runtime_error, "the server is starting"));
      return;
    }
    self_->request(s_.running->with.writer, service_timeout, cancel_atom_v, b)
        .then([promise](bool yes) mutable { promise.deliver(yes); },
              [promise](caf::error& e) mutable { promise.deliver(std::move(e)); });
  }

  caf::result<bool> cancel_item(batch_id b, uint32_t index) {
    const auto it = s_.supervisors.find(b);
    if (it == s_.supervisors.end())
      return caf::make_error(caf::sec::runtime_error, "the batch is not supervised now");
    return self_->delegate(it->second, cancel_atom_v, index);
  }

  // -- deaths -----------------------------------------------------------------------------------------

  void down(const caf::down_msg& msg) {
    if (const auto it = s_.batches.find(msg.source); it != s_.batches.end())
      return supervisor_down(it->second.first, it->second.second, msg);
    const auto service = s_.alive.extract(msg.source);
    if (service.empty()) return;
    if (s_.stopping || s_.restarting) return go_on();
    restart_services("the " + service.mapped() + " actor died: " + caf::to_string(msg.reason));
  }

  void supervisor_down(batch_id b, notebook_id home, const caf::down_msg& msg) {
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

  void supervise_again(batch_id b) {
    try {
      if (const auto row = s_.plan.find_batch(b)) supervise(*row);
    } catch (const unreadable& e) {
      log::error("the row of a batch cannot be read", {b, {"reason", e.what()}});
      self_->delayed_send(self_, longest_supervisor_delay, retry_atom_v, b);
    }
  }

  /// One for all: what the others remember of a dead service's past is worth nothing.
  void restart_services(const std::string& why) {
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
    kill_supervisors();
    stop_services();
    go_on();
  }

  // -- the end ----------------------------------------------------------------------------------------

  void drain() {
    if (s_.draining) return;
    s_.draining = true;
    if (s_.plan.on_ready) s_.plan.on_ready(false);
    log::info("draining", {{"open_batches", s_.supervisors.size()}});
    for (const auto& [b, child] : s_.supervisors)
      self_->send(child, drain_atom_v);
    self_->delayed_send(self_, s_.plan.options->work.drain_timeout, wake_atom_v);
    go_on();
  }

  void drain_overdue() {
    if (s_.supervisors.empty()) return;
    log::warn("the drain is overdue: items in hand go back to pending",
              {{"open_batches", s_.supervisors.size()}});
    kill_supervisors();
  }

  void kill_supervisors() {
    for (const auto& [b, child] : s_.supervisors)
      self_->send_exit(child, caf::exit_reason::kill);
  }

  void stop_services() {
    for (const auto& [address, name] : s_.alive)
      if (const auto a = caf::actor_cast<caf::actor>(address))
        self_->send_exit(a, caf::exit_reason::user_shutdown);
  }

  /// The next step of a drain or restart, once those that must go first are gone: supervisors, then services.
  void go_on() {
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

private:
  void count() {
    if (s_.plan.open_batches) *s_.plan.open_batches = s_.supervisors.size();
  }

  pointer self_;
  node_state& s_;
};

node_actor::behavior_type node(running_node::pointer self, node_plan plan) {
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
      [self](wake_atom) { running_node(self).drain_overdue(); },
  };
}

} // namespace

node_actor spawn_node(caf::actor_system& sys, node_plan plan) {
  return sys.spawn(node, std::move(plan));
}

} // namespace troupe
