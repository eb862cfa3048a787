/// The part of turns that is about nodes: which has room, which is best, which is set aside.
#include "actors/turns.hpp"

#include <algorithm>

namespace troupe {
namespace {

/// A node is set aside when so many items in a row have failed there and were done well by another one.
constexpr uint32_t most_blame = 8;

} // namespace

void turns::node(node_ref n, const node_room& room) {
  auto& s = nodes_[n];
  s.here = true;
  s.room = room;
}

void turns::drop_node(node_ref n) {
  const auto it = nodes_.find(n);
  if (it == nodes_.end()) return;
  it->second.here = false;
  drop_if_empty(n);
}

void turns::drop_if_empty(node_ref n) {
  const auto it = nodes_.find(n);
  if (it != nodes_.end() && !it->second.here && it->second.active + it->second.working == 0) nodes_.erase(it);
}

std::optional<node_ref> turns::done(item_key item, bool failed, time now) {
  const auto it = working_.find(item);
  if (it == working_.end()) return std::nullopt;
  const auto at = it->second;
  done(item);
  return failed ? std::nullopt : praise(at.at, at.failed_at, now);
}

/// An item was done well here; where it had failed before is to blame for that.
std::optional<node_ref> turns::praise(node_ref here, std::optional<node_ref> before, time now) {
  if (const auto n = nodes_.find(here); n != nodes_.end()) n->second.blame = 0;
  if (!before || *before == here) return std::nullopt;
  const auto n = nodes_.find(*before);
  if (n == nodes_.end() || ++n->second.blame < most_blame || n->second.aside_until > now) return std::nullopt;
  n->second.aside_until = now + limits_.set_aside;
  n->second.blame = 0;
  return before;
}

size_t turns::in_hand(node_ref n) const {
  const auto it = nodes_.find(n);
  return it == nodes_.end() ? 0 : it->second.active + it->second.working;
}

bool turns::set_aside(node_ref n, time now) const {
  const auto it = nodes_.find(n);
  return it != nodes_.end() && it->second.aside_until > now;
}

bool turns::any_room(time now) const {
  return std::any_of(nodes_.begin(), nodes_.end(), [&](const auto& entry) {
    return entry.second.has_room() && entry.second.aside_until <= now;
  });
}

/// The least loaded; of equals the first, which is this one.
std::optional<node_ref> turns::best_for(const wish& w, time now) const {
  std::optional<node_ref> best;
  double least = 0;
  const auto look = [&](bool anywhere) {
    for (const auto& [ref, n] : nodes_) {
      if (!n.has_room() || n.aside_until > now || (w.media && !n.room.media)) continue;
      if (!anywhere && w.not_at == ref) continue;
      if (best && n.load() >= least) continue;
      best = ref;
      least = n.load();
    }
  };
  look(false);
  if (!best) look(true);
  return best;
}

} // namespace troupe
