#include "actors/gate.hpp"

#include "actors/shared_hosts.hpp"
#include "config/log.hpp"

#include <algorithm>

namespace troupe {
namespace {

constexpr milliseconds say_anew_interval{5'000};

/// The state of a GATE.
struct gate_state {
  turns all{turn_limits{}};
  /// None: this node alone counts its hosts.
  std::optional<shared_hosts> shared;
  std::map<node_number, work_actor> owners;
  node_number own = 0;
  std::unordered_map<batch_id, turn_taker> takers;
  /// The other nodes that take work, by the number that turns know them by.
  std::map<node_ref, workplace> places;
  uint32_t next_place = 1;
  milliseconds set_aside{};
  metrics::gauge waiting, transferring, working;
  static inline const char* name = "gate";
};
using gate_pointer = gate_actor::stateful_pointer<gate_state>;

workplace place_of(const gate_state& s, node_ref at) {
  const auto it = s.places.find(at);
  return it == s.places.end() ? workplace{} : it->second;
}

void talk_to_owners(gate_pointer self) {
  auto& s = self->state;
  if (!s.shared) return;
  for (auto& [to, m] : s.shared->take_messages())
    if (const auto it = s.owners.find(to); it != s.owners.end())
      self->send(it->second, host_atom_v, uint32_t{s.own}, std::move(m));
}

void give_turns(gate_pointer self) {
  auto& s = self->state;
  std::vector<std::pair<std::string, turns::time>> wakes;
  const auto now = self->clock().now();
  std::map<std::pair<batch_id, node_ref>, std::vector<uint32_t>> granted;
  for (const auto& turn : s.all.grant(now, wakes))
    if (turn.at == node_ref::foreign)
      s.shared->granted(turn.item);
    else
      granted[{turn.item.batch, turn.at}].push_back(turn.item.index);
  for (auto& [to, indexes] : granted) {
    const auto taker = s.takers.find(to.first);
    if (taker != s.takers.end())
      self->send(taker->second, turn_atom_v, std::move(indexes), place_of(s, to.second));
  }
  for (const auto& [host, at] : wakes)
    self->delayed_send(self, at - now, wake_atom_v, host);
  talk_to_owners(self);
  s.waiting.set(double(s.all.waiting()));
  s.transferring.set(double(s.all.transferring()));
  s.working.set(double(s.all.working()));
}

wish wish_of(const wanted_turn& w) {
  wish out{w.index, w.media, std::nullopt};
  if (w.not_at) out.not_at = node_ref{*w.not_at};
  return out;
}

/// Who counts hosts from now on.
void take_owners(gate_pointer self, const serving_nodes& now) {
  auto& s = self->state;
  s.owners = now.others;
  s.own = now.own;
  if (!s.shared) {
    s.shared.emplace(s.all);
    self->delayed_send(self, say_anew_interval, flush_atom_v);
    s.all.counted_elsewhere(
        [self](const std::string& host) { return self->state.shared->is_elsewhere(host); });
    s.all.unknown_yet([self] { return self->state.shared->is_unknown(); });
  }
  std::set<node_number> numbers;
  for (const auto& [number, there] : now.others)
    numbers.insert(number);
  s.shared->members(now.own, std::move(numbers));
  give_turns(self);
}

void hear_owner(gate_pointer self, uint32_t from, const host_message& m) {
  auto& s = self->state;
  if (!s.shared || !s.owners.contains(static_cast<node_number>(from))) return;
  s.shared->heard(static_cast<node_number>(from), m);
  give_turns(self);
}

/// Messages may be lost, and nodes may disagree for a while: everything is said anew now and then.
void say_anew(gate_pointer self) {
  auto& s = self->state;
  if (!s.owners.empty()) s.shared->next_round();
  self->delayed_send(self, say_anew_interval, flush_atom_v);
  give_turns(self);
}

/// Who counts a host is to know what it asks for; null: this one does.
const work_actor* counter_of(const gate_state& s, const std::string& host) {
  if (!s.shared || !s.shared->is_elsewhere(host)) return nullptr;
  const auto it = s.owners.find(s.shared->counter_of(host));
  return it == s.owners.end() ? nullptr : &it->second;
}

void hold_host(gate_pointer self, const std::string& host, int64_t ms) {
  auto& s = self->state;
  if (const auto* there = counter_of(s, host)) return self->send(*there, hold_atom_v, host, ms);
  s.all.hold(host, self->clock().now() + milliseconds{ms});
}

void pace_host(gate_pointer self, const std::string& host, int64_t ms) {
  auto& s = self->state;
  if (const auto* there = counter_of(s, host)) return self->send(*there, pace_atom_v, host, ms);
  s.all.pace(host, milliseconds{ms});
}

/// A node that takes work, or has other room than before.
void take_node(gate_pointer self, const workplace& place, const node_room& room) {
  auto& s = self->state;
  auto it = std::find_if(s.places.begin(), s.places.end(),
                         [&](const auto& known) { return known.second.link == place.link; });
  if (it == s.places.end()) {
    const node_ref ref{s.next_place++};
    it = s.places.emplace(ref, place).first;
    it->second.number = static_cast<uint32_t>(ref);
    self->monitor(place.link);
  }
  s.all.node(it->first, room);
  give_turns(self);
}

void work_done(gate_pointer self, item_key item, bool failed) {
  auto& s = self->state;
  if (const auto aside = s.all.done(item, failed, self->clock().now())) {
    const auto place = place_of(s, *aside);
    log::warn("a node fails what others can do: it is set aside",
              {{"node", place.link ? place.name : std::string("this one")}});
    self->delayed_send(self, s.set_aside, wake_atom_v, std::string{});
  }
  give_turns(self);
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
    s.all.want(b, wish_of(w), w.host, w.first, w.priority);
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

void forget(gate_pointer self, const caf::actor_addr& gone) {
  auto& s = self->state;
  for (auto it = s.places.begin(); it != s.places.end(); ++it) {
    if (it->second.link.address() != gone) continue;
    s.all.drop_node(it->first);
    s.places.erase(it);
    return give_turns(self);
  }
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
  self->state.set_aside = limits.set_aside;
  if (meter) {
    self->state.waiting = meter->level(metric::gate_waiting);
    self->state.transferring = meter->level(metric::gate_transfers);
    self->state.working = meter->level(metric::gate_work);
    meter->level(metric::gate_transfers_limit).set(double(limits.transfers));
    meter->level(metric::gate_work_limit).set(double(limits.window));
  }
  self->set_down_handler([self](const caf::down_msg& down) { forget(self, down.source); });
  return {
      [self](want_atom, batch_id b, uint32_t most, const std::vector<wanted_turn>& wants,
             const turn_taker& taker) { take_wants(self, b, most, wants, taker); },
      [self](room_atom, const workplace& place, const node_room& room) { take_node(self, place, room); },
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
      [self](done_atom, batch_id b, uint32_t index, bool failed) {
        work_done(self, {b, index}, failed);
      },
      [self](hold_atom, const std::string& host, int64_t ms) { hold_host(self, host, ms); },
      [self](pace_atom, const std::string& host, int64_t ms) { pace_host(self, host, ms); },
      [self](home_atom, const serving_nodes& now) { take_owners(self, now); },
      [self](flush_atom) { say_anew(self); },
      [self](host_atom, uint32_t from, const host_message& m) { hear_owner(self, from, m); },
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
