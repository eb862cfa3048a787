#pragma once
/// What a stage actor has asked a service for, and how long that may take. A stage asks without a timer of
/// its own: whoever has it run looks once a second for those that are overdue.

#include "actors/interfaces.hpp"

#include <functional>

namespace troupe {

/// Services answer within the budget; this much later something is wrong with them.
constexpr milliseconds service_grace{5'000};
/// Media waits for its turn at the listener, then takes at most `media.timeout_ms`.
constexpr milliseconds listening_timeout{std::chrono::hours{24}};
/// Between two looks for stages that are overdue.
constexpr milliseconds watch_interval{1'000};

/// What a request to a service that gave no answer means.
inline failure unanswered(const caf::error& e, bool elsewhere = false) {
  if (e == caf::sec::request_timeout) return fail(errc::deadline_exceeded);
  return fail(elsewhere ? errc::node_lost : errc::worker_died);
}

/// Tells the service to give up when the actor ends before its answer has come.
class open_order {
public:
  open_order() = default;
  open_order(const open_order&) = delete;
  ~open_order() {
    if (give_up_) give_up_();
  }
  template <class Service>
  void begin(const Service& service, const work_order& work) {
    give_up_ = [service, work] { caf::anon_send(service, cancel_atom_v, work.item, work.token); };
  }
  void end() { give_up_ = nullptr; }

private:
  std::function<void()> give_up_;
};

} // namespace troupe
