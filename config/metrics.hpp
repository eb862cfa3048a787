#pragma once
/// What a node counts and measures, for Prometheus: one table of metrics, and cheap handles to their values.
///
/// Names follow the conventions of Prometheus: base units in the name, counters end in `_total`. The text is
/// that of its exposition format 0.0.4.

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
} // namespace prometheus

namespace troupe {

enum class metric : uint8_t {
  // the node
  build_info,
  ready,
  actors,
  // batches and items
  batches_open,
  batches_accepted,
  batches_ended,
  items_accepted,
  items_ended,
  items_in_stage,
  attempts_failed,
  stage_duration,
  // the gate
  gate_waiting,
  gate_transfers,
  gate_transfers_limit,
  gate_work,
  gate_work_limit,
  // fetching
  fetch_transfers,
  fetch_responses,
  fetch_phase,
  fetch_connections,
  fetch_received,
  fetch_held,
  // parsing
  parser_documents,
  parser_started,
  parser_killed,
  // other nodes
  node_up,
  node_orders,
  node_done,
  node_lost,
  node_transfers_limit,
  // webhooks
  webhook_attempts,
  // the store
  store_commits,
  store_commit_duration,
  store_transitions,
  store_failures,
  store_free,
  rocksdb_memtables,
  rocksdb_block_cache,
  rocksdb_tables,
  rocksdb_blobs,
  rocksdb_pending_compaction,
  rocksdb_compactions,
  rocksdb_flushes,
  rocksdb_snapshots,
  rocksdb_errors,
  rocksdb_stopped,
  // the front
  http_connections,
  http_connections_accepted,
  http_requests,
  http_requests_in_flight,
  http_duration,
  http_listeners,
  // the process, under the names that Prometheus' own clients use
  process_cpu,
  process_resident,
  process_virtual,
  process_open_files,
  process_max_files,
  process_threads,
  process_started,
  count_,
};

enum class metric_kind : uint8_t { counter, gauge, histogram };

struct metric_info {
  metric id;
  metric_kind kind;
  std::string_view name;
  std::string_view help;
  /// Names of its labels; empty ones are none.
  std::array<std::string_view, 3> labels;
};

/// Every metric, in the order of the enum.
std::span<const metric_info> metric_table();

/// The values of a process or a node. Any thread may call anything; handles live as long as this does, and
/// those that were made without it do nothing.
class metrics {
public:
  class counter {
  public:
    void add(double n = 1) const;
    /// For what is counted elsewhere: the total now, never less than before. One thread at a time.
    void raise_to(double total) const;

  private:
    friend metrics;
    prometheus::Counter* to_ = nullptr;
  };
  class gauge {
  public:
    void set(double value) const;

  private:
    friend metrics;
    prometheus::Gauge* to_ = nullptr;
  };
  class histogram {
  public:
    void observe(std::chrono::duration<double> took) const;

  private:
    friend metrics;
    prometheus::Histogram* to_ = nullptr;
  };
  using labels = std::vector<std::string_view>;

  metrics();
  ~metrics();
  metrics(const metrics&) = delete;

  /// The value under these labels, in the table's order, made at zero when it is new. Not for every item:
  /// keep what it gives, or call it where a lock and a look-up do not matter.
  counter count(metric m, const labels& of = {});
  gauge level(metric m, const labels& of = {});
  histogram times(metric m, const labels& of = {});

  std::string text() const;

private:
  struct families;
  std::unique_ptr<families> all_;
};

/// Reads what /proc tells of this process into its metrics.
void measure_process(metrics& into);

} // namespace troupe
