#pragma once
#include "actors/cluster/roster.hpp"
#include "actors/interfaces.hpp"
#include "config/settings.hpp"
#include "model/spool.hpp"

namespace troupe {

/// What a LINK is made of.
struct link_plan {
  /// Outlives the actor system.
  const settings* options = nullptr;
  spool_factory new_spool;
  node_card other;
  /// The other node's PEER.
  work_actor there;
  /// What this link has done, for whoever asks.
  std::shared_ptr<link_counts> counts;
};

/// Spawns a LINK. It quits when the other node is gone.
link_actor spawn_link(caf::actor_system& sys, link_plan plan);

} // namespace troupe
