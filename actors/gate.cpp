#include "actors/gate.hpp"

namespace troupe {
namespace {

/// The state of a GATE.
struct gate_state {
  turns all{turn_limits{}};
  std::unordered_map<batch_id, turn_taker> takers;
  metrics::gauge waiting, transferring, working;
  static inline const char* name = "gate";
};
using gate_pointer = gate_actor::stateful_pointer<gate_state>;

void give_turns(gate_pointer self) {
  auto& s = self->state;
  std::vector<std::pair<std::string, turns::time>> wakes;
  const auto now = self->clock().now();
  std::unordered_map<batch_id, std::vector<uint32_t>> granted;
  for (const auto& item : s.all.grant(now, wakes))
    granted[item.batch].push_back(item.index);
  for (auto& [batch, indexes] : granted) {
    const auto taker = s.takers.find(batch);
    if (taker != s.takers.end()) self->send(taker->second, turn_atom_v, std::move(indexes));
  }
  for (const auto& [host, at] : wakes)
    self->delayed_send(self, at - now, wake_atom_v, host);
  s.waiting.set(double(s.all.waiting()));
  s.transferring.set(double(s.all.transferring()));
  s.working.set(double(s.all.working()));
}

void take_wants(gate_pointer self, batch_id b, uint32_t most, const std::vector<wanted_turn>& wants,
                const turn_taker& taker) {
  auto& s = self->state;
  const auto known = s.takers.find(b);
  if (known == s.takers.end() || known->second != taker) {
    if (known != s.takers.end()) s.all.forget(b);
    s.takers[b] = taker;
    self->monitor(taker);
  }
  s.all.limit(b, most);
  for (const auto& w : wants)
    s.all.want(b, w.index, w.host, w.first, w.priority);
  give_turns(self);
}

/// The wall clock's time of a moment of the actors' clock.
timestamp wall_time(gate_pointer self, turns::time at) {
  const auto left = std::chrono::duration_cast<milliseconds>(at - self->clock().now());
  return left.count() > 0 ? now() + left : timestamp{};
}

host_look look(gate_pointer self, const std::string& host) {
  const auto v = self->state.all.look(host);
  return {v.rule, v.active, v.waiting, v.max_concurrency, v.delay, wall_time(self, v.next_start)};
}

std::string text_of(const std::string& code) {
  static const std::unordered_map<std::string, std::string> texts{
      {"in_work", "It has its turn."},
      {"batch_concurrency", "As many items of its batch are in work as its max_concurrency lets."},
      {"host_paused", "Its host is paused."},
      {"host_delay", "Its host is left alone for a while: a delay, or it asked for one."},
      {"host_concurrency", "As many transfers from its host are under way as are allowed at once."},
      {"all_transfers_busy", "As many transfers are under way as fetch.max_transfers lets."},
      {"parsing_busy", "As many items are between fetch and store as work.window lets."},
      {"turn", "It is about to have its turn."},
  };
  const auto it = texts.find(code);
  return it == texts.end() ? std::string{} : it->second;
}

wait_reason reason(gate_pointer self, item_key item, const std::string& host) {
  const auto& all = self->state.all;
  wait_reason r;
  r.code = all.reason(item, host, self->clock().now());
  r.text = text_of(r.code);
  if (r.code == "host_delay") r.until = wall_time(self, all.look(host).next_start);
  return r;
}

void forget_taker(gate_pointer self, const caf::actor_addr& gone) {
  auto& s = self->state;
  for (auto it = s.takers.begin(); it != s.takers.end(); ++it) {
    if (it->second.address() != gone) continue;
    s.all.forget(it->first);
    s.takers.erase(it);
    break;
  }
  give_turns(self);
}

gate_actor::behavior_type gate_behavior(gate_pointer self, const turn_limits& limits, metrics* meter) {
  self->state.all = turns{limits};
  if (meter) {
    self->state.waiting = meter->level(metric::gate_waiting);
    self->state.transferring = meter->level(metric::gate_transfers);
    self->state.working = meter->level(metric::gate_work);
    meter->level(metric::gate_transfers_limit).set(double(limits.transfers));
    meter->level(metric::gate_work_limit).set(double(limits.window));
  }
  self->set_down_handler([self](const caf::down_msg& down) { forget_taker(self, down.source); });
  return {
      [self](want_atom, batch_id b, uint32_t most, const std::vector<wanted_turn>& wants,
             const turn_taker& taker) { take_wants(self, b, most, wants, taker); },
      [self](rule_atom, const host_rule& r) {
        self->state.all.rule(r);
        give_turns(self);
      },
      [self](look_atom, const std::string& host) { return look(self, host); },
      [self](look_atom, batch_id b, uint32_t index, const std::string& host) {
        return reason(self, {b, index}, host);
      },
      [self](cancel_atom, batch_id b, const std::vector<uint32_t>& indexes) {
        for (const auto index : indexes)
          self->state.all.cancel({b, index});
        give_turns(self);
      },
      [self](leave_atom, batch_id b, uint32_t index) {
        self->state.all.leave({b, index});
        give_turns(self);
      },
      [self](done_atom, batch_id b, uint32_t index) {
        self->state.all.done({b, index});
        give_turns(self);
      },
      [self](hold_atom, const std::string& host, int64_t ms) {
        self->state.all.hold(host, self->clock().now() + milliseconds{ms});
      },
      [self](pace_atom, const std::string& host, int64_t ms) {
        self->state.all.pace(host, milliseconds{ms});
      },
      [self](wake_atom, const std::string& host) {
        self->state.all.wake(host);
        give_turns(self);
      },
  };
}

} // namespace

gate_actor spawn_gate(caf::actor_system& sys, const turn_limits& limits, metrics* meter) {
  return sys.spawn(gate_behavior, limits, meter);
}

} // namespace troupe
