#pragma once
#include "actors/hub.hpp"
#include "actors/interfaces.hpp"
#include "config/settings.hpp"

#include <atomic>

namespace troupe {

/// Services that were started together, and the start they belong to.
struct started_services {
  services with;
  uint32_t epoch = 0;
};

/// What a NODE is made of.
struct node_plan {
  const settings* options = nullptr;
  hub* listeners = nullptr;
  /// Starts all services anew, over the store as it is on disk. Called again after one of them died.
  std::function<result<started_services>(caf::actor_system&)> start;
  /// Why nothing can be accepted now; `none` when it can.
  std::function<failure()> admission;
  /// The stored row of a batch, to supervise it again.
  std::function<std::optional<batch>(batch_id)> find_batch;
  /// What operators want of hosts, and bulk actions.
  std::function<std::vector<record>()> standing_records;
  /// A record was kept, or is gone. Null: nobody wants to know.
  std::function<void(const record&)> on_kept;
  std::function<void(uint64_t kind, const std::string& name)> on_forgotten;
  /// Written by the node, read by anyone.
  std::atomic<uint64_t>* open_batches = nullptr;
  /// Called with true once open batches are recovered, with false when nothing is accepted any more.
  std::function<void(bool)> on_ready;
};

/// Spawns the NODE. It quits normally after a drain; with an error when its services keep dying.
node_actor spawn_node(caf::actor_system& sys, node_plan plan);

} // namespace troupe
