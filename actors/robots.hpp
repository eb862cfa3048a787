#pragma once
#include "actors/interfaces.hpp"
#include "config/settings.hpp"

namespace troupe {

/// ROBOTS: remembers `fetch.robots_ttl_ms` long, at most a bounded number of hosts; tells `gate` of crawl
/// delays. A robots.txt that is missing (4xx) allows all, one that cannot be had (5xx, no answer) nothing,
/// for the reason why it could not (RFC 9309 section 2.3.1); that is asked for again after `work.backoff_ms`.
robots_actor spawn_robots(caf::actor_system& sys, const settings& s, transfers_actor transfers,
                          gate_actor gate);

} // namespace troupe
