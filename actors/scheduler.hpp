#pragma once
/// How actors share the threads of a node: CAF's work sharing (one queue for all threads,
/// caf::policy::work_sharing), without the wake-ups that three short-lived actors an item would cost.

#include <caf/actor_system_config.hpp>

namespace troupe {

/// Has actor systems made with this configuration use the scheduler. It takes the same options as CAF's own:
/// `scheduler.max-threads`, `scheduler.max-throughput`; and `scheduler.stand-back`, by how many steps of
/// niceness its threads stand back (process/scheduling.hpp), none when it is not set.
///
/// Two things differ:
///   - What a running actor sends wakes a sleeping thread only when something else waits already: its own
///     thread takes it a moment later. It waits for that actor at most, that is for
///     `scheduler.max-throughput` messages. No actor may block until another one of its pool has run.
///   - Timers are a quiet_clock's (quiet_clock.hpp).
void use_sharing_scheduler(caf::actor_system_config& config);

} // namespace troupe
