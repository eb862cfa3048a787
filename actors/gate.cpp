#include "actors/gate.hpp"

namespace troupe {
namespace {

/// The state of a GATE.
struct gate_state {
  turns all{turn_limits{}};
  std::unordered_map<batch_id, turn_taker> takers;
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
}

void take_wants(gate_pointer self, batch_id b, const std::vector<wanted_turn>& wants,
                const turn_taker& taker) {
  auto& s = self->state;
  const auto known = s.takers.find(b);
  if (known == s.takers.end() || known->second != taker) {
    if (known != s.takers.end()) s.all.forget(b);
    s.takers[b] = taker;
    self->monitor(taker);
  }
  for (const auto& w : wants)
    s.all.want(b, w.index, w.host, w.first);
  give_turns(self);
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

gate_actor::behavior_type gate_behavior(gate_pointer self, const turn_limits& limits) {
  self->state.all = turns{limits};
  self->set_down_handler([self](const caf::down_msg& down) { forget_taker(self, down.source); });
  return {
      [self](want_atom, batch_id b, const std::vector<wanted_turn>& wants, const turn_taker& taker) {
        take_wants(self, b, wants, taker);
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

gate_actor spawn_gate(caf::actor_system& sys, const turn_limits& limits) {
  return sys.spawn(gate_behavior, limits);
}

} // namespace troupe
