#include "actors/hub.hpp"

#include <algorithm>

namespace troupe {

hub::hub(metrics* meter) {
  if (!meter) return;
  for (const auto p : {phase::fetching, phase::parsing, phase::persisting})
    took_[p] = meter->times(metric::stage_duration, {name(p)});
}

void hub::left(const item_in_work& x) const {
  if (const auto it = took_.find(x.now); it != took_.end())
    it->second.observe(std::chrono::steady_clock::now() - x.since);
}

hub::batch_in_work& hub::entry_of(batch_id batch) {
  if (const auto it = working_.find(batch); it != working_.end()) return it->second;
  const std::lock_guard entries_lock{entries_mutex_};
  return working_[batch];
}

void hub::set(item_key item, phase now) {
  {
    const std::lock_guard lock{mutex_};
    auto& entry = entry_of(item.batch);
    const auto [it, fresh] = entry.items.try_emplace(item.index);
    if (fresh) ++entry.count;
    left(it->second);
    it->second = {item.index, now, 0, std::chrono::steady_clock::now()};
    if (!listeners_.contains(item.batch)) return;
  }
  tell(item.batch, news::stages);
}

void hub::progress(item_key item, uint8_t percent) {
  {
    const std::lock_guard lock{mutex_};
    const auto batch = working_.find(item.batch);
    if (batch == working_.end()) return;
    const auto it = batch->second.items.find(item.index);
    if (it == batch->second.items.end()) return;
    it->second.percent = percent;
  }
  tell(item.batch, news::stages);
}

void hub::clear(item_key item) {
  entries::node_type gone;
  const std::lock_guard lock{mutex_};
  if (!take_out(item)) return;
  const std::lock_guard entries_lock{entries_mutex_};
  gone = lower(item.batch, 1);
}

bool hub::take_out(item_key item) {
  const auto it = working_.find(item.batch);
  if (it == working_.end()) return false;
  const auto gone = it->second.items.extract(item.index);
  if (gone.empty()) return false;
  left(gone.mapped());
  return true;
}

hub::entries::node_type hub::lower(batch_id batch, uint32_t by) {
  const auto it = working_.find(batch);
  if (it == working_.end()) return {};
  it->second.count -= by;
  return it->second.items.empty() ? working_.extract(it) : entries::node_type{};
}

void hub::clear(batch_id batch) {
  entries::node_type gone;
  const std::lock_guard lock{mutex_};
  const std::lock_guard entries_lock{entries_mutex_};
  gone = working_.extract(batch);
}

std::vector<item_in_work> hub::in_work(batch_id batch) const {
  std::vector<item_in_work> out;
  {
    const std::lock_guard lock{mutex_};
    const auto it = working_.find(batch);
    if (it == working_.end()) return out;
    for (const auto& [index, x] : it->second.items)
      out.push_back(x);
  }
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.index < b.index; });
  return out;
}

hub::count hub::count_in_work(batch_id batch) const {
  const std::lock_guard entries_lock{entries_mutex_};
  const auto it = working_.find(batch);
  return {it == working_.end() ? 0 : it->second.count.load(), told_, synced_};
}

std::map<phase, size_t> hub::stages() const {
  std::map<phase, size_t> out{{phase::fetching, 0}, {phase::parsing, 0}, {phase::persisting, 0}};
  const std::lock_guard lock{mutex_};
  for (const auto& [batch, entry] : working_)
    for (const auto& [index, x] : entry.items)
      ++out[x.now];
  return out;
}

void hub::on_outbox(std::function<void(const std::vector<uint64_t>&)> call) {
  const std::lock_guard lock{mutex_};
  on_outbox_ = std::move(call);
}

void hub::tell_outbox(const std::vector<uint64_t>& webhooks) const {
  const std::lock_guard lock{mutex_};
  if (on_outbox_ && !webhooks.empty()) on_outbox_(webhooks);
}

void hub::publish(const std::vector<event>& events) {
  // Batches, with the items that leave.
  std::unordered_map<batch_id, uint32_t> changed;
  std::vector<entries::node_type> gone;
  {
    const std::lock_guard lock{mutex_};
    for (const auto& e : events) {
      auto& ended = changed[e.batch];
      if (e.kind == event_kind::item_finished || e.kind == event_kind::attempt_failed)
        ended += take_out({e.batch, e.index});
    }
    gone.reserve(changed.size());
    const std::lock_guard entries_lock{entries_mutex_};
    ++synced_;
    if (events.empty()) return;
    told_ = events.back().number;
    for (const auto& [batch, items] : changed)
      gone.push_back(lower(batch, items));
  }
  for (const auto& [batch, items] : changed)
    tell(batch, news::events);
  tell(every_batch, news::events);
}

void hub::tell(batch_id batch, news what) const {
  std::vector<std::shared_ptr<listener>> those;
  {
    const std::lock_guard lock{mutex_};
    const auto it = listeners_.find(batch);
    if (it == listeners_.end()) return;
    for (const auto& [number, l] : it->second)
      if (l.what >= what) those.push_back(l.call);
  }
  for (const auto& l : those)
    (*l)();
}

hub::subscription hub::listen(batch_id batch, news what, listener l) {
  const std::lock_guard lock{mutex_};
  listeners_[batch][next_] = {what, std::make_shared<listener>(std::move(l))};
  return {this, batch, next_++};
}

hub::subscription::~subscription() {
  if (!hub_) return;
  const std::lock_guard lock{hub_->mutex_};
  const auto it = hub_->listeners_.find(batch_);
  if (it == hub_->listeners_.end()) return;
  it->second.erase(number_);
  if (it->second.empty()) hub_->listeners_.erase(it);
}

} // namespace troupe
