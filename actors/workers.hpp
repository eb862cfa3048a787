#pragma once
/// The services around the parts that do the work: transfers, parser, listener.

#include "actors/interfaces.hpp"
#include "actors/stand_ins.hpp"
#include "config/settings.hpp"
#include "fetch/transfer_loop.hpp"
#include "media/pool.hpp"
#include "parse/pool.hpp"

namespace troupe {

/// TRANSFERS around `loop`, which outlives the actor system.
transfers_actor spawn_transfers(caf::actor_system& sys, transfer_loop& loop, const stand_ins& instead);

/// PARSER around `pool`, which outlives the actor system.
parser_actor spawn_parser(caf::actor_system& sys, parser_pool& pool, const stand_ins& instead);

/// LISTENER around `pool`, which outlives the actor system.
listener_actor spawn_listener(caf::actor_system& sys, media_pool& pool);

} // namespace troupe
