#pragma once
#include "actors/interfaces.hpp"
#include "config/metrics.hpp"
#include "config/settings.hpp"

namespace troupe {

/// Spawns a DISPATCHER. It sends each delivery of the outbox by the transfer loop, so that addresses are
/// checked as in fetching, signed by Standard Webhooks 1.0; the store is told of each attempt. A crash sends
/// what was not recorded again, under the same message id. Of each webhook `webhooks.concurrent` deliveries
/// are under way at once: one that hangs holds nobody else up.
dispatcher_actor spawn_dispatcher(caf::actor_system& sys, const settings& s, const services& with,
                                  metrics* meter = nullptr);

} // namespace troupe
