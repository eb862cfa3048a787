#include "actors/tally.hpp"

namespace troupe {

tally::tally(metrics* into)
    : into_(into) {
  if (!into_) return;
  commits_ = into_->count(metric::store_commits);
  transitions_ = into_->count(metric::store_transitions);
  failures_ = into_->count(metric::store_failures);
  batches_accepted_ = into_->count(metric::batches_accepted);
  items_accepted_ = into_->count(metric::items_accepted);
  commit_took_ = into_->times(metric::store_commit_duration);
  for (const auto s : {item_state::succeeded, item_state::failed, item_state::cancelled, item_state::expired})
    items_ended_[s] = into_->count(metric::items_ended, {name(s)});
  for (const auto s : {batch_state::completed, batch_state::completed_with_errors, batch_state::failed,
                       batch_state::cancelled, batch_state::expired})
    batches_ended_[s] = into_->count(metric::batches_ended, {name(s)});
}

void tally::wrote(const std::vector<event>& events, std::chrono::steady_clock::duration took) {
  commits_.add();
  commit_took_.observe(took);
  transitions_.add(double(events.size()));
  if (!into_) return;
  for (const auto& e : events)
    count(e);
}

void tally::count(const event& e) {
  if (e.kind == event_kind::batch_accepted) {
    batches_accepted_.add();
    items_accepted_.add(e.counts.total);
  }
  if (e.kind == event_kind::attempt_failed) failed(e.code);
  if (e.kind == event_kind::item_finished) {
    if (e.item_now == item_state::failed) failed(e.code);
    if (const auto it = items_ended_.find(e.item_now); it != items_ended_.end()) it->second.add();
  }
  if (e.kind == event_kind::batch_changed)
    if (const auto it = batches_ended_.find(e.batch_now); it != batches_ended_.end()) it->second.add();
}

void tally::failed(errc code) {
  auto [it, fresh] = attempts_failed_.try_emplace(code);
  if (fresh) it->second = into_->count(metric::attempts_failed, {name(info(code).at), info(code).name});
  it->second.add();
}

} // namespace troupe
