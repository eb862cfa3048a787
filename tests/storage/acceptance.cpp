/// Acceptance of batches: all of it or nothing, whenever it breaks off.
#include "tests/storage/store.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

namespace troupe::test {
namespace {

/// A batch begun and filled, not accepted.
batch_id fill(store& s, const std::vector<item_spec>& items, notebook_id n = home) {
  const auto id = s.writer().begin(n, job_type::url_parse, {});
  BOOST_REQUIRE(s.writer().add(id, items).code == errc::none);
  return id;
}

/// No item, upload id, item range or marker lies about.
void check_no_trace(const store& s) {
  BOOST_TEST(s.rows_in(table::items) == 0u);
  BOOST_TEST(s.rows_in(table::index) == 0u);
  s.check_sound();
}

std::vector<item_spec> named_specs() {
  return {spec("https://a.example/1", "one"), spec("https://a.example/2", "two")};
}

} // namespace

BOOST_AUTO_TEST_SUITE(acceptance)

BOOST_DATA_TEST_CASE(in_one_part, engines, kind) {
  store s(kind);
  const auto b = s.accept({spec("https://a.example/1", "one"), spec("https://a.example/2")});
  const auto stored = s.row(b.id);
  BOOST_TEST((stored.state == batch_state::open));
  BOOST_TEST((stored.counts == item_counts{.total = 2}));
  BOOST_TEST((stored.home == home));
  BOOST_TEST(s.reader().has_notebook(home));
  BOOST_TEST(!s.reader().has_notebook(notebook_id{8}));
  const auto one = s.row(item_key{b.id, 0});
  BOOST_TEST((one.state == item_state::pending));
  BOOST_TEST(one.url == "https://a.example/1");
  BOOST_TEST(one.upload_id == "one");
  BOOST_TEST((s.reader().open_batches().size() == 1));
  s.check_sound();
}

BOOST_DATA_TEST_CASE(in_many_parts, engines, kind) {
  store s(kind);
  const auto id = s.writer().begin(home, job_type::url_parse, {});
  for (int part = 0; part < 5; ++part)
    BOOST_REQUIRE(s.writer().add(id, specs(30)).code == errc::none);
  const auto row = s.writer().accept(id, {std::chrono::seconds{60}});
  s.flush();
  BOOST_TEST(row.counts.total == 150u);
  BOOST_TEST((s.row(id).options.max_age == std::chrono::seconds{60}));
  std::vector<item> also;
  const auto reading = s.reader().read_batch(id, 100, 1'000, {0, 149, 150}, also).value();
  BOOST_TEST(reading.items.size() == 50u);
  BOOST_TEST(reading.items.front().key.index == 100u);
  BOOST_TEST(also.size() == 2u);
  BOOST_TEST(also[1].url == "https://a.example/29");
  s.check_sound();
}

BOOST_DATA_TEST_CASE(identifiers_are_all_different, engines, kind) {
  store s(kind);
  std::unordered_set<uint64_t> seen;
  for (int n = 0; n < 3; ++n) {
    const auto b = s.accept(specs(20));
    BOOST_TEST(seen.insert(raw(b.id)).second);
    for (uint32_t i = 0; i < 20; ++i)
      BOOST_TEST(seen.insert(raw(s.row(item_key{b.id, i}).id)).second);
    s.reopen();
  }
}

BOOST_DATA_TEST_CASE(nothing_is_seen_before_it_is_durable, engines, kind) {
  store s(kind);
  const auto id = fill(s, named_specs());
  const auto unseen = [&] {
    std::vector<item> also;
    BOOST_TEST(!s.reader().find_batch(id).has_value());
    BOOST_TEST(!s.reader().read_batch(id, 0, 10, {}, also).has_value());
    BOOST_TEST(!s.reader().find_item(item_id{raw(id) + 1}).has_value());
    BOOST_TEST(!s.reader().find_upload(home, "one").has_value());
    BOOST_TEST(!s.reader().has_notebook(home));
    BOOST_TEST(s.reader().open_batches().empty());
    BOOST_TEST(s.reader().events({}, 10).empty());
    s.check_sound();
  };
  unseen();
  s.writer().accept(id, {});
  BOOST_TEST(s.writer().staged());
  unseen();
  s.flush();
  BOOST_TEST(!s.writer().staged());
  BOOST_TEST(s.reader().find_batch(id).has_value());
  BOOST_TEST(s.reader().find_upload(home, "one").has_value());
}

BOOST_DATA_TEST_CASE(abandoning_leaves_nothing, engines, kind) {
  store s(kind);
  const auto id = fill(s, named_specs());
  BOOST_REQUIRE(s.writer().add(id, specs(3)).code == errc::none);
  s.writer().abandon(id);
  check_no_trace(s);
  s.writer().abandon(id);
  BOOST_TEST((s.writer().add(id, specs(1)).code == errc::not_found));
  s.accept(named_specs());
  s.check_sound();
}

BOOST_DATA_TEST_CASE(abandoning_one_leaves_the_others, engines, kind) {
  store s(kind);
  const auto kept = fill(s, named_specs());
  const auto dropped = fill(s, {spec("https://a.example/3", "three")});
  const auto other = s.accept({spec("https://a.example/4", "four")});
  s.writer().abandon(dropped);
  s.writer().accept(kept, {});
  s.flush();
  BOOST_TEST(s.reader().find_upload(home, "one").has_value());
  BOOST_TEST(s.reader().find_upload(home, "four").has_value());
  BOOST_TEST(!s.reader().find_upload(home, "three").has_value());
  for (const auto b : {kept, other.id})
    BOOST_TEST(s.reader().find_item(s.row(item_key{b, 0}).id).has_value());
  s.check_sound();
}

BOOST_DATA_TEST_CASE(a_crash_on_the_way_is_swept, engines, kind) {
  store s(kind);
  const auto id = fill(s, named_specs());
  BOOST_REQUIRE(s.writer().add(id, specs(3)).code == errc::none);
  s.reopen();
  check_no_trace(s);
  fill(s, named_specs());
  s.writer().accept(fill(s, specs(2)), {});
  // Staged and not flushed counts for nothing.
  s.reopen();
  check_no_trace(s);
  s.accept(named_specs());
}

BOOST_DATA_TEST_CASE(a_sweep_leaves_what_was_accepted, engines, kind) {
  store s(kind);
  const auto b = s.accept(named_specs());
  fill(s, {spec("https://a.example/3", "three")});
  s.reopen();
  BOOST_TEST(s.reader().find_upload(home, "one").has_value());
  BOOST_TEST(!s.reader().find_upload(home, "three").has_value());
  BOOST_TEST(s.rows_in(table::items) == 2u);
  BOOST_TEST((s.row(b.id).counts == s.reader().recount(b.id)));
  s.check_sound();
}

BOOST_DATA_TEST_CASE(upload_ids_are_taken_once, engines, kind) {
  store s(kind);
  const auto refused = [&](batch_id id, const std::vector<item_spec>& items) {
    const auto f = s.writer().add(id, items);
    BOOST_TEST((f.code == errc::upload_id_taken));
    BOOST_TEST(f.message.find("\"one\"") != std::string::npos);
    s.writer().abandon(id);
  };
  const auto within = s.writer().begin(home, job_type::url_parse, {});
  refused(within, {spec("https://a.example/1", "one"), spec("https://a.example/2", "one")});
  check_no_trace(s);
  refused(fill(s, named_specs()), {spec("https://a.example/3", "one")});
  check_no_trace(s);
  s.accept(named_specs());
  refused(s.writer().begin(home, job_type::url_parse, {}), {spec("https://a.example/3", "one")});
  s.accept(named_specs(), notebook_id{8});
  BOOST_TEST(s.reader().find_upload(home, "one")->url == "https://a.example/1");
  s.check_sound();
}

BOOST_DATA_TEST_CASE(an_upload_id_of_a_batch_not_yet_accepted_is_taken, engines, kind) {
  store s(kind);
  const auto first = fill(s, named_specs());
  const auto second = s.writer().begin(home, job_type::url_parse, {});
  BOOST_TEST((s.writer().add(second, named_specs()).code == errc::upload_id_taken));
  s.writer().abandon(second);
  s.writer().accept(first, {});
  s.flush();
  BOOST_TEST((s.reader().find_upload(home, "two")->key == item_key{first, 1}));
  s.check_sound();
}

BOOST_DATA_TEST_CASE(items_refused_at_the_door_count_as_failed, engines, kind) {
  store s(kind);
  const auto b = s.accept({spec("https://a.example/1"), refused_spec("nonsense")});
  BOOST_TEST((s.row(b.id).counts == item_counts{.total = 2, .failed = 1}));
  const auto x = s.row(item_key{b.id, 1});
  BOOST_TEST((x.state == item_state::failed));
  BOOST_TEST((x.error.code == errc::invalid_url));
  BOOST_TEST(x.attempts == 0u);
  uint32_t first = 0;
  BOOST_TEST(s.reader().open_items(s.row(b.id), first, 10).size() == 1u);
  s.check_sound();
  BOOST_TEST((s.end(s.success_of({b.id, 0}, "text")).batch_now == batch_state::completed_with_errors));
}

BOOST_DATA_TEST_CASE(a_batch_of_refused_items_ends_at_once, engines, kind) {
  store s(kind);
  const auto id = fill(s, {refused_spec("a"), refused_spec("b")});
  const auto row = s.writer().accept(id, {});
  BOOST_TEST((row.state == batch_state::failed));
  const auto events = s.flush();
  BOOST_REQUIRE(events.size() == 2u);
  BOOST_TEST((events[0].kind == event_kind::batch_accepted));
  BOOST_TEST((events[1].kind == event_kind::batch_changed));
  BOOST_TEST((events[1].batch_now == batch_state::failed));
  BOOST_TEST((s.row(id).state == batch_state::failed));
  BOOST_TEST(s.reader().open_batches().empty());
  s.check_sound();
}

BOOST_DATA_TEST_CASE(items_are_found_by_number_across_parts_and_batches, engines, kind) {
  store s(kind);
  std::vector<item_key> all;
  for (int n = 0; n < 3; ++n) {
    const auto id = fill(s, specs(4));
    const auto between = fill(s, specs(2), notebook_id{9});
    BOOST_REQUIRE(s.writer().add(id, specs(3)).code == errc::none);
    s.writer().abandon(between);
    s.writer().accept(id, {});
    s.flush();
    for (uint32_t i = 0; i < 7; ++i)
      all.push_back({id, i});
  }
  for (const auto& k : all) {
    const auto id = s.row(k).id;
    BOOST_TEST((s.reader().find_item(id)->key == k));
    BOOST_TEST((s.reader().find_upload(home, upload_id(id))->key == k));
    BOOST_TEST(!s.reader().find_upload(notebook_id{9}, upload_id(id)).has_value());
  }
  BOOST_TEST(!s.reader().find_item(item_id{raw(all[0].batch)}).has_value());
  BOOST_TEST(!s.reader().find_item(item_id{max_id}).has_value());
  BOOST_TEST(!s.reader().find_upload(home, "u_0").has_value());
  BOOST_TEST(!s.reader().find_upload(home, "unknown").has_value());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace troupe::test
