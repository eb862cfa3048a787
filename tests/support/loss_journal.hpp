#pragma once
/// What a file system that loses unsynced things knows, in a journal that outlives its process.
///
/// One line per fact, in the order of the facts, fields parted by tabs:
///
///   +  path         a name was made
///   -  path  lost   a name was removed; `lost` is a hard link to what it named
///   m  path         a directory was made
///   x  path         a directory was removed
///   f  path         a directory was synced: the changes of names in it are durable
///   s  inode size   so many bytes of a file are durable

#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace troupe::test {

struct name_change {
  char kind = '+';
  std::string path;
  std::string lost;
};

/// What follows from a journal: the changes that a loss takes back, and how far each file is kept.
struct loss_state {
  std::vector<name_change> pending;
  std::unordered_map<uint64_t, uint64_t> synced;

  void apply(std::string_view line);
};

/// Any thread.
class loss_journal {
public:
  /// Drops what the journal of the last run knows as not synced, then begins an empty one.
  explicit loss_journal(const std::string& directory);
  ~loss_journal();
  loss_journal(const loss_journal&) = delete;
  loss_journal& operator=(const loss_journal&) = delete;

  /// The path in the form the journal uses; empty when it does not lie below the directory.
  std::string inside(const std::string& path) const;
  /// Writes down the changes (of '-' without `lost`), then makes them. A change that then fails to be made
  /// needs no record of its failure: taking it back does nothing.
  void change(std::vector<name_change> changes, const std::function<void()>& make);
  void directory_synced(const std::string& path);
  /// A file begins empty: all of it can be lost.
  void file_made(uint64_t inode);
  /// A file is opened again: what it held before anything was known of it is durable.
  void file_found(uint64_t inode, uint64_t size);
  void file_synced(uint64_t inode, uint64_t size);
  void file_cut(uint64_t inode, uint64_t size);

private:
  void lose();
  void begin();
  void note(const std::string& line);
  void note_size(uint64_t inode, uint64_t size);
  void drop_lost(const std::string& path);

  std::string directory_;
  std::string lost_;
  std::mutex mutex_;
  loss_state state_;
  uint64_t serial_ = 0;
  int file_ = -1;
};

} // namespace troupe::test
