/// What every engine has to do, asked of the one in memory and the one on disk at once.
#include "tests/storage/meta_engine.hpp"
#include "tests/storage/temp_directory.hpp"

#include <boost/test/unit_test.hpp>

#include <deque>
#include <random>

namespace troupe::test {
namespace {

struct both_engines {
  temp_directory temp;
  std::unique_ptr<engine> db = open();

  std::unique_ptr<engine> open() const {
    auto disk = open_rocksdb({temp.path() + "/db", 256 << 10, 1 << 20, nullptr});
    return std::make_unique<meta_engine>(make_memory_engine(), std::move(disk.value()));
  }
  void write(const std::function<void(write_set&)>& fill) {
    const auto set = db->new_write_set();
    fill(*set);
    BOOST_REQUIRE(db->write(*set, false).code == errc::none);
    BOOST_TEST(set->empty());
  }
  void put(table t, std::string_view key, std::string_view value) {
    write([&](write_set& s) { s.put(t, key, value); });
  }
  std::vector<row> all(table t) const { return rows(*db->snapshot(), t, {}, std::string(20, '\xff')); }
};

using expected = std::vector<row>;

} // namespace

BOOST_FIXTURE_TEST_SUITE(engine_conformance, both_engines)

BOOST_AUTO_TEST_CASE(a_new_store_is_empty) {
  for (int t = 0; t < static_cast<int>(table::count_); ++t)
    BOOST_TEST(all(static_cast<table>(t)).empty());
  BOOST_TEST(!db->get(table::meta, "k").has_value());
}

BOOST_AUTO_TEST_CASE(put_get_and_erase) {
  put(table::items, "k", "v");
  BOOST_TEST(db->get(table::items, "k").value() == "v");
  put(table::items, "k", "w");
  BOOST_TEST(db->get(table::items, "k").value() == "w");
  write([](write_set& s) { s.erase(table::items, "k"); });
  BOOST_TEST(!db->get(table::items, "k").has_value());
  write([](write_set& s) { s.erase(table::items, "never there"); });
}

BOOST_AUTO_TEST_CASE(tables_are_apart) {
  put(table::items, "k", "item");
  put(table::batches, "k", "batch");
  BOOST_TEST(db->get(table::items, "k").value() == "item");
  BOOST_TEST(db->get(table::batches, "k").value() == "batch");
  BOOST_TEST(!db->get(table::events, "k").has_value());
}

BOOST_AUTO_TEST_CASE(any_bytes_are_keys_and_values) {
  const std::string zeros("\0a\0", 3);
  const std::string high("\xff\x80\x00\x7f", 4);
  put(table::index, zeros, high);
  put(table::index, high, zeros);
  put(table::index, "empty", "");
  BOOST_TEST((all(table::index) == expected{{zeros, high}, {"empty", ""}, {high, zeros}}));
}

BOOST_AUTO_TEST_CASE(large_values_of_every_table) {
  const std::string big(200'000, 'b');
  for (const auto t : {table::content, table::items}) {
    put(t, "big", big);
    BOOST_TEST((db->get(t, "big") == big));
  }
}

BOOST_AUTO_TEST_CASE(changes_of_a_set_apply_in_order) {
  for (const auto t : {table::items, table::index}) {
    put(t, "a", "old");
    write([t](write_set& s) {
      BOOST_TEST(s.empty());
      s.put(t, "a", "1");
      s.erase(t, "a");
      s.put(t, "b", "1");
      s.put(t, "b", "2");
      s.put(t, "c", "1");
      s.erase_range(t, "c", "d");
      s.erase_range(t, "d", "e");
      s.put(t, "d", "1");
      BOOST_TEST(!s.empty());
    });
    BOOST_TEST((all(t) == expected{{"b", "2"}, {"d", "1"}}));
  }
}

BOOST_AUTO_TEST_CASE(ranges_hold_their_start_and_not_their_end) {
  for (const auto* k : {"a", "b", "ba", "c", "d"})
    put(table::items, k, k);
  const auto at = db->snapshot();
  BOOST_TEST((rows(*at, table::items, "b", "d") == expected{{"b", "b"}, {"ba", "ba"}, {"c", "c"}}));
  BOOST_TEST((rows(*at, table::items, "bb", "cc") == expected{{"c", "c"}}));
  BOOST_TEST(rows(*at, table::items, "b", "b").empty());
  BOOST_TEST(rows(*at, table::items, "d", "b").empty());
  BOOST_TEST(rows(*at, table::items, "x", "z").empty());
  write([](write_set& s) { s.erase_range(table::items, "b", "d"); });
  BOOST_TEST((all(table::items) == expected{{"a", "a"}, {"d", "d"}}));
}

BOOST_AUTO_TEST_CASE(an_empty_range_erases_nothing) {
  put(table::items, "a", "1");
  write([](write_set& s) { s.erase_range(table::items, "a", "a"); });
  BOOST_TEST(db->get(table::items, "a").has_value());
}

BOOST_AUTO_TEST_CASE(a_range_that_ends_before_it_starts_erases_nothing) {
  put(table::items, "a", "1");
  write([](write_set& s) { s.erase_range(table::items, "b", "a"); });
  BOOST_TEST(db->get(table::items, "a").has_value());
  put(table::items, "b", "2");
  BOOST_TEST(all(table::items).size() == 2u);
}

BOOST_AUTO_TEST_CASE(the_last_row_of_a_range) {
  for (const auto* k : {"a", "c", "e"})
    put(table::items, k, k);
  const auto at = db->snapshot();
  BOOST_TEST(at->last(table::items, "a", "z")->first == "e");
  BOOST_TEST(at->last(table::items, "a", "e")->first == "c");
  BOOST_TEST(at->last(table::items, "", "b")->first == "a");
  BOOST_TEST(!at->last(table::items, "f", "z").has_value());
  BOOST_TEST(!at->last(table::items, "b", "c").has_value());
  BOOST_TEST(!at->last(table::items, "c", "c").has_value());
  BOOST_TEST(!at->last(table::items, "", "").has_value());
  BOOST_TEST(!at->last(table::events, "", "z").has_value());
}

BOOST_AUTO_TEST_CASE(a_view_stands_still) {
  put(table::items, "a", "1");
  put(table::items, "b", "1");
  const auto before = db->snapshot();
  put(table::items, "a", "2");
  put(table::items, "c", "2");
  const auto between = db->snapshot();
  write([](write_set& s) { s.erase_range(table::items, "a", "z"); });
  BOOST_TEST((rows(*before, table::items, {}, "z") == expected{{"a", "1"}, {"b", "1"}}));
  BOOST_TEST((rows(*between, table::items, {}, "z") == expected{{"a", "2"}, {"b", "1"}, {"c", "2"}}));
  BOOST_TEST(before->last(table::items, "a", "z")->first == "b");
  BOOST_TEST(before->get(table::items, "a").value() == "1");
  BOOST_TEST(all(table::items).empty());
}

BOOST_AUTO_TEST_CASE(a_cursor_does_not_see_writes_made_under_it) {
  for (char k = 'a'; k < 'k'; ++k)
    put(table::items, std::string(1, k), "1");
  const auto at = db->snapshot();
  std::string seen;
  for (auto i = at->scan(table::items, {}, "z"); i->valid(); i->next()) {
    seen += i->key();
    write([&](write_set& s) {
      s.erase_range(table::items, "a", "z");
      s.put(table::items, seen + "x", "2");
    });
  }
  BOOST_TEST(seen == "abcdefghij");
}

BOOST_AUTO_TEST_CASE(an_unwritten_set_changes_nothing) {
  db->new_write_set()->put(table::items, "a", "1");
  BOOST_TEST(!db->get(table::items, "a").has_value());
  write([](write_set&) {});
}

BOOST_AUTO_TEST_CASE(random_operations) {
  constexpr unsigned seed = 20'240'611;
  BOOST_TEST_MESSAGE("seed " << seed);
  std::mt19937 random(seed);
  const auto below = [&](unsigned n) { return static_cast<unsigned>(random() % n); };
  const auto key = [&] {
    return std::string(1 + below(2), 'a') + std::string(1, static_cast<char>('a' + below(26)));
  };
  const auto any = [&] { return static_cast<table>(below(static_cast<unsigned>(table::count_))); };
  std::deque<std::unique_ptr<view>> views;
  const auto change = [&](write_set& s) {
    auto from = key();
    auto to = key();
    if (to < from) std::swap(from, to);
    switch (below(8)) {
    case 0: s.erase_range(any(), from, to); break;
    case 1:
    case 2: s.erase(any(), from); break;
    default:
      s.put(any(), from,
            std::string(below(10) ? below(40) : below(20'000), static_cast<char>('0' + below(10))));
    }
  };
  for (int n = 0; n < 6'000; ++n) {
    write([&](write_set& s) {
      for (auto i = below(6); i > 0; --i)
        change(s);
    });
    if (below(10) == 0) views.push_back(db->snapshot());
    if (views.size() > 5) views.erase(views.begin() + below(5));
    (void)db->get(any(), key());
    const auto at = views.empty() || below(2) ? db->snapshot() : nullptr;
    const auto& looked = at ? *at : *views[below(static_cast<unsigned>(views.size()))];
    const auto t = any();
    (void)looked.get(t, key());
    (void)looked.last(t, key(), key());
    if (below(5) == 0) (void)rows(looked, t, key(), key());
  }
  for (int t = 0; t < static_cast<int>(table::count_); ++t) {
    (void)all(static_cast<table>(t));
    for (const auto& v : views)
      (void)rows(*v, static_cast<table>(t), {}, "zzz");
  }
}

BOOST_AUTO_TEST_CASE(a_disagreement_is_noticed) {
  auto one = make_memory_engine();
  const auto set = one->new_write_set();
  set->put(table::items, "a", "1");
  (void)one->write(*set, false);
  const meta_engine unequal(std::move(one), make_memory_engine());
  BOOST_CHECK_THROW(unequal.get(table::items, "a"), std::logic_error);
  BOOST_CHECK_THROW(rows(*unequal.snapshot(), table::items, {}, "z"), std::logic_error);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(engine_on_disk)

BOOST_AUTO_TEST_CASE(rows_outlive_the_engine) {
  const temp_directory temp;
  for (int n = 0; n < 3; ++n) {
    const auto db = open_rocksdb({temp.path() + "/db"}).value();
    const auto at = db->snapshot();
    BOOST_TEST(rows(*at, table::items, {}, "z").size() == static_cast<size_t>(n));
    const auto set = db->new_write_set();
    set->put(table::items, std::to_string(n), "v");
    BOOST_REQUIRE(db->write(*set, true).code == errc::none);
  }
}

BOOST_AUTO_TEST_CASE(one_directory_has_one_engine) {
  const temp_directory temp;
  const auto first = open_rocksdb({temp.path() + "/db"});
  BOOST_REQUIRE(first.has_value());
  const auto second = open_rocksdb({temp.path() + "/db"});
  BOOST_REQUIRE(second.has_error());
  BOOST_TEST((second.error().code == errc::storage_error));
  BOOST_TEST(!second.error().message.empty());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace troupe::test
