#include "config/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <map>
#include <sstream>

namespace troupe {
namespace {

using enum metric_kind;

constexpr auto table = std::to_array<metric_info>({
    {metric::build_info, gauge, "troupe_build_info", "1, with the version.", {"version"}},
    {metric::ready, gauge, "troupe_ready", "1 while work is taken; 0 while it starts or drains.", {}},
    {metric::actors, gauge, "troupe_actors", "Actors alive.", {}},
    {metric::batches_open, gauge, "troupe_batches_open", "Batches that have not ended.", {}},
    {metric::batches_accepted, counter, "troupe_batches_accepted_total", "Batches accepted.", {}},
    {metric::batches_ended, counter, "troupe_batches_ended_total", "Batches ended, by state.", {"state"}},
    {metric::items_accepted, counter, "troupe_items_accepted_total", "Items accepted.", {}},
    {metric::items_ended, counter, "troupe_items_ended_total", "Items ended, by state.", {"state"}},
    {metric::items_in_stage, gauge, "troupe_items_in_stage", "Items in work, by stage.", {"stage"}},
    {metric::attempts_failed,
     counter,
     "troupe_attempts_failed_total",
     "Attempts at items that failed, by where and why.",
     {"stage", "code"}},
    {metric::stage_duration,
     histogram,
     "troupe_stage_duration_seconds",
     "One stage of one attempt, however it ended.",
     {"stage"}},
    {metric::gate_waiting,
     gauge,
     "troupe_gate_waiting_items",
     "Items that wait for a turn to be fetched.",
     {}},
    {metric::gate_transfers, gauge, "troupe_gate_transfers", "Turns held by items in transfer.", {}},
    {metric::gate_transfers_limit, gauge, "troupe_gate_transfers_limit", "fetch.max_transfers.", {}},
    {metric::gate_work,
     gauge,
     "troupe_gate_work",
     "Items between the end of their transfer and the store.",
     {}},
    {metric::gate_work_limit, gauge, "troupe_gate_work_limit", "work.window.", {}},
    {metric::fetch_transfers,
     gauge,
     "troupe_fetch_transfers",
     "Transfers under way: pages, robots.txt and webhooks.",
     {}},
    {metric::fetch_responses,
     counter,
     "troupe_fetch_responses_total",
     "Transfers ended, by the class of the answer's status; none without an answer.",
     {"class"}},
    {metric::fetch_phase,
     histogram,
     "troupe_fetch_phase_seconds",
     "Time from the start of a transfer to the end of its phase.",
     {"phase"}},
    {metric::fetch_connections,
     counter,
     "troupe_fetch_connections_opened_total",
     "Connections opened for transfers; others were used again.",
     {}},
    {metric::fetch_received,
     counter,
     "troupe_fetch_received_bytes_total",
     "Bytes of bodies, decompressed.",
     {}},
    {metric::fetch_held, gauge, "troupe_fetch_held_bytes", "Bodies in memory, against fetch.held_bytes.", {}},
    {metric::parser_documents, counter, "troupe_parser_documents_total", "Documents parsed.", {}},
    {metric::parser_started,
     counter,
     "troupe_parser_processes_started_total",
     "Parser processes started.",
     {}},
    {metric::parser_killed,
     counter,
     "troupe_parser_processes_killed_total",
     "Parser processes killed on overrun.",
     {}},
    {metric::node_up,
     gauge,
     "troupe_node_up",
     "1 while the node is here; 0 while it is away.",
     {"node", "role"}},
    {metric::node_orders,
     gauge,
     "troupe_node_orders",
     "Orders of this node that a node has in hand; of itself the items that it works on.",
     {"node"}},
    {metric::node_done,
     counter,
     "troupe_node_orders_done_total",
     "Orders that another node has done.",
     {"node"}},
    {metric::node_lost,
     counter,
     "troupe_node_orders_lost_total",
     "Orders that were lost with another node, and done elsewhere.",
     {"node"}},
    {metric::node_transfers_limit,
     gauge,
     "troupe_node_transfers_limit",
     "Transfers that a node has room for.",
     {"node"}},
    {metric::webhook_attempts,
     counter,
     "troupe_webhook_attempts_total",
     "Attempts at deliveries, by outcome.",
     {"outcome"}},
    {metric::store_commits, counter, "troupe_store_commits_total", "Synced writes.", {}},
    {metric::store_commit_duration,
     histogram,
     "troupe_store_commit_duration_seconds",
     "One synced write, its sync included.",
     {}},
    {metric::store_transitions,
     counter,
     "troupe_store_transitions_total",
     "Durable events in those writes.",
     {}},
    {metric::store_failures,
     counter,
     "troupe_store_failures_total",
     "Synced writes that the store refused.",
     {}},
    {metric::store_free, gauge, "troupe_store_free_bytes", "Free room on the store's disk.", {}},
    {metric::rocksdb_memtables, gauge, "troupe_rocksdb_memtable_bytes", "Memory of unwritten rows.", {}},
    {metric::rocksdb_block_cache, gauge, "troupe_rocksdb_block_cache_bytes", "Memory of rows read.", {}},
    {metric::rocksdb_tables, gauge, "troupe_rocksdb_table_files_bytes", "Table files on disk.", {}},
    {metric::rocksdb_blobs, gauge, "troupe_rocksdb_blob_files_bytes", "Blob files on disk.", {}},
    {metric::rocksdb_pending_compaction,
     gauge,
     "troupe_rocksdb_pending_compaction_bytes",
     "What compaction has still to rewrite.",
     {}},
    {metric::rocksdb_compactions, gauge, "troupe_rocksdb_compactions_running", "Compactions under way.", {}},
    {metric::rocksdb_flushes, gauge, "troupe_rocksdb_flushes_running", "Flushes under way.", {}},
    {metric::rocksdb_snapshots, gauge, "troupe_rocksdb_snapshots", "Snapshots held by readers.", {}},
    {metric::rocksdb_errors,
     counter,
     "troupe_rocksdb_background_errors_total",
     "Errors of background work.",
     {}},
    {metric::rocksdb_stopped,
     gauge,
     "troupe_rocksdb_write_stopped",
     "1 while RocksDB takes no writes because compaction lags behind.",
     {}},
    {metric::http_connections, gauge, "troupe_http_connections", "Connections of clients.", {}},
    {metric::http_connections_accepted,
     counter,
     "troupe_http_connections_accepted_total",
     "Connections accepted.",
     {}},
    {metric::http_requests,
     counter,
     "troupe_http_requests_total",
     "Requests answered, by method, route and status.",
     {"method", "route", "status"}},
    {metric::http_requests_in_flight,
     gauge,
     "troupe_http_requests_in_flight",
     "Requests in hand, streams not counted.",
     {}},
    {metric::http_duration,
     histogram,
     "troupe_http_request_duration_seconds",
     "From a request's head to the beginning of its answer, waiting asked for included.",
     {"route"}},
    {metric::http_listeners, gauge, "troupe_http_event_listeners", "Listeners of event streams.", {}},
    {metric::process_cpu,
     counter,
     "process_cpu_seconds_total",
     "CPU time, children that have ended included.",
     {}},
    {metric::process_resident, gauge, "process_resident_memory_bytes", "Resident memory.", {}},
    {metric::process_virtual, gauge, "process_virtual_memory_bytes", "Address space.", {}},
    {metric::process_open_files, gauge, "process_open_fds", "Open descriptors.", {}},
    {metric::process_max_files, gauge, "process_max_fds", "Descriptors that may be open.", {}},
    {metric::process_threads, gauge, "process_threads", "Threads.", {}},
    {metric::process_started,
     gauge,
     "process_start_time_seconds",
     "When the process started, since 1970.",
     {}},
});

constexpr bool in_order() {
  for (size_t i = 0; i < table.size(); ++i)
    if (static_cast<size_t>(table[i].id) != i) return false;
  return true;
}
static_assert(table.size() == static_cast<size_t>(metric::count_), "every metric has its row");
static_assert(in_order(), "the rows stand in the order of the enum");

const metric_info& info(metric m) {
  return table[static_cast<size_t>(m)];
}

/// From a millisecond to five minutes.
const prometheus::Histogram::BucketBoundaries buckets{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
                                                      0.5,   1,      2.5,   5,    10,    30,   60,  300};

prometheus::Labels labels_of(const metric_info& m, const metrics::labels& values) {
  prometheus::Labels out;
  for (size_t i = 0; i < values.size(); ++i)
    out.emplace(m.labels.at(i), values[i]);
  return out;
}

} // namespace

std::span<const metric_info> metric_table() {
  return table;
}

struct metrics::families {
  prometheus::Registry registry;
  std::map<metric, prometheus::Family<prometheus::Counter>*> counters;
  std::map<metric, prometheus::Family<prometheus::Gauge>*> gauges;
  std::map<metric, prometheus::Family<prometheus::Histogram>*> histograms;

  void add(const metric_info& m) {
    const std::string name{m.name};
    const std::string help{m.help};
    if (m.kind == metric_kind::counter)
      counters[m.id] = &prometheus::BuildCounter().Name(name).Help(help).Register(registry);
    else if (m.kind == metric_kind::gauge)
      gauges[m.id] = &prometheus::BuildGauge().Name(name).Help(help).Register(registry);
    else
      histograms[m.id] = &prometheus::BuildHistogram().Name(name).Help(help).Register(registry);
  }
};

/// What has no labels is there from the start, at zero.
metrics::metrics()
    : all_(std::make_unique<families>()) {
  for (const auto& m : table) {
    all_->add(m);
    if (!m.labels[0].empty()) continue;
    if (m.kind == metric_kind::counter) count(m.id);
    if (m.kind == metric_kind::gauge) level(m.id);
    if (m.kind == metric_kind::histogram) times(m.id);
  }
  level(metric::build_info, {TROUPE_VERSION}).set(1);
}
metrics::~metrics() = default;

metrics::counter metrics::count(metric m, const labels& of) {
  counter out;
  out.to_ = &all_->counters.at(m)->Add(labels_of(info(m), of));
  return out;
}
metrics::gauge metrics::level(metric m, const labels& of) {
  gauge out;
  out.to_ = &all_->gauges.at(m)->Add(labels_of(info(m), of));
  return out;
}
metrics::histogram metrics::times(metric m, const labels& of) {
  histogram out;
  out.to_ = &all_->histograms.at(m)->Add(labels_of(info(m), of), buckets);
  return out;
}

void metrics::counter::add(double n) const {
  if (to_) to_->Increment(n);
}
void metrics::counter::raise_to(double total) const {
  if (to_ && total > to_->Value()) to_->Increment(total - to_->Value());
}
void metrics::gauge::set(double value) const {
  if (to_) to_->Set(value);
}
void metrics::histogram::observe(std::chrono::duration<double> took) const {
  if (to_) to_->Observe(took.count());
}

std::string metrics::text() const {
  std::ostringstream out;
  prometheus::TextSerializer{}.Serialize(out, all_->registry.Collect());
  return std::move(out).str();
}

} // namespace troupe
