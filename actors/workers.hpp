#pragma once
/// The services around plain C++ parts: transfers, parser, listener, robots, reader.

#include "actors/interfaces.hpp"
#include "config/settings.hpp"
#include "fetch/transfer_loop.hpp"
#include "media/pool.hpp"
#include "parse/pool.hpp"

namespace troupe {

/// TRANSFERS around `loop`, which outlives the actor system.
transfers_actor spawn_transfers(caf::actor_system& sys, transfer_loop& loop);

/// PARSER around `pool`, which outlives the actor system.
parser_actor spawn_parser(caf::actor_system& sys, parser_pool& pool);

/// LISTENER around `pool`, which outlives the actor system.
listener_actor spawn_listener(caf::actor_system& sys, media_pool& pool);

/// ROBOTS: remembers `fetch.robots_ttl_ms` long, at most a bounded number of hosts; tells `gate` of crawl
/// delays. A robots.txt that is missing (4xx) allows all, one that cannot be had (5xx, no answer) nothing,
/// for the reason why it could not (RFC 9309 section 2.3.1); that is asked for again after `work.backoff_ms`.
robots_actor spawn_robots(caf::actor_system& sys, const settings& s, transfers_actor transfers,
                          gate_actor gate);

/// READER: detached unless told otherwise, since it reads from disk.
reader_actor spawn_reader(caf::actor_system& sys, const catalog& store, bool own_thread = true);

} // namespace troupe
