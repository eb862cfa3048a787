#pragma once
#include "actors/interfaces.hpp"
#include "actors/turns.hpp"
#include "config/metrics.hpp"

namespace troupe {

/// Spawns a GATE that gives turns by `limits`; time is that of the actor system's clock.
gate_actor spawn_gate(caf::actor_system& sys, const turn_limits& limits, metrics* meter = nullptr);

} // namespace troupe
