/// The store over a file system that loses what was not synced: what a flush made durable, and nothing else.
#include "tests/storage/store.hpp"
#include "tests/support/unsynced_fs.hpp"

#include <boost/test/unit_test.hpp>

#include <fstream>

namespace troupe::test {
namespace {

struct losing_store : store {
  losing_store()
      : store(engine_kind::rocksdb, true) {}
  void lose() { reopen(); }
};

const std::string large(5'000, 'l');
const std::string larger(9'000, 'L');

std::string read(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void put(engine& db, const std::string& key, bool sync) {
  const auto set = db.new_write_set();
  set->put(table::items, key, "v");
  BOOST_REQUIRE(db.write(*set, sync).code == errc::none);
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(durability, losing_store)

BOOST_AUTO_TEST_CASE(a_batch_accepted_in_parts_stays_whole) {
  const auto id = writer().begin(home, job_type::url_parse, {});
  for (int part = 0; part < 20; ++part)
    BOOST_REQUIRE(writer().add(id, specs(100)).code == errc::none);
  writer().accept(id, {});
  flush();
  lose();
  BOOST_TEST((row(id).counts == item_counts{.total = 2'000}));
  BOOST_TEST((reader().recount(id) == row(id).counts));
  check_sound();
}

BOOST_AUTO_TEST_CASE(parts_without_acceptance_go) {
  const auto id = writer().begin(home, job_type::url_parse, {});
  BOOST_REQUIRE(writer().add(id, specs(100)).code == errc::none);
  writer().accept(id, {});
  lose();
  BOOST_TEST(rows_in(table::items) == 0u);
  BOOST_TEST(rows_in(table::index) == 0u);
}

BOOST_AUTO_TEST_CASE(an_abandoned_batch_that_comes_back_is_swept) {
  const auto id = writer().begin(home, job_type::url_parse, {});
  BOOST_REQUIRE(writer().add(id, {{spec("https://a.example/", "mine")}}).code == errc::none);
  accept(specs(1));
  writer().abandon(id);
  lose();
  BOOST_TEST(!reader().find_upload(home, "mine").has_value());
  BOOST_TEST(rows_in(table::items) == 1u);
  check_sound();
}

BOOST_AUTO_TEST_CASE(what_was_flushed_stays_and_what_was_staged_goes) {
  const auto b = accept(specs(2));
  end(success_of({b.id, 0}, "text", "page"));
  flush();
  end(success_of({b.id, 1}, "another text"));
  lose();
  BOOST_TEST((row(item_key{b.id, 0}).state == item_state::succeeded));
  BOOST_TEST((row(item_key{b.id, 1}).state == item_state::pending));
  check_sound();
}

BOOST_AUTO_TEST_CASE(numbers_given_out_before_a_loss_do_not_return_as_others) {
  const auto b = accept(specs(1));
  const auto events_before = reader().events({}, 100);
  lose();
  const auto next = accept(specs(1));
  BOOST_TEST((raw(next.id) > raw(row(item_key{b.id, 0}).id)));
  BOOST_TEST(raw(reader().events({}, 100).back().number) == raw(events_before.back().number) + 1);
}

BOOST_AUTO_TEST_CASE(a_large_original_stays_with_its_row) {
  const auto made = stored("text", large);
  lose();
  BOOST_TEST(read(reader().content(made.original, made.original_size)->path) == large);
  check_sound();
}

BOOST_AUTO_TEST_CASE(a_large_original_without_its_row_goes) {
  const auto b = accept(specs(1));
  end(success_with_file({b.id, 0}, "text", large));
  lose();
  BOOST_TEST(files().contents().empty());
  check_sound();
}

BOOST_AUTO_TEST_CASE(a_swept_original_does_not_come_back) {
  const auto b = accept(specs(1));
  end(success_with_file({b.id, 0}, "text", large));
  lose();
  // Syncs the directory of the markers, and with it the removal of the first one's marker.
  stored("another text", larger);
  lose();
  BOOST_TEST((files().contents() == std::vector{sha256(larger)}));
  check_sound();
}

BOOST_AUTO_TEST_CASE(a_removed_original_does_not_come_back) {
  const auto made = stored("text", large);
  BOOST_TEST(writer().remove(home, made.id, true).value());
  stored("another text", larger);
  lose();
  BOOST_TEST(!reader().find_source(made.id).has_value());
  BOOST_TEST((files().contents() == std::vector{sha256(larger)}));
  check_sound();
}

BOOST_AUTO_TEST_CASE(a_removal_is_durable_when_it_returns) {
  const auto made = stored("text", large);
  BOOST_TEST(writer().remove(home, made.id, true).value());
  lose();
  BOOST_TEST(!reader().find_source(made.id).has_value());
  BOOST_TEST(files().contents().empty());
  check_sound();
}

BOOST_AUTO_TEST_CASE(losing_twice_is_losing_once) {
  const auto b = accept(specs(3));
  end(success_of({b.id, 0}, "text"));
  flush();
  for (int n = 0; n < 3; ++n) {
    lose();
    BOOST_TEST((row(b.id).counts == item_counts{.total = 3, .succeeded = 1}));
  }
  check_sound();
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(durability_of_directories)

BOOST_AUTO_TEST_CASE(a_new_database_stays) {
  const temp_directory temp;
  const auto root = temp.sub("disk");
  for (const bool there : {false, true}) {
    const auto db = open_rocksdb({root + "/db", 1 << 20, 1 << 20, make_unsynced_file_system(root)}).value();
    BOOST_TEST(db->get(table::items, "k").has_value() == there);
    put(*db, "k", true);
    put(*db, "unsynced", false);
    BOOST_TEST(db->get(table::items, "unsynced").has_value());
  }
  const auto db = open_rocksdb({root + "/db", 1 << 20, 1 << 20, make_unsynced_file_system(root)}).value();
  BOOST_TEST(!db->get(table::items, "unsynced").has_value());
}

BOOST_AUTO_TEST_CASE(a_new_file_store_stays) {
  const temp_directory temp;
  const auto root = temp.sub("disk");
  const auto hash = sha256(large);
  {
    const auto files = file_store::open(root + "/files", make_unsynced_file_system(root)).value();
    const auto spool = files->create().value();
    BOOST_REQUIRE(spool->append(large).code == errc::none);
    const auto closed = spool->close().value();
    BOOST_TEST((files->keep(closed.path, hash).code == errc::none));
  }
  const auto files = file_store::open(root + "/files", make_unsynced_file_system(root)).value();
  BOOST_TEST(files->holds(hash));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace troupe::test
