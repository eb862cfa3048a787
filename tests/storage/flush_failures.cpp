/// A write that fails: nothing of what was staged happened, and all of it can be staged again.
#include "tests/storage/store.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

namespace troupe::test {
namespace {

void fail_flush(store& s, errc code = errc::storage_full) {
  s.db().fail_next(code);
  std::vector<event> events;
  BOOST_TEST((s.writer().flush(events).code == code));
  BOOST_TEST(events.empty());
  BOOST_TEST(!s.writer().staged());
}

} // namespace

BOOST_AUTO_TEST_SUITE(flush_failures)

BOOST_DATA_TEST_CASE(nothing_staged_remains, engines, kind) {
  store s(kind);
  const auto b = s.accept(specs(2));
  s.end(s.success_of({b.id, 0}, "text"));
  s.end(s.ending_of({b.id, 1}, item_state::failed));
  fail_flush(s);
  BOOST_TEST((s.row(item_key{b.id, 0}).state == item_state::pending));
  BOOST_TEST((s.row(b.id).counts == item_counts{.total = 2}));
  BOOST_TEST(s.rows_in(table::sources) == 0u);
  BOOST_TEST(s.flush().empty());
  s.check_sound();
}

BOOST_DATA_TEST_CASE(the_same_endings_can_be_staged_again, engines, kind) {
  store s(kind);
  const auto b = s.accept(specs(3));
  const ending all[] = {s.success_of({b.id, 0}, "text"), s.success_of({b.id, 1}, "text"),
                        s.ending_of({b.id, 2}, item_state::retry_wait)};
  for (const auto code : {errc::storage_full, errc::storage_error}) {
    for (const auto& e : all)
      BOOST_TEST(s.end(e).applied);
    fail_flush(s, code);
  }
  for (const auto& e : all)
    BOOST_TEST(s.end(e).applied);
  s.flush();
  BOOST_TEST((s.row(b.id).counts == item_counts{.total = 3, .succeeded = 2}));
  BOOST_TEST(s.row(item_key{b.id, 1}).duplicate);
  BOOST_TEST(s.row(item_key{b.id, 2}).attempts == 1u);
  s.check_sound();
}

BOOST_DATA_TEST_CASE(numbers_are_not_used_again, engines, kind) {
  store s(kind);
  const auto b = s.accept(specs(1));
  const auto lost = s.end(s.success_of({b.id, 0}, "text")).row.source;
  fail_flush(s);
  const auto kept = s.end(s.success_of({b.id, 0}, "text")).row.source;
  BOOST_TEST((lost != kept));
  const auto events = s.flush();
  const auto next = s.accept(specs(1));
  BOOST_TEST((raw(next.id) > raw(kept)));
  auto before = events.front().number;
  for (const auto& e : s.reader().events(before, 100)) {
    BOOST_TEST(raw(e.number) > raw(before));
    before = e.number;
  }
}

BOOST_DATA_TEST_CASE(a_cancel_can_be_asked_for_again, engines, kind) {
  store s(kind);
  const auto b = s.accept(specs(1));
  BOOST_TEST(s.writer().cancel(b.id));
  fail_flush(s);
  BOOST_TEST((s.row(b.id).state == batch_state::open));
  BOOST_TEST(s.writer().cancel(b.id));
  s.flush();
  BOOST_TEST((s.row(b.id).state == batch_state::cancelling));
}

BOOST_DATA_TEST_CASE(a_batch_whose_acceptance_failed_can_be_abandoned, engines, kind) {
  store s(kind);
  const auto id = s.writer().begin(home, job_type::url_parse, {});
  BOOST_REQUIRE(s.writer().add(id, {{spec("https://a.example/", "mine")}}).code == errc::none);
  s.writer().accept(id, {});
  fail_flush(s);
  BOOST_TEST(!s.reader().find_batch(id).has_value());
  s.writer().abandon(id);
  BOOST_TEST(s.rows_in(table::items) == 0u);
  BOOST_TEST(s.rows_in(table::index) == 0u);
  // The client comes again with the same.
  const auto again = s.writer().begin(home, job_type::url_parse, {});
  BOOST_TEST((s.writer().add(again, {{spec("https://a.example/", "mine")}}).code == errc::none));
}

BOOST_DATA_TEST_CASE(an_acceptance_that_failed_is_swept_at_start, engines, kind) {
  store s(kind);
  const auto id = s.writer().begin(home, job_type::url_parse, {});
  BOOST_REQUIRE(s.writer().add(id, {{spec("https://a.example/", "mine")}}).code == errc::none);
  s.writer().accept(id, {});
  fail_flush(s);
  s.reopen();
  BOOST_TEST(s.rows_in(table::items) == 0u);
  BOOST_TEST(s.rows_in(table::index) == 0u);
  s.check_sound();
}

BOOST_DATA_TEST_CASE(a_part_that_cannot_be_written, engines, kind) {
  store s(kind);
  const auto id = s.writer().begin(home, job_type::url_parse, {});
  BOOST_REQUIRE(s.writer().add(id, specs(2)).code == errc::none);
  s.db().fail_next(errc::storage_full, false);
  BOOST_TEST((s.writer().add(id, specs(2)).code == errc::storage_full));
  s.writer().abandon(id);
  BOOST_TEST(s.rows_in(table::items) == 0u);
  s.accept(specs(2));
  s.check_sound();
}

BOOST_DATA_TEST_CASE(an_abandoned_batch_that_cannot_be_erased_is_swept_at_start, engines, kind) {
  store s(kind);
  const auto id = s.writer().begin(home, job_type::url_parse, {});
  BOOST_REQUIRE(s.writer().add(id, {{spec("https://a.example/", "mine")}}).code == errc::none);
  s.db().fail_next(errc::storage_full, false);
  s.writer().abandon(id);
  s.check_sound();
  s.reopen();
  BOOST_TEST(s.rows_in(table::items) == 0u);
  BOOST_TEST(s.rows_in(table::index) == 0u);
}

BOOST_DATA_TEST_CASE(a_large_original_survives_the_failure, engines, kind) {
  store s(kind);
  const auto b = s.accept(specs(1));
  const std::string original(5'000, 'o');
  const auto e = s.success_with_file({b.id, 0}, "text", original);
  BOOST_TEST(s.end(e).applied);
  fail_flush(s);
  BOOST_TEST(s.end(e).applied);
  s.flush();
  BOOST_TEST(s.files().holds(sha256(original)));
  s.check_sound();
  s.reopen();
  BOOST_TEST(s.files().holds(sha256(original)));
  s.check_sound();
}

BOOST_DATA_TEST_CASE(a_large_original_not_staged_again_is_swept_at_start, engines, kind) {
  store s(kind);
  const auto b = s.accept(specs(1));
  s.end(s.success_with_file({b.id, 0}, "text", std::string(5'000, 'o')));
  fail_flush(s);
  s.reopen();
  BOOST_TEST(s.files().contents().empty());
  s.check_sound();
}

BOOST_DATA_TEST_CASE(a_removal_that_fails_removes_nothing, engines, kind) {
  store s(kind);
  const auto made = s.stored("text", std::string(5'000, 'o'));
  for (int passing = 0; passing < 2; ++passing) {
    s.db().fail_next(errc::storage_error, true, passing);
    BOOST_TEST(s.writer().remove(home, made.id, true).has_error());
    BOOST_TEST(s.reader().find_source(home, made.id).has_value());
    BOOST_TEST(s.files().holds(made.original));
    s.check_sound();
  }
  s.reopen();
  BOOST_TEST(s.files().holds(made.original));
  BOOST_TEST(s.writer().remove(home, made.id, true).value());
  BOOST_TEST(s.files().contents().empty());
  s.check_sound();
}

BOOST_DATA_TEST_CASE(a_start_that_cannot_write_fails, engines, kind) {
  store s(kind);
  s.close();
  s.db().fail_next();
  BOOST_TEST((s.try_open().code == errc::storage_full));
  BOOST_TEST((s.try_open().code == errc::none));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace troupe::test
