#include "actors/turns.hpp"

#include <algorithm>
#include <utility>

namespace troupe {
namespace {

/// How many fitted, and are gone.
template <class Queue, class Fits>
size_t erase_those(Queue& from, Fits fits) {
  const auto before = from.size();
  from.erase(std::remove_if(from.begin(), from.end(), fits), from.end());
  return before - from.size();
}

} // namespace

turns::turns(const turn_limits& limits)
    : limits_(limits) {
  nodes_[node_ref::here].room = {limits.transfers, limits.window, true};
}

void turns::make_ready(lane_key k, lane& s) {
  if (s.ready) return;
  s.ready = true;
  if (is_of_owner(k.batch))
    ready_foreign_.push_back(k);
  else
    ready_[k.urgency].push_back(k);
}

void turns::want(batch_id b, const wish& w, const std::string& host, bool first, uint8_t priority) {
  const auto k = key_of(b, priority);
  auto& s = lanes_[k];
  auto& wishes = s.wants[host];
  wishes.insert(first ? wishes.begin() : wishes.end(), w);
  ++items_waiting_;
  if (!host.empty()) ++hosts_[host].wanted;
  if (wishes.size() > 1) {
    // Its host may be waiting for permits, of which this one needs one more.
    if (is_elsewhere(host)) has_permit(host, hosts_[host]);
    return;
  }
  s.open.push_back(host);
  make_ready(k, s);
}

void turns::limit(batch_id b, uint32_t most) {
  if (most > 0) shares_[b].limit = most;
}

void turns::cancel(item_key item) {
  if (active_.contains(item)) leave(item);
  done(item);
  for (uint8_t urgency = 0; urgency <= highest_priority; ++urgency) {
    const auto it = lanes_.find({urgency, item.batch});
    if (it == lanes_.end()) continue;
    for (auto& [host, wishes] : it->second.wants)
      erase_want(host, erase_those(wishes, [&](const wish& w) { return w.index == item.index; }));
  }
}

void turns::forget_wants(batch_id b) {
  for (uint8_t urgency = 0; urgency <= highest_priority; ++urgency) {
    const auto gone = lanes_.extract({urgency, b});
    if (gone.empty()) continue;
    for (const auto& [host, wishes] : gone.mapped().wants) {
      erase_want(host, wishes.size());
      waits_no_more({urgency, b}, host);
    }
    for (const auto& name : gone.mapped().open)
      free_host(name);
  }
}

void turns::forget(batch_id b) {
  forget_wants(b);
  std::vector<item_key> items;
  for (const auto& [item, where] : active_)
    if (item.batch == b) items.push_back(item);
  for (const auto& item : items)
    leave(item);
  for (auto it = working_.lower_bound({b, 0}); it != working_.end() && it->first.batch == b;)
    done((it++)->first);
  shares_.erase(b);
}

void turns::waits_no_more(lane_key k, const std::string& host) {
  const auto those = waiting_.find(host);
  if (those == waiting_.end()) return;
  const auto lanes = those->second.find(k.urgency);
  if (lanes != those->second.end()) erase_those(lanes->second, [&](const lane_key& x) { return x == k; });
}

void turns::leave(item_key item) {
  const auto gone = active_.extract(item);
  if (gone.empty()) return;
  const auto& was = gone.mapped();
  --hosts_[was.host].active;
  if (was.at != node_ref::foreign && is_elsewhere(was.host)) ++traffic_.unused[was.host];
  free_host(was.host);
  if (was.at == node_ref::foreign) return;
  working_.emplace(item, work{was.at, was.failed_at});
  auto& n = nodes_[was.at];
  --n.active;
  ++n.working;
}

void turns::done(item_key item) {
  const auto gone = working_.extract(item);
  if (gone.empty()) return;
  const auto at = gone.mapped().at;
  --nodes_[at].working;
  drop_if_empty(at);
  free_share(item.batch);
}

/// Lets the batch go on that was at its limit.
void turns::free_share(batch_id b) {
  const auto it = shares_.find(b);
  if (it == shares_.end() || it->second.used == 0) return;
  --it->second.used;
  for (uint8_t urgency = 0; urgency <= highest_priority; ++urgency)
    if (const auto l = lanes_.find({urgency, b}); l != lanes_.end() && !l->second.open.empty())
      make_ready(l->first, l->second);
}

/// Lets the lane that has waited longest for this host look again, the most urgent first.
void turns::free_host(const std::string& name) {
  const auto those = waiting_.find(name);
  if (those == waiting_.end()) return;
  for (auto& [urgency, lanes] : those->second)
    while (!lanes.empty()) {
      const auto k = lanes.front();
      lanes.pop_front();
      const auto it = lanes_.find(k);
      if (it == lanes_.end()) continue;
      const auto wants = it->second.wants.find(name);
      if (wants == it->second.wants.end() || wants->second.empty()) continue;
      it->second.open.push_front(name);
      make_ready(k, it->second);
      return;
    }
  waiting_.erase(those);
}

// -- hosts ------------------------------------------------------------------------------------------

void turns::hold(const std::string& host, time until) {
  auto& h = hosts_[host];
  h.next_start = std::max(h.next_start, until);
}

void turns::pace(const std::string& host, milliseconds delay) {
  if (delay.count() > 0 || hosts_.contains(host)) hosts_[host].delay = delay;
}

void turns::rule(const host_rule& r) {
  rules_[r.host] = r;
  wake(r.host);
}

void turns::wake(const std::string& host) {
  if (const auto h = hosts_.find(host); h != hosts_.end()) h->second.timer = false;
  // As many as have places: each that starts sets the next delay.
  for (auto n = most_at(host); n > 0; --n)
    free_host(host);
}

size_t turns::most_at(const std::string& host) const {
  const auto r = rules_.find(host);
  return r != rules_.end() && r->second.max_concurrency ? *r->second.max_concurrency : limits_.per_host;
}

milliseconds turns::delay_at(const std::string& host) const {
  const auto r = rules_.find(host);
  const auto own = r != rules_.end() && r->second.delay ? *r->second.delay : limits_.host_delay;
  const auto h = hosts_.find(host);
  return h == hosts_.end() ? own : std::max(own, h->second.delay);
}

bool turns::is_paused(const std::string& host) const {
  const auto r = rules_.find(host);
  return r != rules_.end() && r->second.paused;
}

bool turns::may_start(const std::string& name, time now, std::vector<std::pair<std::string, time>>& wakes) {
  // Uploads come from no host.
  if (name.empty()) return true;
  auto& h = hosts_[name];
  if (is_paused(name)) return false;
  if (is_elsewhere(name)) return has_permit(name, h);
  if (unknown_ && unknown_()) return false;
  if (h.active >= most_at(name)) return false;
  if (h.next_start <= now) return true;
  if (!h.timer) wakes.emplace_back(name, h.next_start);
  h.timer = true;
  return false;
}

turns::host_view turns::look(const std::string& host) const {
  host_view v{.rule = {.host = host}, .max_concurrency = most_at(host), .delay = delay_at(host)};
  if (const auto r = rules_.find(host); r != rules_.end()) v.rule = r->second;
  if (const auto w = waiting_.find(host); w != waiting_.end())
    for (const auto& [urgency, lanes] : w->second)
      v.waiting += lanes.size();
  if (const auto h = hosts_.find(host); h != hosts_.end()) {
    v.active = h->second.active;
    v.next_start = h->second.next_start;
  }
  return v;
}

std::string turns::reason(item_key item, const std::string& host, time now) const {
  const auto v = look(host);
  if (active_.contains(item) || working_.contains(item)) return "in_work";
  if (const auto s = shares_.find(item.batch); s != shares_.end() && s->second.full())
    return "batch_concurrency";
  if (v.rule.paused) return "host_paused";
  if (!host.empty() && v.next_start > now) return "host_delay";
  if (!host.empty() && v.active >= v.max_concurrency) return "host_concurrency";
  const auto free = [&](auto member, auto limit) {
    return std::any_of(nodes_.begin(), nodes_.end(), [&](const auto& entry) {
      return entry.second.here && entry.second.*member < entry.second.room.*limit;
    });
  };
  if (!free(&node_state::active, &node_room::transfers)) return "all_transfers_busy";
  if (!free(&node_state::working, &node_room::window)) return "parsing_busy";
  return "turn";
}

// -- granting ---------------------------------------------------------------------------------------

void turns::start(lane_key k, const std::string& name, node_ref at, time now,
                  std::vector<granted_turn>& granted) {
  auto& s = lanes_.at(k);
  const auto wants = s.wants.find(name);
  const item_key item{k.batch, wants->second.front().index};
  const auto failed_at = wants->second.front().not_at;
  wants->second.pop_front();
  --items_waiting_;
  if (wants->second.empty())
    s.wants.erase(wants);
  else
    s.open.push_back(name);
  auto& h = hosts_[name];
  ++h.active;
  if (h.wanted > 0) --h.wanted;
  if (h.permits > 0) --h.permits;
  h.next_start = std::max(h.next_start, now + delay_at(name));
  if (const auto own = shares_.find(k.batch); own != shares_.end()) ++own->second.used;
  if (at != node_ref::foreign) ++nodes_[at].active;
  active_.emplace(item, started{name, at, failed_at});
  granted.push_back({item, at});
}

bool turns::grant_one(lane_key k, time now, std::vector<granted_turn>& granted,
                      std::vector<std::pair<std::string, time>>& wakes) {
  auto& s = lanes_.at(k);
  if (const auto own = shares_.find(k.batch); own != shares_.end() && own->second.full()) return false;
  while (!s.open.empty()) {
    const auto name = std::move(s.open.front());
    s.open.pop_front();
    const auto wants = s.wants.find(name);
    if (wants == s.wants.end() || wants->second.empty()) {
      if (wants != s.wants.end()) s.wants.erase(wants);
      // The place was kept for items that have been cancelled: the next batch that waits for it may look.
      free_host(name);
      continue;
    }
    if (!may_start(name, now, wakes)) {
      waiting_[name][k.urgency].push_back(k);
      continue;
    }
    const auto at =
        is_of_owner(k.batch) ? std::optional{node_ref::foreign} : best_for(wants->second.front(), now);
    if (!at) {
      s.open.push_front(name);
      stalled_.push_back(k);
      return false;
    }
    start(k, name, *at, now, granted);
    return true;
  }
  return false;
}

void turns::grant_from(lane_key k, time now, std::vector<granted_turn>& granted,
                       std::vector<std::pair<std::string, time>>& wakes) {
  const auto it = lanes_.find(k);
  if (it == lanes_.end()) return;
  it->second.ready = false;
  if (!grant_one(k, now, granted, wakes)) return;
  if (!it->second.open.empty())
    make_ready(k, it->second);
  else if (it->second.wants.empty())
    lanes_.erase(it);
}

void turns::grant_foreign(time now, std::vector<granted_turn>& granted,
                          std::vector<std::pair<std::string, time>>& wakes) {
  while (!ready_foreign_.empty()) {
    const auto k = ready_foreign_.front();
    ready_foreign_.pop_front();
    grant_from(k, now, granted, wakes);
  }
}

void turns::grant_own(time now, std::vector<granted_turn>& granted,
                      std::vector<std::pair<std::string, time>>& wakes) {
  while (!ready_.empty() && any_room(now)) {
    auto& lanes = ready_.begin()->second;
    if (lanes.empty()) {
      ready_.erase(ready_.begin());
      continue;
    }
    const auto k = lanes.front();
    lanes.pop_front();
    grant_from(k, now, granted, wakes);
  }
}

std::vector<granted_turn> turns::grant(time now, std::vector<std::pair<std::string, time>>& wakes) {
  std::vector<granted_turn> granted;
  for (const auto& k : std::exchange(stalled_, {}))
    if (const auto it = lanes_.find(k); it != lanes_.end()) make_ready(k, it->second);
  // At a host with a delay only the first to look has it: own and other owners' items draw lots for that.
  const bool foreign_first = lots_() % 2 == 0;
  if (foreign_first) grant_foreign(now, granted, wakes);
  grant_own(now, granted, wakes);
  if (!foreign_first) grant_foreign(now, granted, wakes);
  hand_back_unused();
  if (hosts_.size() > sweep_hosts_at_) drop_idle_hosts(now);
  return granted;
}

void turns::drop_idle_hosts(time now) {
  std::erase_if(hosts_, [&](const auto& entry) {
    const auto& h = entry.second;
    return h.active == 0 && h.wanted == 0 && h.asked == 0 && !waiting_.contains(entry.first) && !h.timer &&
           h.next_start <= now;
  });
  // Looked at again when they have doubled: each host is looked at a bounded number of times.
  sweep_hosts_at_ = std::max(most_idle_hosts, 2 * hosts_.size());
}

} // namespace troupe
