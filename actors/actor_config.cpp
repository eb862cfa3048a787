#include "actors/actor_config.hpp"

#include "actors/cluster/membership.hpp"

#include <thread>

namespace troupe {
namespace {

constexpr size_t actor_messages_at_once = 100;

} // namespace

actor_config::actor_config(const settings& s) {
  add_message_types<caf::id_block::troupe>();
  set("scheduler.policy", caf::atom("sharing"));
  set("scheduler.max-throughput", actor_messages_at_once);
  const auto threads = s.work.scheduler_threads > 0
                           ? static_cast<size_t>(s.work.scheduler_threads)
                           : std::max<size_t>(2, std::thread::hardware_concurrency());
  set("scheduler.max-threads", threads);
  if (membership::wanted(s)) membership::configure(*this, s);
}

} // namespace troupe
