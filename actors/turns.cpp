#include "actors/turns.hpp"

#include <algorithm>

namespace troupe {

void turns::make_ready(batch_id b, batch_state& s) {
  if (s.ready) return;
  s.ready = true;
  ready_.push_back(b);
}

void turns::want(batch_id b, uint32_t index, const std::string& host, bool first) {
  auto& s = batches_[b];
  auto& queue = s.wants[host];
  queue.insert(first ? queue.begin() : queue.end(), index);
  if (queue.size() > 1) return;
  s.open.push_back(host);
  make_ready(b, s);
}

void turns::cancel(item_key item) {
  if (active_.contains(item)) leave(item);
  working_.erase(item);
  const auto it = batches_.find(item.batch);
  if (it == batches_.end()) return;
  for (auto& [host, queue] : it->second.wants)
    std::erase(queue, item.index);
}

void turns::forget(batch_id b) {
  const auto gone = batches_.extract(b);
  if (!gone.empty())
    for (const auto& name : gone.mapped().open)
      free_host(name);
  std::vector<item_key> items;
  for (const auto& [item, host] : active_)
    if (item.batch == b) items.push_back(item);
  for (const auto& item : items)
    leave(item);
  working_.erase(working_.lower_bound({b, 0}), working_.upper_bound({b, ~uint32_t{0}}));
}

void turns::leave(item_key item) {
  const auto node = active_.extract(item);
  if (node.empty()) return;
  working_.insert(item);
  --hosts_[node.mapped()].active;
  free_host(node.mapped());
}

void turns::done(item_key item) {
  working_.erase(item);
}

/// Lets the batch that has waited longest for this host look again.
void turns::free_host(const std::string& name) {
  auto& h = hosts_[name];
  while (!h.waiting.empty()) {
    const auto b = h.waiting.front();
    h.waiting.pop_front();
    const auto it = batches_.find(b);
    if (it == batches_.end()) continue;
    const auto wants = it->second.wants.find(name);
    if (wants == it->second.wants.end() || wants->second.empty()) continue;
    it->second.open.push_front(name);
    make_ready(b, it->second);
    return;
  }
}

void turns::hold(const std::string& host, time until) {
  auto& h = hosts_[host];
  h.next_start = std::max(h.next_start, until);
}

void turns::pace(const std::string& host, milliseconds delay) {
  if (delay.count() > 0 || hosts_.contains(host)) hosts_[host].delay = delay;
}

void turns::wake(const std::string& host) {
  auto& h = hosts_[host];
  h.timer = false;
  // As many as have places: each that starts sets the next delay.
  for (auto n = std::min(h.waiting.size(), limits_.per_host); n > 0; --n)
    free_host(host);
}

bool turns::may_start(host_state& h, const std::string& name, time now,
                      std::vector<std::pair<std::string, time>>& wakes) const {
  // Uploads come from no host.
  if (name.empty()) return true;
  if (h.active >= limits_.per_host) return false;
  if (h.next_start <= now) return true;
  if (!h.timer) wakes.emplace_back(name, h.next_start);
  h.timer = true;
  return false;
}

bool turns::grant_one(batch_id b, time now, std::vector<item_key>& granted,
                      std::vector<std::pair<std::string, time>>& wakes) {
  auto& s = batches_.at(b);
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
    auto& h = hosts_[name];
    if (!may_start(h, name, now, wakes)) {
      h.waiting.push_back(b);
      continue;
    }
    const item_key item{b, wants->second.front()};
    wants->second.pop_front();
    if (wants->second.empty())
      s.wants.erase(wants);
    else
      s.open.push_back(name);
    ++h.active;
    h.next_start = std::max(h.next_start, now + std::max(h.delay, limits_.host_delay));
    active_.emplace(item, name);
    granted.push_back(item);
    return true;
  }
  return false;
}

std::vector<item_key> turns::grant(time now, std::vector<std::pair<std::string, time>>& wakes) {
  std::vector<item_key> granted;
  while (!ready_.empty() && active_.size() < limits_.transfers && working_.size() < limits_.window) {
    const auto b = ready_.front();
    ready_.pop_front();
    const auto it = batches_.find(b);
    if (it == batches_.end()) continue;
    it->second.ready = false;
    if (!grant_one(b, now, granted, wakes)) continue;
    if (!it->second.open.empty())
      make_ready(b, it->second);
    else if (it->second.wants.empty())
      batches_.erase(it);
  }
  if (hosts_.size() > sweep_hosts_at_) drop_idle_hosts(now);
  return granted;
}

void turns::drop_idle_hosts(time now) {
  std::erase_if(hosts_, [&](const auto& entry) {
    const auto& h = entry.second;
    return h.active == 0 && h.waiting.empty() && !h.timer && h.next_start <= now;
  });
  // Looked at again when they have doubled: each host is looked at a bounded number of times.
  sweep_hosts_at_ = std::max(most_idle_hosts, 2 * hosts_.size());
}

} // namespace troupe
