#include "actors/supervising.hpp"

#include "actors/open_order.hpp"
#include "config/log.hpp"

namespace troupe {
namespace {

constexpr milliseconds writer_timeout{30'000};

} // namespace

supervisor_state::~supervisor_state() {
  if (!of.listeners) return;
  of.listeners->clear(of.row.id);
  for (const auto& [actor, index] : actors)
    if (const auto a = caf::actor_cast<caf::actor>(actor))
      caf::anon_send_exit(a, caf::exit_reason::user_shutdown);
}

void supervising::down(const caf::down_msg& msg) {
  const auto it = s_.actors.find(msg.source);
  if (it == s_.actors.end()) return;
  const auto index = it->second;
  s_.actors.erase(it);
  auto& x = s_.slots.at(index);
  log::warn("a stage actor died", {x.row.key.batch, x.row.id, {"reason", caf::to_string(msg.reason)}});
  lost(x, errc::worker_died);
}

void supervising::lost(slot& it, errc why) {
  it.actor = {};
  if (it.at == place::persist) return persist(it, ending{*it.last});
  leave_transfer(it);
  failed(it, fail(why));
}

void supervising::watch() {
  s_.watching = !s_.actors.empty();
  if (s_.watching) self_->delayed_send(self_, watch_interval, wake_atom_v);
  const auto now = self_->clock().now();
  std::vector<uint32_t> overdue;
  for (const auto& [actor, index] : s_.actors)
    if (s_.slots.at(index).overdue <= now) overdue.push_back(index);
  for (const auto index : overdue) {
    auto& it = s_.slots.at(index);
    log::warn("a stage gives no answer", {it.row.key.batch, it.row.id});
    end_stage(it);
    lost(it, errc::deadline_exceeded);
  }
}

caf::result<bool> supervising::cancel() {
  // The wish is durable; whoever repeats it must not wait for a supervisor that is about to end.
  if (s_.cancelling) return true;
  auto promise = self_->make_response_promise<bool>();
  self_->request(s_.of.with.writer, writer_timeout, cancel_atom_v, s_.of.row.id)
      .then(
          [self = self_, promise](bool open) mutable {
            promise.deliver(open);
            if (open) supervising(self).end_all(item_state::cancelled);
          },
          [promise](caf::error& e) mutable { promise.deliver(std::move(e)); });
  return promise;
}

void supervising::end_all(item_state as) {
  if (s_.cancelling) return;
  s_.cancelling = true;
  s_.ending_as = as;
  drop_unpersisted();
  end_rest(0);
}

void supervising::end_rest(uint32_t from) {
  self_->request(s_.of.with.writer, writer_timeout, cancel_atom_v, s_.of.row.id, from, s_.ending_as)
      .then(
          [self = self_](uint32_t next) {
            self->state.cancel_done = next == ~uint32_t{0};
            if (self->state.cancel_done)
              supervising(self).settle();
            else
              supervising(self).end_rest(next);
          },
          // The wish is durable: whoever supervises this batch next goes on cancelling.
          [self = self_](caf::error& e) { self->quit(std::move(e)); });
}

caf::result<bool> supervising::cancel_item(uint32_t index) {
  if (s_.draining) return caf::make_error(caf::sec::runtime_error, "the node is shutting down");
  auto promise = self_->make_response_promise<bool>();
  s_.cancel_waiters[index].push_back(promise);
  const auto it = s_.slots.find(index);
  if (it == s_.slots.end()) {
    s_.to_cancel.insert(index);
    read_one(index);
  } else if (it->second.at == place::persist) {
    // Should that ending not be final, the wish still holds.
    s_.to_cancel.insert(index);
  } else {
    stop(it->second);
    end_unattempted(it->second, item_state::cancelled, fail(errc::cancelled));
  }
  return promise;
}

void supervising::tell_cancelled(uint32_t index) {
  s_.to_cancel.erase(index);
  const auto node = s_.cancel_waiters.extract(index);
  if (node.empty()) return;
  for (auto& promise : node.mapped())
    promise.deliver(true);
}

void supervising::end_stage(slot& it) {
  if (!it.actor) return;
  s_.actors.erase(it.actor);
  if (const auto a = caf::actor_cast<caf::actor>(it.actor))
    self_->send_exit(a, caf::exit_reason::user_shutdown);
  it.actor = {};
}

void supervising::stop(slot& it) {
  end_stage(it);
  it.in_work = false;
  self_->send(s_.of.with.gate, cancel_atom_v, s_.of.row.id, std::vector<uint32_t>{it.row.key.index});
}

void supervising::drop_unpersisted() {
  std::vector<uint32_t> dropped;
  for (auto& [index, it] : s_.slots) {
    if (it.at == place::persist) continue;
    s_.in_backoff -= it.at == place::backoff;
    stop(it);
    dropped.push_back(index);
  }
  for (const auto index : dropped) {
    s_.of.listeners->clear({s_.of.row.id, index});
    s_.slots.erase(index);
  }
  s_.parked.clear();
}

void supervising::drain() {
  s_.draining = true;
  withdraw();
  settle();
}

void supervising::withdraw() {
  std::vector<uint32_t> waiting;
  for (const auto& [index, it] : s_.slots) {
    if (it.at != place::turn && it.at != place::backoff && it.at != place::parked) continue;
    s_.in_backoff -= it.at == place::backoff;
    waiting.push_back(index);
  }
  for (const auto index : waiting) {
    s_.slots.erase(index);
    look_again_from(index);
  }
  s_.parked.clear();
  count_held();
  self_->send(s_.of.with.gate, cancel_atom_v, s_.of.row.id, std::move(waiting));
}

void supervising::settle() {
  if (!s_.draining && !s_.cancel_done && (s_.cancelling || !terminal(s_.of.row.state))) return;
  const bool idle = std::none_of(s_.slots.begin(), s_.slots.end(), [](const auto& entry) {
    return entry.second.at == place::fetch || entry.second.at == place::parse ||
           entry.second.at == place::persist;
  });
  if (idle) self_->quit();
}

} // namespace troupe
