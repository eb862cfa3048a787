#pragma once
#include "actors/held_items.hpp"
#include "actors/hub.hpp"
#include "actors/interfaces.hpp"
#include "config/settings.hpp"

namespace troupe {

/// What a supervisor is given.
struct supervision {
  batch row;
  services with;
  /// Starts of this node: part of every attempt's token.
  uint32_t epoch = 0;
  /// Shared by all supervisors; outlives the actor system.
  const settings* options = nullptr;
  hub* listeners = nullptr;
  /// What it counts with others; nothing: it may hold what `options` lets it.
  std::shared_ptr<held_items> held;
  /// The same for items in backoff.
  std::shared_ptr<held_items> resting;
};

/// Spawns the SUPERVISOR of an open batch. It ends by itself: normally when the batch is final or when it
/// was told to drain; with an error when it cannot go on.
supervisor_actor spawn_supervisor(caf::actor_system& sys, supervision what);

} // namespace troupe
