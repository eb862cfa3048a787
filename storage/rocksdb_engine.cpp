#include "storage/engine.hpp"
#include "storage/packed.hpp"

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/file_system.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>
#include <rocksdb/utilities/checkpoint.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <array>
#include <vector>

namespace troupe {
namespace {

constexpr size_t tables = static_cast<size_t>(table::count_);
constexpr uint64_t smallest_blob = 4'096;
/// So many parts of the block cache (a power of two) have locks of their own; a block has to fit into one.
constexpr int cache_shard_bits = 3;

rocksdb::Slice slice(std::string_view s) {
  return {s.data(), s.size()};
}
std::string_view text(const rocksdb::Slice& s) {
  return {s.data(), s.size()};
}

failure failure_of(const rocksdb::Status& s) {
  if (s.ok()) return fail(errc::none);
  return fail(s.IsNoSpace() ? errc::storage_full : errc::storage_error, s.ToString());
}

using handles = std::array<rocksdb::ColumnFamilyHandle*, tables>;

/// Changes of the index are kept until the set is written, then go in the order of their keys: the index has
/// many kinds of rows for each item, and a memtable finds the place of a key faster beside that of the last.
class rocksdb_write_set final : public write_set {
public:
  explicit rocksdb_write_set(const handles& h)
      : handles_(h) {}
  void put(table t, std::string_view key, std::string_view value) override {
    if (t == table::index)
      keep(key, value, false);
    else if (t == table::content)
      batch_.Put(at(t), slice(key), slice(packed::pack(value)));
    else
      batch_.Put(at(t), slice(key), slice(value));
  }
  void erase(table t, std::string_view key) override {
    if (t == table::index)
      keep(key, {}, true);
    else
      batch_.Delete(at(t), slice(key));
  }
  void erase_range(table t, std::string_view from, std::string_view to) override {
    if (from >= to) return;
    if (t == table::index) sort_index();
    batch_.DeleteRange(at(t), slice(from), slice(to));
  }
  bool empty() const override { return batch_.Count() == 0 && changes_.empty(); }

  /// All changes; the set is empty once it is cleared.
  rocksdb::WriteBatch& all() {
    sort_index();
    return batch_;
  }

private:
  struct change {
    size_t at = 0;
    uint32_t key = 0;
    uint32_t value = 0;
    bool erases = false;
  };

  void keep(std::string_view key, std::string_view value, bool erases) {
    changes_.push_back(
        {bytes_.size(), static_cast<uint32_t>(key.size()), static_cast<uint32_t>(value.size()), erases});
    bytes_.append(key).append(value);
  }
  std::string_view key_of(const change& c) const { return std::string_view(bytes_).substr(c.at, c.key); }
  std::string_view value_of(const change& c) const {
    return std::string_view(bytes_).substr(c.at + c.key, c.value);
  }
  /// Of changes to one key, the later one holds.
  void sort_index() {
    std::stable_sort(changes_.begin(), changes_.end(),
                     [this](const change& a, const change& b) { return key_of(a) < key_of(b); });
    for (const auto& c : changes_)
      if (c.erases)
        batch_.Delete(at(table::index), slice(key_of(c)));
      else
        batch_.Put(at(table::index), slice(key_of(c)), slice(value_of(c)));
    changes_.clear();
    bytes_.clear();
  }

  rocksdb::ColumnFamilyHandle* at(table t) const { return handles_[static_cast<size_t>(t)]; }
  const handles& handles_;
  rocksdb::WriteBatch batch_;
  std::vector<change> changes_;
  std::string bytes_;
};

void check(const rocksdb::Status& s) {
  if (!s.ok()) throw unreadable(s.ToString());
}

/// A value as it was put.
std::string plain(table t, std::string stored) {
  if (t != table::content) return stored;
  auto bytes = packed::unpack(stored);
  if (!bytes) throw unreadable("a content is damaged");
  return std::move(*bytes);
}

/// The value, or none when there is no such key.
std::optional<std::string> found(const rocksdb::Status& s, table t, std::string& value) {
  if (s.IsNotFound()) return std::nullopt;
  check(s);
  return plain(t, std::move(value));
}

class rocksdb_cursor final : public cursor {
public:
  rocksdb_cursor(rocksdb::DB& db, rocksdb::ReadOptions options, const handles& h, table t,
                 std::string_view from, std::string_view to)
      : table_(t)
      , to_(to) {
    to_slice_ = slice(to_);
    options.iterate_upper_bound = &to_slice_;
    at_.reset(db.NewIterator(options, h[static_cast<size_t>(t)]));
    at_->Seek(slice(from));
  }
  bool valid() const override {
    if (at_->Valid()) return true;
    check(at_->status());
    return false;
  }
  void next() override { at_->Next(); }
  std::string_view key() const override { return text(at_->key()); }
  std::string_view value() const override {
    if (table_ != table::content) return text(at_->value());
    value_ = plain(table_, at_->value().ToString());
    return value_;
  }

private:
  const table table_;
  mutable std::string value_;
  std::string to_;
  rocksdb::Slice to_slice_;
  std::unique_ptr<rocksdb::Iterator> at_;
};

class rocksdb_view final : public view {
public:
  rocksdb_view(rocksdb::DB& db, const handles& h)
      : db_(db)
      , handles_(h) {
    options_.snapshot = db.GetSnapshot();
  }
  ~rocksdb_view() override { db_.ReleaseSnapshot(options_.snapshot); }

  std::optional<std::string> get(table t, std::string_view key) const override {
    std::string value;
    return found(db_.Get(options_, at(t), slice(key), &value), t, value);
  }
  std::unique_ptr<cursor> scan(table t, std::string_view from, std::string_view to) const override {
    return std::make_unique<rocksdb_cursor>(db_, options_, handles_, t, from, to);
  }
  std::optional<std::pair<std::string, std::string>> last(table t, std::string_view from,
                                                          std::string_view to) const override {
    const std::unique_ptr<rocksdb::Iterator> it{db_.NewIterator(options_, at(t))};
    it->SeekForPrev(slice(to));
    if (it->Valid() && text(it->key()) == to) it->Prev();
    check(it->status());
    if (!it->Valid() || text(it->key()) < from) return std::nullopt;
    return std::pair{it->key().ToString(), plain(t, it->value().ToString())};
  }

private:
  rocksdb::ColumnFamilyHandle* at(table t) const { return handles_[static_cast<size_t>(t)]; }
  rocksdb::DB& db_;
  const handles& handles_;
  rocksdb::ReadOptions options_;
};

class rocksdb_engine final : public engine {
public:
  rocksdb_engine(std::shared_ptr<rocksdb::FileSystem> fs, std::unique_ptr<rocksdb::Env> env,
                 std::unique_ptr<rocksdb::DB> db, const handles& h)
      : file_system_(std::move(fs))
      , env_(std::move(env))
      , db_(std::move(db))
      , handles_(h) {}
  ~rocksdb_engine() override {
    for (auto* h : handles_)
      db_->DestroyColumnFamilyHandle(h);
    db_->Close();
  }
  std::unique_ptr<write_set> new_write_set() override {
    return std::make_unique<rocksdb_write_set>(handles_);
  }
  failure write(write_set& changes, bool sync) override {
    auto& all = static_cast<rocksdb_write_set&>(changes).all();
    rocksdb::WriteOptions options;
    options.sync = sync;
    const auto status = db_->Write(options, &all);
    all.Clear();
    return failure_of(status);
  }
  std::unique_ptr<view> snapshot() const override { return std::make_unique<rocksdb_view>(*db_, handles_); }
  std::optional<std::string> get(table t, std::string_view key) const override {
    std::string value;
    return found(db_->Get({}, handles_[static_cast<size_t>(t)], slice(key), &value), t, value);
  }
  std::optional<std::string> get_in_memory(table t, std::string_view key) const override {
    rocksdb::ReadOptions options;
    options.read_tier = rocksdb::kBlockCacheTier;
    std::string value;
    if (!db_->Get(options, handles_[static_cast<size_t>(t)], slice(key), &value).ok()) return std::nullopt;
    return plain(t, std::move(value));
  }

  engine_figures figures() const override {
    using p = rocksdb::DB::Properties;
    engine_figures f;
    f.memtables = sum(p::kCurSizeAllMemTables);
    f.tables = sum(p::kTotalSstFilesSize);
    f.blobs = sum(p::kTotalBlobFileSize);
    f.pending_compaction = sum(p::kEstimatePendingCompactionBytes);
    // Of the whole database, whichever table is asked.
    f.block_cache = one(p::kBlockCacheUsage);
    f.compactions = one(p::kNumRunningCompactions);
    f.flushes = one(p::kNumRunningFlushes);
    f.snapshots = one(p::kNumSnapshots);
    f.errors = one(p::kBackgroundErrors);
    f.stopped = one(p::kIsWriteStopped) != 0;
    return f;
  }
  failure checkpoint(const std::string& directory) override {
    rocksdb::Checkpoint* made = nullptr;
    auto status = rocksdb::Checkpoint::Create(db_.get(), &made);
    const std::unique_ptr<rocksdb::Checkpoint> owner{made};
    if (status.ok()) status = made->CreateCheckpoint(directory);
    return failure_of(status);
  }

private:
  /// Of all tables together.
  uint64_t sum(const std::string& property) const {
    uint64_t n = 0;
    db_->GetAggregatedIntProperty(property, &n);
    return n;
  }
  uint64_t one(const std::string& property) const {
    uint64_t n = 0;
    db_->GetIntProperty(property, &n);
    return n;
  }

  std::shared_ptr<rocksdb::FileSystem> file_system_;
  std::unique_ptr<rocksdb::Env> env_;
  std::unique_ptr<rocksdb::DB> db_;
  handles handles_;
};

rocksdb::ColumnFamilyOptions family_options(table t, const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::ColumnFamilyOptions o;
  rocksdb::BlockBasedTableOptions blocks;
  blocks.block_cache = cache;
  blocks.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  blocks.cache_index_and_filter_blocks = true;
  // In parts: the filter of a table of a million rows, as a whole, has no room in a part of the cache, and is
  // read from its file for each row that is looked up.
  blocks.partition_filters = true;
  blocks.index_type = rocksdb::BlockBasedTableOptions::kTwoLevelIndexSearch;
  // What was written last is what is asked for.
  blocks.metadata_cache_options.partition_pinning = rocksdb::PinningTier::kFlushedAndSimilar;
  blocks.metadata_cache_options.unpartitioned_pinning = rocksdb::PinningTier::kFlushedAndSimilar;
  o.table_factory.reset(rocksdb::NewBlockBasedTableFactory(blocks));
  o.compression = rocksdb::kLZ4Compression;
  o.write_buffer_size = 16 << 20;
  o.max_write_buffer_number = 2;
  // Most URLs and texts that are looked up are not there.
  o.memtable_prefix_bloom_size_ratio = 0.02;
  o.memtable_whole_key_filtering = true;
  if (t == table::content) {
    // Documents are written once, read rarely and deleted together: kept out of compaction's way.
    o.enable_blob_files = true;
    o.min_blob_size = smallest_blob;
    // What is in it is packed already.
    o.compression = rocksdb::kNoCompression;
    o.enable_blob_garbage_collection = true;
  }
  return o;
}

rocksdb::DBOptions database_options(const rocksdb_options& from, rocksdb::Env* env) {
  rocksdb::DBOptions o;
  o.create_if_missing = !from.read_only;
  o.create_missing_column_families = !from.read_only;
  o.env = env;
  o.db_write_buffer_size = from.write_buffer_bytes;
  o.max_total_wal_size = 4 * from.write_buffer_bytes;
  o.max_background_jobs = 2;
  o.max_open_files = 512;
  o.bytes_per_sync = 1 << 20;
  o.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  o.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
  o.keep_log_file_num = 4;
  return o;
}

/// Makes the directory, durably: RocksDB syncs what is in it, not its own name.
failure make_directory(rocksdb::FileSystem& fs, const std::string& path) {
  auto status = fs.CreateDirIfMissing(path, {}, nullptr);
  std::unique_ptr<rocksdb::FSDirectory> parent;
  if (status.ok()) status = fs.NewDirectory(path.substr(0, path.rfind('/')), {}, &parent, nullptr);
  if (status.ok()) status = parent->Fsync({}, nullptr);
  return failure_of(status);
}

} // namespace

std::string_view name(table t) {
  constexpr std::string_view names[] = {"default", "batches", "items",  "attempts",  "sources",
                                        "content", "index",   "events", "quarantine"};
  static_assert(std::size(names) == tables);
  return names[static_cast<size_t>(t)];
}

result<std::unique_ptr<engine>> open_rocksdb(const rocksdb_options& from) {
  auto fs = from.file_system;
  auto env = fs ? rocksdb::NewCompositeEnv(fs) : nullptr;
  auto* used = env ? env.get() : rocksdb::Env::Default();
  const auto cache = rocksdb::NewLRUCache(from.block_cache_bytes, cache_shard_bits);
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (size_t i = 0; i < tables; ++i) {
    const auto t = static_cast<table>(i);
    families.emplace_back(std::string(name(t)), family_options(t, cache));
  }
  if (!from.read_only)
    if (auto f = make_directory(*used->GetFileSystem(), from.directory); f.code != errc::none) return f;
  std::vector<rocksdb::ColumnFamilyHandle*> opened;
  rocksdb::DB* db = nullptr;
  const auto options = database_options(from, used);
  const auto status = from.read_only
                          ? rocksdb::DB::OpenForReadOnly(options, from.directory, families, &opened, &db)
                          : rocksdb::DB::Open(options, from.directory, families, &opened, &db);
  if (!status.ok()) return failure_of(status);
  handles h{};
  std::copy(opened.begin(), opened.end(), h.begin());
  return std::unique_ptr<engine>(
      new rocksdb_engine(std::move(fs), std::move(env), std::unique_ptr<rocksdb::DB>(db), h));
}

} // namespace troupe
