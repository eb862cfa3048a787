#pragma once
#include "actors/cluster/roster.hpp"
#include "actors/interfaces.hpp"
#include "config/settings.hpp"
#include "model/spool.hpp"

namespace troupe {

/// What MEMBERS are made of. Pointers outlive the actor system.
struct members_plan {
  const settings* options = nullptr;
  roster* nodes = nullptr;
  spool_factory new_spool;
  node_card self;
  /// Of a serving node: what it has although the hash would have it elsewhere, and what others tell of
  /// theirs.
  std::function<std::vector<uint64_t>()> strays;
  std::function<void(node_number, const std::vector<uint64_t>&)> told;
  /// Of a serving node: what is the same everywhere, and whether this one is its keeper.
  shared_records* records = nullptr;
  bool keeps = false;
  uint32_t keeper = 0;
  /// Dials an address; the answer comes as (dial, address, dialled). Must not wait.
  std::function<void(std::string address, members_actor to)> dial;
  /// Orders of other nodes that PEER has in hand.
  std::shared_ptr<std::atomic<uint64_t>> orders_here;
  /// As `peer_plan::drain`.
  std::function<void()> drain;
};

/// Spawns MEMBERS and its PEER, and begins to join. It ends with the actor system, or of an exit message.
members_actor spawn_members(caf::actor_system& sys, members_plan plan);

} // namespace troupe
