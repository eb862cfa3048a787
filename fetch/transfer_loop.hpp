#pragma once
/// Every transfer of the node, on one thread around curl's multi interface.

#include "config/metrics.hpp"
#include "config/settings.hpp"
#include "model/spool.hpp"
#include "model/work.hpp"

#include <functional>
#include <memory>

namespace troupe {

/// Called once per order, on the loop's thread; must not block.
using fetch_done = std::function<void(result<fetched>)>;

class transfer_loop {
public:
  struct counters {
    uint64_t finished = 0;
    uint64_t running = 0;
    uint64_t bytes = 0;
    /// Bodies in memory, as counted against `fetch.held_bytes`.
    uint64_t held_bytes = 0;
  };

  /// Bodies longer than `store.inline_original_bytes` go to a spool. Starts the thread. Transfers are
  /// measured in `meter`, unless that is null.
  transfer_loop(const settings& s, spool_factory make_spool, metrics* meter = nullptr);
  /// Closes all transfers; orders not done are answered `cancelled`.
  ~transfer_loop();

  /// Any thread. Takes any number of orders: the gate bounds them (fetch.max_transfers).
  void submit(fetch_order order, fetch_done done);
  /// Closes the transfer's connection; it is answered `cancelled`. Any thread.
  void cancel(item_id item, attempt_token token);
  counters count() const;

private:
  class loop;
  std::unique_ptr<loop> loop_;
};

} // namespace troupe
