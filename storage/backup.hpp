#pragma once
/// Copies of a store, made beside its work. In `<directory>/<id>`:
///
///   db/             a checkpoint of RocksDB
///   files/content/  what rows of the checkpoint name, linked where that is possible
///   backup.json     written last: without it a copy is not complete
///
/// While one is made it is called `<id>.part`; a start removes what has such a name.

#include "model/backup.hpp"
#include "storage/engine.hpp"
#include "storage/file_store.hpp"

#include <mutex>
#include <thread>
#include <vector>

namespace troupe {

/// The name of the file that makes a directory a backup.
constexpr const char* backup_manifest = "backup.json";

/// Copies the store into a directory that does not exist, and syncs it. Any thread, beside the writer. Fails
/// with `storage_error`, also when a file is missing that a row names.
result<backup> copy_store(engine& db, file_store& files, const std::string& directory);

/// What a directory's manifest says. Fails with `not_found` when it has none that can be read.
result<backup> read_backup(const std::string& directory);

/// The backups of a store. Any thread; calls may wait for the disk.
class backup_keeper {
public:
  /// At most `most` complete ones are kept. All outlive it.
  backup_keeper(engine& db, file_store& files, std::string directory, size_t most);
  /// Waits for the one that is being made.
  ~backup_keeper();

  /// Begins a backup, on a thread of its own. Fails with `in_progress`, or with `limit_reached`: one has to
  /// be removed first.
  result<backup> begin();
  /// Newest first, the running one and the last one that failed included.
  std::vector<backup> list() const;
  /// A complete one, or the last that failed. False: there is no such one.
  bool remove(const std::string& id);

private:
  std::vector<backup> complete() const;
  void make(backup wanted);

  engine& db_;
  file_store& files_;
  std::string directory_;
  size_t most_;
  mutable std::mutex mutex_;
  /// Running, or failed.
  std::optional<backup> last_;
  std::thread thread_;
};

} // namespace troupe
