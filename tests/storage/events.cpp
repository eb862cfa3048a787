/// The numbered trail of what happened.
#include "tests/storage/store.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

namespace troupe::test {
namespace {

void check_numbers(const std::vector<event>& events, uint64_t first) {
  for (size_t i = 0; i < events.size(); ++i)
    BOOST_TEST(raw(events[i].number) == first + i);
}

/// A batch whose only item fails twice: five events.
void run_batch(store& s) {
  const auto b = s.accept(specs(1));
  s.end(s.ending_of({b.id, 0}, item_state::retry_wait));
  s.flush();
  s.end(s.ending_of({b.id, 0}, item_state::failed));
  s.flush();
}

} // namespace

BOOST_AUTO_TEST_SUITE(events)

BOOST_DATA_TEST_CASE(what_each_event_tells, engines, kind) {
  store s(kind);
  run_batch(s);
  const auto all = s.reader().events({}, 100);
  using enum event_kind;
  const event_kind kinds[] = {batch_accepted, attempt_failed, item_finished, batch_changed};
  BOOST_REQUIRE(all.size() == std::size(kinds));
  for (size_t i = 0; i < all.size(); ++i) {
    BOOST_TEST((all[i].kind == kinds[i]));
    BOOST_TEST((all[i].home == home));
    BOOST_TEST((all[i].batch == all[0].batch));
  }
  BOOST_TEST((all[1].item_now == item_state::retry_wait));
  BOOST_TEST((all[1].code == errc::http_5xx));
  BOOST_TEST((all[2].item == s.row(item_key{all[0].batch, 0}).id));
  BOOST_TEST((all[2].counts == item_counts{.total = 1, .failed = 1}));
  BOOST_TEST((all[3].batch_now == batch_state::failed));
}

BOOST_DATA_TEST_CASE(numbers_rise_without_gaps_across_reopening, engines, kind) {
  store s(kind);
  for (int n = 0; n < 4; ++n) {
    run_batch(s);
    s.reopen();
  }
  const auto all = s.reader().events({}, 100);
  BOOST_TEST(all.size() == 16u);
  check_numbers(all, 1);
  BOOST_TEST(raw(s.reader().events(event_number{7}, 100).front().number) == 8u);
  BOOST_TEST(s.reader().events(event_number{7}, 3).size() == 3u);
  BOOST_TEST(s.reader().events(event_number{16}, 100).empty());
}

BOOST_DATA_TEST_CASE(a_flush_hands_over_what_it_stored, engines, kind) {
  store s(kind);
  const auto id = s.writer().begin(home, job_type::url_parse, {});
  BOOST_REQUIRE(s.writer().add(id, specs(2)).code == errc::none);
  s.writer().accept(id, {});
  const auto first = s.flush();
  BOOST_TEST(s.flush().empty());
  s.end(s.ending_of({id, 0}, item_state::failed));
  s.end(s.ending_of({id, 1}, item_state::failed));
  const auto second = s.flush();
  BOOST_TEST(first.size() == 1u);
  BOOST_TEST(second.size() == 3u);
  check_numbers(first, 1);
  check_numbers(second, 2);
  BOOST_TEST(s.reader().events({}, 100).size() == 4u);
}

BOOST_DATA_TEST_CASE(removing_a_source_holds_no_events_back, engines, kind) {
  store s(kind);
  const auto made = s.stored("text");
  const auto b = s.accept(specs(1));
  s.end(s.ending_of({b.id, 0}, item_state::failed));
  // The removal commits what was staged; the flush behind it has nothing left to write.
  BOOST_TEST(s.writer().remove(home, made.id, true).value());
  BOOST_TEST(s.flush().size() == 2u);
}

BOOST_DATA_TEST_CASE(each_start_has_its_own_epoch, engines, kind) {
  store s(kind);
  for (uint32_t n = 1; n < 5; ++n) {
    BOOST_TEST(s.writer().epoch() == n);
    s.reopen();
  }
}

BOOST_DATA_TEST_CASE(old_events_are_trimmed, engines, kind) {
  store s(kind);
  for (int n = 0; n < 5; ++n)
    run_batch(s);
  BOOST_TEST(s.writer().trim_events(now() - std::chrono::hours{1}, 100) == 0u);
  const auto later = now() + std::chrono::hours{1};
  BOOST_TEST(s.writer().trim_events(later, 6) == 6u);
  auto left = s.reader().events({}, 100);
  BOOST_TEST(left.size() == 14u);
  check_numbers(left, 7);
  BOOST_TEST(raw(s.reader().oldest_event()) == 7u);
  BOOST_TEST(s.writer().trim_events(later, 100) == 14u);
  // Who asks for those behind an earlier one has to learn that they are gone.
  BOOST_TEST(raw(s.reader().oldest_event()) == 21u);
  BOOST_TEST(raw(s.reader().newest_event()) == 20u);
  BOOST_TEST(s.writer().trim_events(later, 100) == 0u);
  s.reopen();
  run_batch(s);
  left = s.reader().events({}, 100);
  BOOST_TEST(left.size() == 4u);
  check_numbers(left, 21);
}

BOOST_DATA_TEST_CASE(trimming_stops_at_the_first_that_is_young, engines, kind) {
  store s(kind);
  run_batch(s);
  auto old = s.reader().events({}, 2);
  const auto set = s.db().new_write_set();
  for (auto& e : old) {
    e.at = timestamp{milliseconds{1'000}};
    set->put(table::events, layout::key::number(raw(e.number)), layout::encode(e));
  }
  BOOST_REQUIRE(s.db().write(*set, true).code == errc::none);
  BOOST_TEST(s.writer().trim_events(timestamp{milliseconds{2'000}}, 100) == 2u);
  check_numbers(s.reader().events({}, 100), 3);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace troupe::test
