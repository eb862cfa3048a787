#pragma once
/// The actors of an item: one for each stage of each attempt. Each asks one service, tells its boss what came
/// of it, and ends. Ended early, it tells the service that nobody waits any more. With services that name
/// another node, what they do is done there (`services::elsewhere`), but for robots.txt and the store.

#include "actors/interfaces.hpp"

namespace troupe {

/// FETCH: asks ROBOTS, then TRANSFERS; tells (fetched, index, token, result).
caf::actor_addr spawn_fetch(caf::local_actor* parent, const stage_taker& boss, const services& with,
                            uint32_t index, fetch_order order);

/// PARSE: asks READER for the bytes of an upload, then PARSER; of media LISTENER for what is said, and PARSER
/// again for that. Tells (parsed, index, token, result).
caf::actor_addr spawn_parse(caf::local_actor* parent, const stage_taker& boss, const services& with,
                            uint32_t index, parse_order order);

/// PERSIST: asks WRITER; tells (stored, index, token, result).
caf::actor_addr spawn_persist(supervisor_actor::pointer self, const services& with, uint32_t index, ending e);

} // namespace troupe
