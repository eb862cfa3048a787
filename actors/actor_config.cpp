#include "actors/actor_config.hpp"

#include "actors/cluster/membership.hpp"
#include "actors/scheduler.hpp"
#include "process/scheduling.hpp"

#include <thread>

namespace troupe {
namespace {

constexpr size_t actor_messages_at_once = 100;

/// Threads that requests wait for, those that write and read the store, stand back half as far as those of
/// all other actors: as far, and a change of a batch waits while others read; not at all, and who reads
/// waits.
class standing_back final : public caf::thread_hook {
public:
  explicit standing_back(int64_t steps)
      : steps_(static_cast<int>(steps)) {}
  void init(caf::actor_system&) override {}
  void thread_started() override { stand_back(steps_); }
  void thread_terminates() override {}

private:
  int steps_;
};

} // namespace

actor_config::actor_config(const settings& s) {
  add_message_types<caf::id_block::troupe>();
  use_sharing_scheduler(*this);
  add_thread_hook<standing_back>(s.work.nice / 2);
  // Not one of CAF's own options, which set() knows.
  caf::put(content, "scheduler.stand-back", s.work.nice);
  set("scheduler.max-throughput", actor_messages_at_once);
  const auto threads = s.work.scheduler_threads > 0
                           ? static_cast<size_t>(s.work.scheduler_threads)
                           : std::max<size_t>(2, std::thread::hardware_concurrency());
  set("scheduler.max-threads", threads);
  if (membership::wanted(s)) membership::configure(*this, s);
}

} // namespace troupe
