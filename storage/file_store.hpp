#pragma once
/// Large originals as files, named by their content.
///
///   <directory>/incoming/<name>     being written, or handed over and not yet named by a row
///   <directory>/incoming/<sha256>   marker: the file below is about to be named
///   <directory>/content/<2>/<sha256>  named by a row of the store
///
/// A file is synced, with its directory, before the row that names it is written. The marker is made
/// before and removed after, so that a sweep at start looks at the markers alone, never at all files.

#include "model/content.hpp"
#include "model/spool.hpp"

#include <atomic>
#include <functional>
#include <memory>

namespace rocksdb {
class FileSystem;
}

namespace troupe {

class file_store {
public:
  /// Makes the directories. `fs` null: the machine's own.
  static result<std::unique_ptr<file_store>> open(std::string directory,
                                                  std::shared_ptr<rocksdb::FileSystem> fs);
  ~file_store();

  /// A new file under `incoming`. Any thread.
  result<std::unique_ptr<spool>> create();

  /// Syncs the file at `path` and puts it in place as `hash`; the path is gone afterwards, the marker
  /// stays. May be called again after a failure. Syncs: for the store's writer only.
  failure keep(const std::string& path, const digest& hash);
  /// Removes the marker, after the row that names (or no longer names) `hash` is durable.
  void settle(const digest& hash);
  /// Removes the content and its marker.
  void remove(const digest& hash);

  /// While it is held nobody removes contents: a copy of the store is being made. Any thread.
  [[nodiscard]] std::shared_ptr<void> hold();
  bool held() const { return holds_ > 0; }

  std::string path_of(const digest& hash) const;
  bool holds(const digest& hash) const;
  /// Every content in place. Walks the directories.
  std::vector<digest> contents() const;

  /// At start: removes everything in `incoming`, and each marked content that `named` does not know.
  /// Returns how many contents were removed.
  size_t sweep(const std::function<bool(const digest&)>& named);

private:
  file_store(std::string directory, std::shared_ptr<rocksdb::FileSystem> fs);
  failure sync_directory(const std::string& path);
  bool erase(const digest& hash);
  std::string marker_of(const digest& hash) const;

  std::atomic<int> holds_{0};
  std::string directory_;
  std::shared_ptr<rocksdb::FileSystem> fs_;
};

} // namespace troupe
