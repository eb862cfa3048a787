#pragma once
/// The seam under the store: ordered tables of bytes, snapshots, and atomic synced writes.

#include "model/error.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace rocksdb {
class FileSystem;
}

namespace troupe {

/// The tables, by access pattern; what is in them: layout.hpp.
enum class table : uint8_t {
  meta,
  batches,
  items,
  attempts,
  sources,
  content,
  index,
  events,
  quarantine,
  count_
};
std::string_view name(table t);

/// Thrown by every read that the store could not carry out: what cannot be read is not absent. The actor
/// that meets it dies and is started again from the store; a question is answered `storage_error`.
class unreadable : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

/// Changes that become visible and durable together. Used by one thread.
class write_set {
public:
  virtual ~write_set() = default;
  virtual void put(table t, std::string_view key, std::string_view value) = 0;
  virtual void erase(table t, std::string_view key) = 0;
  /// Erases every key in [from, to).
  virtual void erase_range(table t, std::string_view from, std::string_view to) = 0;
  virtual bool empty() const = 0;
};

/// Walks the rows of a table in key order. The views are valid until the next call. Throws `unreadable`.
class cursor {
public:
  virtual ~cursor() = default;
  virtual bool valid() const = 0;
  virtual void next() = 0;
  virtual std::string_view key() const = 0;
  virtual std::string_view value() const = 0;
};

/// All tables as they stood at one moment. Used by one thread; ends before its engine. Throws `unreadable`.
class view {
public:
  virtual ~view() = default;
  virtual std::optional<std::string> get(table t, std::string_view key) const = 0;
  /// Rows in [from, to), in order.
  virtual std::unique_ptr<cursor> scan(table t, std::string_view from, std::string_view to) const = 0;
  /// The last row in [from, to): its key and value.
  virtual std::optional<std::pair<std::string, std::string>> last(table t, std::string_view from,
                                                                  std::string_view to) const = 0;
};

/// What a store tells of itself, in bytes and numbers.
struct engine_figures {
  uint64_t memtables = 0;
  uint64_t block_cache = 0;
  uint64_t tables = 0;
  uint64_t blobs = 0;
  uint64_t pending_compaction = 0;
  uint64_t compactions = 0;
  uint64_t flushes = 0;
  uint64_t snapshots = 0;
  uint64_t errors = 0;
  bool stopped = false;
};

class engine {
public:
  virtual ~engine() = default;
  virtual std::unique_ptr<write_set> new_write_set() = 0;
  /// Applies the whole set or nothing, and empties it. With `sync` it is on disk when this returns.
  /// Returns `errc::none`, `storage_full` or `storage_error`. One writing thread at a time.
  virtual failure write(write_set& changes, bool sync) = 0;
  /// Any thread.
  virtual std::unique_ptr<view> snapshot() const = 0;
  /// The newest committed value. Any thread. Throws `unreadable`.
  virtual std::optional<std::string> get(table t, std::string_view key) const = 0;
  /// The same when that can be told without waiting for a disk; none: it cannot, or there is no such key. Any
  /// thread. Throws `unreadable`.
  virtual std::optional<std::string> get_in_memory(table t, std::string_view key) const {
    return get(t, key);
  }
  /// Any thread.
  virtual engine_figures figures() const { return {}; }
  /// Makes a copy of the whole store, as it is at one moment, in a directory that does not exist; files that
  /// do not change any more are linked, not copied. Any thread, beside writes.
  virtual failure checkpoint(const std::string&) {
    return fail(errc::storage_error, "this store has no files to copy");
  }
};

struct rocksdb_options {
  std::string directory;
  uint64_t write_buffer_bytes = 32 << 20;
  uint64_t block_cache_bytes = 32 << 20;
  /// Null: the machine's own. Tests put one here that loses what was not synced.
  std::shared_ptr<rocksdb::FileSystem> file_system;
  /// The database has to be there, and stays as it is; writes fail.
  bool read_only = false;
};

/// Opens or makes a database; recovers its log to the last complete write.
result<std::unique_ptr<engine>> open_rocksdb(const rocksdb_options& options);

/// Keeps everything in memory; for tests.
std::unique_ptr<engine> make_memory_engine();

} // namespace troupe
