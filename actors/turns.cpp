#include "actors/turns.hpp"

#include <algorithm>

namespace troupe {

void turns::make_ready(lane_key k, lane& s) {
  if (s.ready) return;
  s.ready = true;
  ready_[k.urgency].push_back(k);
}

void turns::want(batch_id b, uint32_t index, const std::string& host, bool first, uint8_t priority) {
  const auto k = key_of(b, priority);
  auto& s = lanes_[k];
  auto& queue = s.wants[host];
  queue.insert(first ? queue.begin() : queue.end(), index);
  ++items_waiting_;
  if (queue.size() > 1) return;
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
    for (auto& [host, queue] : it->second.wants)
      items_waiting_ -= std::erase(queue, item.index);
  }
}

void turns::forget(batch_id b) {
  for (uint8_t urgency = 0; urgency <= highest_priority; ++urgency) {
    const auto gone = lanes_.extract({urgency, b});
    if (gone.empty()) continue;
    for (const auto& [host, queue] : gone.mapped().wants)
      items_waiting_ -= queue.size();
    for (const auto& name : gone.mapped().open)
      free_host(name);
  }
  std::vector<item_key> items;
  for (const auto& [item, host] : active_)
    if (item.batch == b) items.push_back(item);
  for (const auto& item : items)
    leave(item);
  working_.erase(working_.lower_bound({b, 0}), working_.upper_bound({b, ~uint32_t{0}}));
  shares_.erase(b);
}

void turns::leave(item_key item) {
  const auto node = active_.extract(item);
  if (node.empty()) return;
  working_.insert(item);
  --hosts_[node.mapped()].active;
  free_host(node.mapped());
}

void turns::done(item_key item) {
  if (working_.erase(item)) free_share(item.batch);
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
  for (auto& [urgency, queue] : those->second)
    while (!queue.empty()) {
      const auto k = queue.front();
      queue.pop_front();
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
  if (is_paused(name) || h.active >= most_at(name)) return false;
  if (h.next_start <= now) return true;
  if (!h.timer) wakes.emplace_back(name, h.next_start);
  h.timer = true;
  return false;
}

turns::host_view turns::look(const std::string& host) const {
  host_view v{.rule = {.host = host}, .max_concurrency = most_at(host), .delay = delay_at(host)};
  if (const auto r = rules_.find(host); r != rules_.end()) v.rule = r->second;
  if (const auto w = waiting_.find(host); w != waiting_.end())
    for (const auto& [urgency, queue] : w->second)
      v.waiting += queue.size();
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
  if (active_.size() >= limits_.transfers) return "all_transfers_busy";
  if (working_.size() >= limits_.window) return "parsing_busy";
  return "turn";
}

// -- granting ---------------------------------------------------------------------------------------

void turns::start(lane_key k, const std::string& name, time now, std::vector<item_key>& granted) {
  auto& s = lanes_.at(k);
  const auto wants = s.wants.find(name);
  const item_key item{k.batch, wants->second.front()};
  wants->second.pop_front();
  --items_waiting_;
  if (wants->second.empty())
    s.wants.erase(wants);
  else
    s.open.push_back(name);
  auto& h = hosts_[name];
  ++h.active;
  h.next_start = std::max(h.next_start, now + delay_at(name));
  if (const auto own = shares_.find(k.batch); own != shares_.end()) ++own->second.used;
  active_.emplace(item, name);
  granted.push_back(item);
}

bool turns::grant_one(lane_key k, time now, std::vector<item_key>& granted,
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
    start(k, name, now, granted);
    return true;
  }
  return false;
}

std::vector<item_key> turns::grant(time now, std::vector<std::pair<std::string, time>>& wakes) {
  std::vector<item_key> granted;
  while (!ready_.empty() && active_.size() < limits_.transfers && working_.size() < limits_.window) {
    auto& queue = ready_.begin()->second;
    if (queue.empty()) {
      ready_.erase(ready_.begin());
      continue;
    }
    const auto k = queue.front();
    queue.pop_front();
    const auto it = lanes_.find(k);
    if (it == lanes_.end()) continue;
    it->second.ready = false;
    if (!grant_one(k, now, granted, wakes)) continue;
    if (!it->second.open.empty())
      make_ready(k, it->second);
    else if (it->second.wants.empty())
      lanes_.erase(it);
  }
  if (hosts_.size() > sweep_hosts_at_) drop_idle_hosts(now);
  return granted;
}

void turns::drop_idle_hosts(time now) {
  std::erase_if(hosts_, [&](const auto& entry) {
    const auto& h = entry.second;
    return h.active == 0 && !waiting_.contains(entry.first) && !h.timer && h.next_start <= now;
  });
  // Looked at again when they have doubled: each host is looked at a bounded number of times.
  sweep_hosts_at_ = std::max(most_idle_hosts, 2 * hosts_.size());
}

} // namespace troupe
