#pragma once
/// A file system that loses what was not synced, as a machine does that loses its power.

#include <memory>
#include <string>

namespace rocksdb {
class FileSystem;
}

namespace troupe::test {

/// A file system over the machine's own, for everything below `directory`. It keeps a journal beside the
/// data (written at once, never lost) of what was synced: for each file its synced length, for each
/// directory the names that were made, renamed or removed since the directory was last synced. Opening it
/// again first drops everything that was not synced: files are cut to their synced length, names made since
/// the last sync of their directory vanish, renames and removals since then are undone.
std::shared_ptr<rocksdb::FileSystem> make_unsynced_file_system(const std::string& directory);

} // namespace troupe::test
