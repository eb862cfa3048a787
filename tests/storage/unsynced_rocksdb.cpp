/// A database over the file system that loses what was not synced: after a process that just vanishes it
/// has the rows that were synced, and no other.
#include "tests/storage/child.hpp"
#include "tests/storage/temp_directory.hpp"
#include "tests/support/unsynced_fs.hpp"

#include <boost/test/unit_test.hpp>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <set>

namespace troupe::test {
namespace {

constexpr int stretch = 200;

class database {
public:
  database(const std::string& root, bool losing) {
    if (losing) env_ = rocksdb::NewCompositeEnv(make_unsynced_file_system(root));
    rocksdb::Options o;
    o.create_if_missing = true;
    if (env_) o.env = env_.get();
    rocksdb::DB* db = nullptr;
    const auto status = rocksdb::DB::Open(o, root + "/db", &db);
    if (!status.ok()) throw std::runtime_error(status.ToString());
    db_.reset(db);
  }
  /// Writes the next `stretch` rows.
  void write(bool sync) {
    rocksdb::WriteOptions o;
    o.sync = sync;
    for (int i = 0; i < stretch; ++i, ++next_)
      check(db_->Put(o, std::to_string(next_), std::string(100, 'x')));
  }
  void flush() { check(db_->Flush({})); }
  void compact() { check(db_->CompactRange({}, nullptr, nullptr)); }

  std::set<int> rows() const {
    std::set<int> out;
    const std::unique_ptr<rocksdb::Iterator> i{db_->NewIterator({})};
    for (i->SeekToFirst(); i->Valid(); i->Next())
      out.insert(std::stoi(i->key().ToString()));
    return out;
  }

private:
  static void check(const rocksdb::Status& s) {
    if (!s.ok()) throw std::runtime_error(s.ToString());
  }
  std::unique_ptr<rocksdb::Env> env_;
  std::unique_ptr<rocksdb::DB> db_;
  int next_ = 0;
};

/// s: rows synced, u: rows unsynced, f: flush, c: compaction.
void follow(database& db, const std::string& plan) {
  for (const char step : plan) {
    if (step == 's' || step == 'u')
      db.write(step == 's');
    else if (step == 'f')
      db.flush();
    else
      db.compact();
  }
}

std::set<int> first(int stretches) {
  std::set<int> out;
  for (int i = 0; i < stretches * stretch; ++i)
    out.insert(i);
  return out;
}

/// The rows that are there after a process followed the plan and vanished.
std::set<int> rows_after(const std::string& plan, bool losing) {
  const temp_directory temp;
  const auto root = temp.sub("disk");
  temp.sub("disk/db");
  const std::string mode = losing ? "losing" : "";
  BOOST_REQUIRE(child("children/follow_plan", {root, plan, mode}).wait() == 0);
  return database(root, losing).rows();
}

} // namespace

BOOST_AUTO_TEST_SUITE(children)

BOOST_AUTO_TEST_CASE(follow_plan, *boost::unit_test::disabled()) {
  database db(child::argument(0), child::argument(2) == "losing");
  follow(db, child::argument(1));
  child::vanish();
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(unsynced_rocksdb)

BOOST_AUTO_TEST_CASE(synced_rows_stay_and_unsynced_rows_go) {
  BOOST_TEST((rows_after("s", true) == first(1)));
  BOOST_TEST((rows_after("su", true) == first(1)));
  BOOST_TEST((rows_after("u", true).empty()));
}

BOOST_AUTO_TEST_CASE(a_sync_covers_what_was_written_before) {
  BOOST_TEST((rows_after("usu", true) == first(2)));
}

BOOST_AUTO_TEST_CASE(across_flushes) {
  BOOST_TEST((rows_after("uf", true) == first(1)));
  BOOST_TEST((rows_after("ufsu", true) == first(2)));
  BOOST_TEST((rows_after("sfufsfu", true) == first(3)));
}

BOOST_AUTO_TEST_CASE(across_compactions) {
  BOOST_TEST((rows_after("sfufcu", true) == first(2)));
  BOOST_TEST((rows_after("ufufufcsu", true) == first(4)));
  BOOST_TEST((rows_after("ufcufcufcu", true) == first(3)));
}

BOOST_AUTO_TEST_CASE(the_machine_s_own_file_system_loses_nothing) {
  // What the cases above see as lost does outlive the process: it is the file system that takes it.
  BOOST_TEST((rows_after("su", false) == first(2)));
  BOOST_TEST((rows_after("sfufcu", false) == first(3)));
}

BOOST_AUTO_TEST_CASE(a_second_loss_takes_what_the_second_process_left) {
  const temp_directory temp;
  const auto root = temp.sub("disk");
  temp.sub("disk/db");
  for (int i = 0; i < 3; ++i)
    BOOST_REQUIRE(child("children/follow_plan", {root, "sfu", "losing"}).wait() == 0);
  BOOST_TEST((database(root, true).rows() == first(1)));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace troupe::test
