#include "actors/quiet_clock.hpp"

namespace troupe {

template <class Change>
void quiet_clock::change(Change c) {
  bool sooner = false;
  schedule_map dropped;
  {
    const std::lock_guard guard(lock_);
    c();
    if (stopped_) dropped = take_all();
    sooner = !schedule_.empty() && schedule_.begin()->first < wakes_at_;
    if (sooner) wakes_at_ = schedule_.begin()->first;
  }
  if (sooner) changed_.notify_one();
}

void quiet_clock::set_ordinary_timeout(time_point t, caf::abstract_actor* self, caf::atom_value type,
                                       uint64_t id) {
  change([&] { timers::set_ordinary_timeout(t, self, type, id); });
}
void quiet_clock::set_request_timeout(time_point t, caf::abstract_actor* self, caf::message_id id) {
  change([&] { timers::set_request_timeout(t, self, id); });
}
void quiet_clock::set_multi_timeout(time_point t, caf::abstract_actor* self, caf::atom_value type,
                                    uint64_t id) {
  change([&] { timers::set_multi_timeout(t, self, type, id); });
}
void quiet_clock::cancel_ordinary_timeout(caf::abstract_actor* self, caf::atom_value type) {
  change([&] { timers::cancel_ordinary_timeout(self, type); });
}
void quiet_clock::cancel_request_timeout(caf::abstract_actor* self, caf::message_id id) {
  change([&] { timers::cancel_request_timeout(self, id); });
}
void quiet_clock::cancel_timeouts(caf::abstract_actor* self) {
  change([&] { timers::cancel_timeouts(self); });
}
void quiet_clock::schedule_message(time_point t, caf::strong_actor_ptr receiver,
                                   caf::mailbox_element_ptr content) {
  change([&] { timers::schedule_message(t, std::move(receiver), std::move(content)); });
}
void quiet_clock::schedule_message(time_point t, caf::group target, caf::strong_actor_ptr sender,
                                   caf::message content) {
  change([&] { timers::schedule_message(t, std::move(target), std::move(sender), std::move(content)); });
}
void quiet_clock::cancel_all() {
  schedule_map dropped;
  const std::lock_guard guard(lock_);
  dropped = take_all();
}

void quiet_clock::run() {
  std::unique_lock guard(lock_);
  while (!stopped_) {
    if (auto due = take_due(); !due.empty()) {
      // Whoever is rung for may set timers, or end.
      guard.unlock();
      for (auto& x : due)
        ship(*x);
      due.clear();
      guard.lock();
      continue;
    }
    wakes_at_ = schedule_.empty() ? time_point::max() : schedule_.begin()->first;
    if (schedule_.empty())
      changed_.wait(guard);
    else
      changed_.wait_until(guard, wakes_at_);
    wakes_at_ = time_point::min();
  }
}

quiet_clock::schedule_map quiet_clock::take_all() {
  actor_lookup_.clear();
  return std::exchange(schedule_, {});
}

quiet_clock::ringing quiet_clock::take_due() {
  ringing due;
  const auto at = now();
  while (!schedule_.empty() && schedule_.begin()->first <= at) {
    auto first = schedule_.extract(schedule_.begin());
    if (first.mapped()->backlink != actor_lookup_.end()) actor_lookup_.erase(first.mapped()->backlink);
    due.push_back(std::move(first.mapped()));
  }
  return due;
}

void quiet_clock::stop() {
  {
    const std::lock_guard guard(lock_);
    stopped_ = true;
  }
  changed_.notify_one();
  cancel_all();
}

} // namespace troupe
