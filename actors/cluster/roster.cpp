#include "actors/cluster/roster.hpp"

#include <algorithm>

namespace troupe {

std::string_view name(node_standing s) {
  switch (s) {
  case node_standing::up: return "up";
  case node_standing::draining: return "draining";
  case node_standing::away: return "away";
  }
  return "away";
}

node_view view_of(const node_card& c) {
  return {.name = c.name,
          .instance = c.instance,
          .role = c.role,
          .number = c.number,
          .address = c.address,
          .version = c.version,
          .state = c.draining ? node_standing::draining : node_standing::up,
          .since = now(),
          .transfers = c.transfers,
          .window = c.window,
          .media = c.media};
}

void roster::put(node_view x, std::shared_ptr<const link_counts> counts) {
  const std::lock_guard lock{mutex_};
  auto& e = nodes_[x.name];
  const bool same = e.view.instance == x.instance && e.view.state != node_standing::away;
  if (same) x.since = e.view.since;
  e.view = std::move(x);
  if (counts) e.counts = std::move(counts);
}

void roster::away(const std::string& name, const std::string& why) {
  const std::lock_guard lock{mutex_};
  const auto it = nodes_.find(name);
  if (it == nodes_.end()) return;
  it->second.view.state = node_standing::away;
  it->second.view.since = now();
  it->second.view.reason = why;
  const auto is_away = [](const auto& n) { return n.second.view.state == node_standing::away; };
  if (static_cast<size_t>(std::count_if(nodes_.begin(), nodes_.end(), is_away)) <= most_away) return;
  auto oldest = nodes_.end();
  for (auto n = nodes_.begin(); n != nodes_.end(); ++n)
    if (is_away(*n) && (oldest == nodes_.end() || n->second.view.since < oldest->second.view.since))
      oldest = n;
  nodes_.erase(oldest);
}

std::string roster::conflict(const std::string& name, const std::string& instance, bool serves,
                             uint32_t number) const {
  const std::lock_guard lock{mutex_};
  for (const auto& [known, e] : nodes_) {
    if (e.view.state == node_standing::away) continue;
    if (known == name && e.view.instance != instance)
      return "a node named " + name + " is here already, or is not given up yet";
    if (known != name && serves && e.view.role == "serve" && e.view.number == number)
      return "two serving nodes have the number " + std::to_string(number) + ": " + known + " and " + name;
  }
  return {};
}

std::vector<node_view> roster::all() const {
  const std::lock_guard lock{mutex_};
  std::vector<node_view> out;
  for (const auto& [name, e] : nodes_) {
    out.push_back(e.view);
    if (!e.counts) continue;
    out.back().in_flight = e.counts->in_flight;
    out.back().done = e.counts->done;
    out.back().lost = e.counts->lost;
  }
  return out;
}

} // namespace troupe
