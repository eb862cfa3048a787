#pragma once
#include "actors/interfaces.hpp"
#include "config/settings.hpp"
#include "model/spool.hpp"

#include <atomic>

namespace troupe {

/// What a PEER is made of.
struct peer_plan {
  /// Outlives the actor system.
  const settings* options = nullptr;
  spool_factory new_spool;
  node_card self;
  members_actor members;
  /// Orders in hand, for whoever asks.
  std::shared_ptr<std::atomic<uint64_t>> in_hand;
  /// Another node asks this one to drain. Any thread; must not wait.
  std::function<void()> drain;
};

/// Spawns the PEER. It refuses work with `node_lost` until it has been given services.
peer_actor spawn_peer(caf::actor_system& sys, peer_plan plan);

} // namespace troupe
