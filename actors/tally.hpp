#pragma once
/// Counts durable events. The writer's thread only.

#include "config/metrics.hpp"
#include "model/batch.hpp"

#include <map>

namespace troupe {

class tally {
public:
  /// Null: nothing is counted.
  explicit tally(metrics* into = nullptr);

  /// What one synced write made durable, and how long it took.
  void wrote(const std::vector<event>& events, std::chrono::steady_clock::duration took);
  void refused() const { failures_.add(); }
  /// Items that were added to a batch.
  void extended(size_t items) const { items_accepted_.add(double(items)); }

private:
  void count(const event& e);
  void failed(errc code);

  metrics* into_;
  metrics::counter commits_, transitions_, failures_, batches_accepted_, items_accepted_;
  metrics::histogram commit_took_;
  std::map<item_state, metrics::counter> items_ended_;
  std::map<batch_state, metrics::counter> batches_ended_;
  std::map<errc, metrics::counter> attempts_failed_;
};

} // namespace troupe
