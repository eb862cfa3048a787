#pragma once
/// The clock of actors: rings timers on a thread of its own, which sleeps until the first of them is due.
///
/// CAF's wakes its thread for whatever is set or cancelled. Nearly all timers are deadlines of requests that
/// are answered long before: here who sets or cancels one does so itself.

#include <caf/detail/thread_safe_actor_clock.hpp>

#include <condition_variable>
#include <mutex>
#include <vector>

namespace troupe {

/// Any thread may call any function. Of its base, which coordinators want, it is the timers alone: those of
/// simple_actor_clock.
class quiet_clock final : public caf::detail::thread_safe_actor_clock {
public:
  void set_ordinary_timeout(time_point t, caf::abstract_actor* self, caf::atom_value type,
                            uint64_t id) override;
  void set_request_timeout(time_point t, caf::abstract_actor* self, caf::message_id id) override;
  void set_multi_timeout(time_point t, caf::abstract_actor* self, caf::atom_value type, uint64_t id) override;
  void cancel_ordinary_timeout(caf::abstract_actor* self, caf::atom_value type) override;
  void cancel_request_timeout(caf::abstract_actor* self, caf::message_id id) override;
  void cancel_timeouts(caf::abstract_actor* self) override;
  void schedule_message(time_point t, caf::strong_actor_ptr receiver,
                        caf::mailbox_element_ptr content) override;
  void schedule_message(time_point t, caf::group target, caf::strong_actor_ptr sender,
                        caf::message content) override;
  void cancel_all() override;

  /// Rings what is due, until `stop`.
  void run();
  /// Lets go of all timers, and of those that are set later: they keep the actors that they are for.
  void stop();

private:
  using timers = caf::detail::simple_actor_clock;
  using ringing = std::vector<unique_delayed_event_ptr>;

  template <class Change>
  void change(Change c);
  /// Under `lock_`. To be freed without it: an actor that ends with its timer cancels others.
  schedule_map take_all();
  ringing take_due();

  std::mutex lock_;
  std::condition_variable changed_;
  /// What comes earlier has to wake `run`.
  time_point wakes_at_ = time_point::min();
  bool stopped_ = false;
};

} // namespace troupe
