#include "actors/node_measures.hpp"

#include "actors/hub.hpp"
#include "config/metrics.hpp"
#include "config/settings.hpp"
#include "fetch/transfer_loop.hpp"
#include "parse/pool.hpp"
#include "storage/engine.hpp"

#include <caf/actor_registry.hpp>
#include <caf/actor_system.hpp>

#include <filesystem>

namespace troupe {
namespace {

void node(const node_health& is, metrics& into) {
  into.level(metric::ready).set(is.ready);
  into.level(metric::batches_open).set(double(is.open_batches));
}

void others(const std::vector<node_view>& nodes, metrics& into) {
  for (const auto& n : nodes) {
    into.level(metric::node_up, {n.name, n.role}).set(n.state != node_standing::away);
    into.level(metric::node_orders, {n.name}).set(double(n.in_flight));
    into.count(metric::node_done, {n.name}).raise_to(double(n.done));
    into.count(metric::node_lost, {n.name}).raise_to(double(n.lost));
    into.level(metric::node_transfers_limit, {n.name}).set(double(n.transfers));
  }
}

} // namespace

void node_measures::take(const node_health& is, const std::vector<node_view>& nodes, metrics& into) {
  const std::lock_guard lock{taking_};
  measure_process(into);
  store(into);
  work(into);
  node(is, into);
  others(nodes, into);
}

void node_measures::store(metrics& into) const {
  const auto f = of_.store.figures();
  const auto set = [&](metric m, uint64_t value) { into.level(m).set(double(value)); };
  set(metric::rocksdb_memtables, f.memtables);
  set(metric::rocksdb_block_cache, f.block_cache);
  set(metric::rocksdb_tables, f.tables);
  set(metric::rocksdb_blobs, f.blobs);
  set(metric::rocksdb_pending_compaction, f.pending_compaction);
  set(metric::rocksdb_compactions, f.compactions);
  set(metric::rocksdb_flushes, f.flushes);
  set(metric::rocksdb_snapshots, f.snapshots);
  into.count(metric::rocksdb_errors).raise_to(double(f.errors));
  set(metric::rocksdb_stopped, f.stopped);
  std::error_code ignored;
  set(metric::store_free, std::filesystem::space(of_.options.store.directory, ignored).available);
}

void node_measures::work(metrics& into) const {
  into.level(metric::actors).set(double(of_.system.registry().running()));
  for (const auto& [stage, items] : of_.listeners.stages())
    into.level(metric::items_in_stage, {name(stage)}).set(double(items));
  const auto fetching = of_.transfers.count();
  into.level(metric::fetch_transfers).set(double(fetching.running));
  into.level(metric::fetch_held).set(double(fetching.held_bytes));
  into.count(metric::fetch_received).raise_to(double(fetching.bytes));
  const auto parsing = of_.parsers.count();
  into.count(metric::parser_documents).raise_to(double(parsing.documents));
  into.count(metric::parser_started).raise_to(double(parsing.started));
  into.count(metric::parser_killed).raise_to(double(parsing.killed));
}

} // namespace troupe
