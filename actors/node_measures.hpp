#pragma once
/// Metrics that nobody counts as things happen: read from a node's parts when somebody asks.

#include "actors/gateway.hpp"

#include <mutex>

namespace caf {
class actor_system;
}

namespace troupe {

class engine;
class hub;
class metrics;
class parser_pool;
class transfer_loop;
struct settings;

class node_measures {
public:
  /// All outlive it.
  struct parts {
    const settings& options;
    const engine& store;
    const hub& listeners;
    const transfer_loop& transfers;
    const parser_pool& parsers;
    caf::actor_system& system;
  };
  explicit node_measures(const parts& of)
      : of_(of) {}

  /// Writes what is so now, `node` and `nodes` among it. Any thread.
  void take(const node_health& node, const std::vector<node_view>& nodes, metrics& into);

private:
  void store(metrics& into) const;
  void work(metrics& into) const;

  parts of_;
  std::mutex taking_;
};

} // namespace troupe
