#include "tests/support/unsynced_fs.hpp"

#include <rocksdb/file_system.h>

namespace troupe::test {

std::shared_ptr<rocksdb::FileSystem> make_unsynced_file_system(const std::string&) { return rocksdb::FileSystem::Default(); }

} // namespace troupe::test
