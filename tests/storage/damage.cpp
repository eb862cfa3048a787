/// Rows that cannot be read, and directories that belong to someone else.
#include "tests/storage/store.hpp"
#include "tests/storage/temp_directory.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>

namespace troupe::test {
namespace {

const std::string garbage("\xff\xff\xff\xff\x00 not a row", 15);

void overwrite(store& s, table t, const std::string& key, const std::string& value = garbage) {
  const auto set = s.db().new_write_set();
  set->put(t, key, value);
  BOOST_REQUIRE(s.db().write(*set, true).code == errc::none);
}

void spoil(store& s, item_key k) {
  overwrite(s, table::items, layout::key::item(k));
}

/// As the supervisor ends an item whose row cannot be read.
ending corrupt_ending(store& s, item_key k) {
  return {.key = k,
          .token = {s.writer().epoch(), s.row(k).attempts + 1},
          .to = item_state::failed,
          .error = fail(errc::corrupt_row),
          .unattempted = true};
}

std::vector<open_item> open_items(const store& s, batch_id b) {
  uint32_t first = 0;
  return s.reader().open_items(s.row(b), first, 100);
}

/// Overwrites the first block of each table file of a database.
void spoil_files(const std::string& directory) {
  unsigned spoilt = 0;
  for (const auto& e : std::filesystem::directory_iterator(directory)) {
    if (e.path().extension() != ".sst") continue;
    std::fstream file{e.path(), std::ios::in | std::ios::out | std::ios::binary};
    file.write(garbage.data(), static_cast<std::streamsize>(garbage.size()));
    ++spoilt;
  }
  BOOST_REQUIRE(spoilt > 0);
}

} // namespace

BOOST_AUTO_TEST_SUITE(damage)

BOOST_AUTO_TEST_CASE(a_block_that_cannot_be_read_is_not_an_absent_row) {
  const temp_directory dir;
  const auto open = [&] { return std::move(*open_rocksdb({.directory = dir.path() + "/db"})); };
  {
    const auto db = open();
    const auto set = db->new_write_set();
    set->put(table::items, "key", "value");
    BOOST_REQUIRE(db->write(*set, true).code == errc::none);
  }
  // Recovery writes the log's rows into files.
  open();
  spoil_files(dir.path() + "/db");
  const auto db = open();
  BOOST_CHECK_THROW(db->get(table::items, "key"), unreadable);
  BOOST_CHECK_THROW(db->snapshot()->get(table::items, "key"), unreadable);
  BOOST_CHECK_THROW(db->snapshot()->scan(table::items, "a", "z")->valid(), unreadable);
  BOOST_CHECK_THROW(db->snapshot()->last(table::items, "a", "z"), unreadable);
}

BOOST_DATA_TEST_CASE(an_item_that_cannot_be_read_is_open_as_corrupt, engines, kind) {
  store s(kind);
  const auto b = s.accept(specs(3));
  spoil(s, {b.id, 1});
  const auto open = open_items(s, b.id);
  BOOST_REQUIRE(open.size() == 3u);
  BOOST_TEST((open[0].row.error.code == errc::none));
  BOOST_TEST((open[1].row.error.code == errc::corrupt_row));
  BOOST_TEST((open[1].row.key == item_key{b.id, 1}));
  BOOST_TEST((s.row(b.id).counts == s.reader().recount(b.id)));
}

BOOST_DATA_TEST_CASE(ending_a_corrupt_item_sets_its_bytes_aside, engines, kind) {
  store s(kind);
  const auto b = s.accept(specs(2));
  const item_key k{b.id, 1};
  const auto id = s.row(k).id;
  spoil(s, k);
  s.reopen();
  BOOST_TEST(s.end(corrupt_ending(s, k)).applied);
  s.flush();
  BOOST_TEST((s.db().get(table::quarantine, layout::key::quarantined(table::items, layout::key::item(k))) ==
              garbage));
  const auto x = s.row(k);
  BOOST_TEST((x.state == item_state::failed));
  BOOST_TEST((x.error.code == errc::corrupt_row));
  BOOST_TEST((x.id == id));
  BOOST_TEST((s.row(b.id).counts == item_counts{.total = 2, .failed = 1}));
  BOOST_TEST(open_items(s, b.id).size() == 1u);
  BOOST_TEST(!s.end(corrupt_ending(s, k)).applied);
  BOOST_TEST((s.end(s.success_of({b.id, 0}, "text")).batch_now == batch_state::completed_with_errors));
  s.flush();
  s.check_sound();
}

BOOST_DATA_TEST_CASE(a_corrupt_item_that_was_final_is_counted_once, engines, kind) {
  store s(kind);
  const auto b = s.accept(specs(3));
  const item_key k{b.id, 0};
  s.end(s.ending_of(k, item_state::expired));
  s.flush();
  spoil(s, k);
  s.reopen();
  BOOST_TEST(s.end(corrupt_ending(s, k)).applied);
  s.flush();
  BOOST_TEST((s.row(b.id).counts == item_counts{.total = 3, .failed = 1}));
  BOOST_TEST((s.row(b.id).state == batch_state::open));
  s.check_sound();
}

BOOST_DATA_TEST_CASE(corrupt_items_are_cancelled_with_their_batch, engines, kind) {
  store s(kind);
  const auto b = s.accept(specs(3));
  spoil(s, {b.id, 1});
  BOOST_TEST(s.writer().cancel(b.id));
  BOOST_TEST(!s.writer().end_items(b.id, 0, 100, item_state::cancelled).has_value());
  s.flush();
  BOOST_TEST((s.row(b.id).state == batch_state::cancelled));
  BOOST_TEST((s.row(b.id).counts == item_counts{.total = 3, .cancelled = 3}));
  s.check_sound();
}

BOOST_DATA_TEST_CASE(a_corrupt_batch_does_not_hide_the_others, engines, kind) {
  store s(kind);
  std::vector<batch_id> all;
  for (int n = 0; n < 3; ++n)
    all.push_back(s.accept(specs(1)).id);
  overwrite(s, table::batches, layout::key::number(raw(all[1])));
  s.reopen();
  const auto open = s.reader().open_batches();
  BOOST_REQUIRE(open.size() == 2u);
  BOOST_TEST((open[0].id == all[0]));
  BOOST_TEST((open[1].id == all[2]));
  BOOST_TEST(!s.reader().find_batch(all[1]).has_value());
  ending e{.key = {all[1], 0}, .token = {s.writer().epoch(), 1}, .error = fail(errc::http_4xx)};
  BOOST_TEST(!s.end(e).applied);
  BOOST_TEST(s.end(s.success_of({all[2], 0}, "text")).applied);
  s.flush();
  const auto lines = s.reader().verify();
  BOOST_REQUIRE(lines.size() == 1u);
  BOOST_TEST(lines[0].find("batch " + std::to_string(raw(all[1]))) != std::string::npos);
}

BOOST_DATA_TEST_CASE(verify_notices, engines, kind) {
  store s(kind);
  const auto made = s.stored("text", "page");
  const auto b = s.accept(specs(2));
  s.check_sound();
  const auto noticed = [&](table t, const std::string& key, const std::optional<std::string>& value) {
    const auto before = s.db().get(t, key);
    const auto set = s.db().new_write_set();
    value ? set->put(t, key, *value) : set->erase(t, key);
    BOOST_REQUIRE(s.db().write(*set, false).code == errc::none);
    BOOST_TEST(!s.reader().verify().empty());
    before ? set->put(t, key, *before) : set->erase(t, key);
    BOOST_REQUIRE(s.db().write(*set, false).code == errc::none);
    s.check_sound();
  };
  const auto counted_wrong = [&] {
    auto row = s.row(b.id);
    ++row.counts.failed;
    return layout::encode(row);
  };
  const auto ended = [&] {
    auto row = s.row(item_key{b.id, 0});
    row.state = item_state::succeeded;
    return layout::encode(row);
  };
  noticed(table::batches, layout::key::number(raw(b.id)), counted_wrong());
  noticed(table::batches, layout::key::number(raw(b.id)), std::nullopt);
  noticed(table::index, layout::key::open_batch(b.id), std::nullopt);
  noticed(table::items, layout::key::item({b.id, 0}), ended());
  noticed(table::items, layout::key::item({b.id, 1}), std::nullopt);
  noticed(table::content, std::string(made.markdown.view()), std::nullopt);
  noticed(table::content, std::string(made.original.view()), std::nullopt);
  noticed(table::content, std::string(sha256("stray").view()), "stray");
  noticed(table::sources, layout::key::number(raw(made.id)), garbage);
  noticed(table::index, layout::key::content_use(made.markdown, made.id), std::nullopt);
}

BOOST_DATA_TEST_CASE(another_layout_is_refused, engines, kind) {
  store s(kind);
  s.close();
  const auto other = std::to_string(layout::schema_version - 1);
  overwrite(s, table::meta, std::string(layout::key::schema), other);
  const auto f = s.try_open();
  BOOST_TEST((f.code == errc::storage_error));
  BOOST_TEST(f.message.find("layout " + other) != std::string::npos);
  overwrite(s, table::meta, std::string(layout::key::schema), std::to_string(layout::schema_version));
  BOOST_TEST((s.try_open().code == errc::none));
}

BOOST_DATA_TEST_CASE(another_node_is_refused, engines, kind) {
  store s(kind);
  s.close();
  const auto f = s.try_open(5);
  BOOST_TEST((f.code == errc::storage_error));
  BOOST_TEST(f.message.find("node 0") != std::string::npos);
  BOOST_TEST(f.message.find("5") != std::string::npos);
  BOOST_TEST((s.try_open(0).code == errc::none));
  BOOST_TEST(s.writer().epoch() == 2u);
}

BOOST_DATA_TEST_CASE(counters_that_cannot_be_read_are_refused, engines, kind) {
  store s(kind);
  s.close();
  overwrite(s, table::meta, std::string(layout::key::next));
  BOOST_TEST((s.try_open().code == errc::storage_error));
}

BOOST_DATA_TEST_CASE(an_epoch_that_cannot_be_read_is_refused, engines, kind) {
  store s(kind);
  s.close();
  overwrite(s, table::meta, std::string(layout::key::epoch));
  BOOST_TEST((s.try_open().code == errc::storage_error));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace troupe::test
