#pragma once
#include "actors/hub.hpp"
#include "actors/interfaces.hpp"
#include "config/metrics.hpp"
#include "config/settings.hpp"

namespace troupe {

/// Spawns a WRITER, detached unless told otherwise: it waits for the disk. `store` and `listeners` outlive
/// the actor system. Group commit: requests are staged as they come, and a message to itself behind those
/// that have gathered in the mailbox syncs them together, at most `store.commit_items` at a time.
/// What it does is counted in `meter`, unless that is null.
writer_actor spawn_writer(caf::actor_system& sys, ledger& store, hub& listeners, const settings& s,
                          bool own_thread = true, metrics* meter = nullptr);

} // namespace troupe
