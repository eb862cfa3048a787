/// The states of items and batches, and the counts that have to follow them.
#include "tests/storage/store.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <random>

namespace troupe::test {
namespace {

/// Ends the items of a new batch in these states and gives the batch's last state.
batch_state state_after(store& s, const std::vector<item_state>& ends) {
  const auto b = s.accept(specs(ends.size()));
  auto last = batch_state::open;
  for (uint32_t i = 0; i < ends.size(); ++i) {
    BOOST_TEST((last == batch_state::open));
    const item_key k{b.id, i};
    const auto text = std::to_string(raw(b.id)) + "/" + std::to_string(i);
    const auto done =
        s.end(ends[i] == item_state::succeeded ? s.success_of(k, text) : s.ending_of(k, ends[i]));
    BOOST_TEST(done.applied);
    last = done.batch_now;
  }
  s.flush();
  const auto row = s.row(b.id);
  BOOST_TEST((row.state == last));
  BOOST_TEST((row.counts == s.reader().recount(b.id)));
  return last;
}

} // namespace

BOOST_AUTO_TEST_SUITE(transitions)

BOOST_DATA_TEST_CASE(what_was_read_ahead_is_never_older_than_the_store, engines, kind) {
  store s(kind);
  const auto b = s.accept(specs(400));
  const item_key first{b.id, 0};
  const item_key second{b.id, 1};
  // The first of them has the stretch of both read.
  BOOST_TEST(s.end(s.ending_of(first, item_state::retry_wait)).applied);
  s.flush();
  const auto late = s.ending_of(first, item_state::failed);
  BOOST_TEST(s.end(s.success_of(first, "text")).applied);
  BOOST_TEST(s.end(s.success_of(second, "other")).applied);
  BOOST_TEST(!s.end(late).applied);
  s.flush();
  BOOST_TEST(!s.end(late).applied);
  BOOST_TEST(!s.end(s.ending_of(second, item_state::failed)).applied);
  s.flush();
  BOOST_TEST(s.row(first).attempts == 2u);
  BOOST_TEST((s.row(second).state == item_state::succeeded));
  BOOST_TEST((s.row(b.id).counts == s.reader().recount(b.id)));
  // What is staged when a stretch is read is newer than what is stored.
  const item_key far{b.id, 200};
  BOOST_TEST(s.end(s.ending_of(far, item_state::retry_wait)).applied);
  s.db().fail_next();
  std::vector<event> lost;
  BOOST_TEST((s.writer().flush(lost).code != errc::none));
  BOOST_TEST(s.end(s.ending_of(far, item_state::failed)).applied);
  s.flush();
  BOOST_TEST(s.row(far).attempts == 1u);
  s.check_sound();
}

BOOST_DATA_TEST_CASE(rows_read_ahead_leave_out_what_was_staged_before, engines, kind) {
  constexpr uint32_t stretch = items_ahead::stretch;
  store s(kind);
  // As many batches as stretches are kept: who comes then is kept out for a while.
  for (int others = 0; others < 64; ++others) {
    const auto b = s.accept(specs(stretch));
    BOOST_TEST(s.end(s.ending_of({b.id, 0}, item_state::retry_wait)).applied);
    s.flush();
  }
  const auto b = s.accept(specs(3 * stretch));
  const item_key first{b.id, 0};
  const auto late = s.ending_of(first, item_state::failed);
  BOOST_TEST(s.end(s.ending_of(first, item_state::retry_wait)).applied);
  for (uint32_t i = 1; i < stretch; ++i)
    BOOST_TEST(s.end(s.ending_of({b.id, i}, item_state::retry_wait)).applied);
  s.flush();
  BOOST_TEST(!s.end(late).applied);
  s.flush();
  BOOST_TEST(s.row(first).attempts == 1u);
  s.check_sound();
}

BOOST_DATA_TEST_CASE(a_text_that_went_is_no_duplicate_in_the_same_commit, engines, kind) {
  store s(kind);
  const auto b = s.accept(specs(2));
  BOOST_TEST(s.end(s.success_of({b.id, 0}, "old")).applied);
  s.flush();
  BOOST_TEST(s.writer().retry_item({b.id, 0}, {}).has_value());
  s.flush();
  BOOST_TEST(s.end(s.success_of({b.id, 0}, "new")).applied);
  BOOST_TEST(s.end(s.success_of({b.id, 1}, "old")).applied);
  s.flush();
  BOOST_TEST(!s.row(item_key{b.id, 1}).duplicate);
  s.check_sound();
}

BOOST_DATA_TEST_CASE(a_success, engines, kind) {
  store s(kind);
  const auto b = s.accept(specs(1));
  const item_key k{b.id, 0};
  const auto done = s.end(s.success_of(k, "# Text", "<html>"));
  BOOST_TEST(done.applied);
  BOOST_TEST((done.batch_now == batch_state::completed));
  BOOST_TEST((done.counts == item_counts{.total = 1, .succeeded = 1}));
  s.flush();
  const auto x = s.row(k);
  BOOST_TEST((x.state == item_state::succeeded));
  BOOST_TEST((x.source == done.row.source));
  BOOST_TEST(!x.duplicate);
  BOOST_TEST(x.attempts == 1u);
  BOOST_TEST((x.error.code == errc::none));
  const auto made = s.reader().find_source(home, x.source).value();
  BOOST_TEST((made.row.item == x.id));
  BOOST_TEST((s.reader().content(made.row.markdown, made.row.markdown_size)->view() == "# Text"));
  BOOST_TEST((s.reader().content(made.row.original, made.row.original_size)->view() == "<html>"));
  const auto tries = s.reader().attempts(k);
  BOOST_REQUIRE(tries.size() == 1u);
  BOOST_TEST((tries[0].token == attempt_token{s.writer().epoch(), 1}));
  BOOST_TEST((tries[0].error.code == errc::none));
  s.check_sound();
}

BOOST_DATA_TEST_CASE(a_success_after_failed_attempts, engines, kind) {
  store s(kind);
  const auto b = s.accept(specs(1));
  const item_key k{b.id, 0};
  auto again = s.ending_of(k, item_state::retry_wait);
  again.parser_died = true;
  BOOST_TEST((s.end(again).batch_now == batch_state::open));
  s.flush();
  auto x = s.row(k);
  BOOST_TEST((x.state == item_state::retry_wait));
  BOOST_TEST((x.not_before == again.not_before));
  BOOST_TEST((x.error.code == errc::http_5xx));
  BOOST_TEST(x.attempts == 1u);
  BOOST_TEST(x.parser_deaths == 1u);
  BOOST_TEST((s.row(b.id).counts == item_counts{.total = 1}));
  s.reopen();
  BOOST_TEST((s.row(k).not_before == again.not_before));
  BOOST_TEST(s.end(s.success_of(k, "text")).applied);
  s.flush();
  x = s.row(k);
  BOOST_TEST((x.state == item_state::succeeded));
  BOOST_TEST((x.error.code == errc::none));
  const auto tries = s.reader().attempts(k);
  BOOST_REQUIRE(tries.size() == 2u);
  BOOST_TEST((tries[0].error.code == errc::http_5xx));
  BOOST_TEST((tries[1].token == attempt_token{s.writer().epoch(), 2}));
  s.check_sound();
}

BOOST_DATA_TEST_CASE(transitions_staged_behind_one_another_see_each_other, engines, kind) {
  store s(kind);
  const auto b = s.accept(specs(1));
  const item_key k{b.id, 0};
  auto e = s.ending_of(k, item_state::retry_wait);
  BOOST_TEST(s.end(e).applied);
  BOOST_TEST(!s.end(e).applied);
  e.token.number = 2;
  BOOST_TEST(s.end(e).applied);
  e.token.number = 3;
  e.to = item_state::failed;
  BOOST_TEST((s.end(e).batch_now == batch_state::failed));
  BOOST_TEST((s.row(k).state == item_state::pending));
  s.flush();
  BOOST_TEST(s.row(k).attempts == 3u);
  BOOST_TEST(s.reader().attempts(k).size() == 3u);
  s.check_sound();
}

BOOST_DATA_TEST_CASE(answers_with_another_token_change_nothing, engines, kind) {
  store s(kind);
  const auto b = s.accept(specs(1));
  const item_key k{b.id, 0};
  const auto epoch = s.writer().epoch();
  for (const attempt_token stale :
       {attempt_token{epoch, 0}, {epoch, 2}, {epoch - 1, 1}, {epoch + 1, 1}, {0, 0}}) {
    auto e = s.success_of(k, "text");
    e.token = stale;
    const auto out = s.end(e);
    BOOST_TEST(!out.applied);
    BOOST_TEST((out.row.state == item_state::pending));
  }
  BOOST_TEST(!s.writer().staged());
  const auto before = s.success_of(k, "text");
  s.reopen();
  BOOST_TEST(!s.end(before).applied);
  BOOST_TEST(s.flush().empty());
  BOOST_TEST(s.rows_in(table::sources) == 0u);
  BOOST_TEST(s.end(s.success_of(k, "text")).applied);
}

BOOST_DATA_TEST_CASE(what_is_final_stays, engines, kind) {
  store s(kind);
  for (const auto first :
       {item_state::succeeded, item_state::failed, item_state::cancelled, item_state::expired}) {
    const auto b = s.accept(specs(2));
    const item_key k{b.id, 0};
    BOOST_TEST(s.end(first == item_state::succeeded ? s.success_of(k, "x") : s.ending_of(k, first)).applied);
    for (const bool flushed : {false, true}) {
      if (flushed) s.flush();
      for (const auto next : {item_state::retry_wait, item_state::failed, item_state::cancelled}) {
        const auto out = s.end(s.ending_of(k, next));
        BOOST_TEST(!out.applied);
        BOOST_TEST((out.row.state == first));
      }
    }
    BOOST_TEST((s.row(k).state == first));
    BOOST_TEST(s.row(b.id).counts.finished() == 1u);
  }
  s.check_sound();
}

BOOST_DATA_TEST_CASE(items_that_are_not_there, engines, kind) {
  store s(kind);
  const auto b = s.accept(specs(1));
  ending e{.key = {b.id, 1}, .token = {s.writer().epoch(), 1}, .error = fail(errc::http_4xx)};
  BOOST_TEST(!s.end(e).applied);
  e.key = {batch_id{999}, 0};
  BOOST_TEST(!s.end(e).applied);
  BOOST_TEST(!s.writer().cancel(batch_id{999}));
  BOOST_TEST(!s.writer().end_items(batch_id{999}, 0, 10, item_state::cancelled).has_value());
  const auto begun = s.writer().begin(home, job_type::url_parse, {});
  BOOST_REQUIRE(s.writer().add(begun, specs(1)).code == errc::none);
  e.key = {begun, 0};
  BOOST_TEST(!s.end(e).applied);
  BOOST_TEST(!s.writer().staged());
}

BOOST_DATA_TEST_CASE(the_last_item_ends_its_batch, engines, kind) {
  using enum item_state;
  store s(kind);
  BOOST_TEST((state_after(s, {succeeded, succeeded}) == batch_state::completed));
  BOOST_TEST((state_after(s, {succeeded, failed}) == batch_state::completed_with_errors));
  BOOST_TEST((state_after(s, {failed, succeeded}) == batch_state::completed_with_errors));
  BOOST_TEST((state_after(s, {expired, succeeded, failed}) == batch_state::completed_with_errors));
  BOOST_TEST((state_after(s, {failed, failed}) == batch_state::failed));
  BOOST_TEST((state_after(s, {expired}) == batch_state::failed));
  BOOST_TEST(s.reader().open_batches().empty());
  s.check_sound();
}

BOOST_DATA_TEST_CASE(cancelling_a_batch, engines, kind) {
  store s(kind);
  const auto b = s.accept(specs(10));
  BOOST_TEST(s.end(s.success_of({b.id, 3}, "text")).applied);
  BOOST_TEST(s.writer().cancel(b.id));
  BOOST_TEST(s.writer().cancel(b.id));
  s.flush();
  BOOST_TEST((s.row(b.id).state == batch_state::cancelling));
  s.reopen();
  BOOST_TEST((s.reader().open_batches().at(0).state == batch_state::cancelling));
  std::optional<uint32_t> next = 0;
  int steps = 0;
  for (; next; ++steps)
    next = s.writer().end_items(b.id, *next, 4, item_state::cancelled);
  BOOST_TEST(steps == 3);
  s.flush();
  const auto row = s.row(b.id);
  BOOST_TEST((row.state == batch_state::cancelled));
  BOOST_TEST((row.counts == item_counts{.total = 10, .succeeded = 1, .cancelled = 9}));
  const auto x = s.row(item_key{b.id, 9});
  BOOST_TEST((x.error.code == errc::cancelled));
  BOOST_TEST(x.attempts == 0u);
  BOOST_TEST(s.reader().attempts(x.key).empty());
  BOOST_TEST(!s.writer().cancel(b.id));
  s.check_sound();
}

BOOST_DATA_TEST_CASE(a_cancelling_batch_whose_items_all_ended, engines, kind) {
  store s(kind);
  const auto b = s.accept(specs(1));
  BOOST_TEST(s.writer().cancel(b.id));
  BOOST_TEST((s.end(s.success_of({b.id, 0}, "text")).batch_now == batch_state::cancelled));
  s.flush();
  BOOST_TEST(!s.writer().end_items(b.id, 0, 10, item_state::cancelled).has_value());
  s.check_sound();
}

BOOST_DATA_TEST_CASE(a_source_that_is_there_already, engines, kind) {
  store s(kind);
  const auto known = s.stored("text");
  const auto b = s.accept(specs(1));
  auto e = s.ending_of({b.id, 0}, item_state::succeeded);
  e.existing = known.id;
  BOOST_TEST(s.end(e).applied);
  s.flush();
  const auto x = s.row(item_key{b.id, 0});
  BOOST_TEST((x.source == known.id));
  BOOST_TEST(x.duplicate);
  s.check_sound();
}

BOOST_DATA_TEST_CASE(open_items_are_those_that_are_not_final, engines, kind) {
  store s(kind);
  auto wanted = specs(20);
  wanted[19].same_as = 2;
  const auto b = s.accept(wanted);
  for (uint32_t i = 0; i < 20; i += 2)
    s.end(s.ending_of({b.id, i}, item_state::failed));
  s.end(s.ending_of({b.id, 5}, item_state::retry_wait));
  s.flush();
  std::vector<uint32_t> found;
  for (uint32_t first = 0; first < 20;)
    for (const auto& x : s.reader().open_items(s.row(b.id), first, 3)) {
      found.push_back(x.row.key.index);
      if (x.row.key.index == 19) BOOST_TEST((x.original->key == item_key{b.id, 2}));
    }
  BOOST_TEST(found == (std::vector<uint32_t>{1, 3, 5, 7, 9, 11, 13, 15, 17, 19}),
             boost::test_tools::per_element());
}

BOOST_DATA_TEST_CASE(counts_hold_after_random_transitions, engines, kind) {
  constexpr unsigned seed = 777;
  BOOST_TEST_MESSAGE("seed " << seed);
  std::mt19937 random(seed);
  store s(kind);
  std::vector<item_key> all;
  for (int n = 0; n < 6; ++n) {
    const auto b = s.accept(specs(30));
    for (uint32_t i = 0; i < 30; ++i)
      all.push_back({b.id, i});
  }
  for (int n = 0; n < 1'500; ++n) {
    const auto& k = all[random() % all.size()];
    const auto to = static_cast<item_state>(1 + random() % 5);
    auto e = to == item_state::succeeded ? s.success_of(k, "text " + std::to_string(random() % 40))
                                         : s.ending_of(k, to);
    e.token.number -= random() % 4 == 0;
    s.end(e);
    if (random() % 200 == 0) s.writer().cancel(k.batch);
    if (random() % 20 == 0) s.flush();
    if (random() % 300 == 0) s.reopen();
  }
  s.flush();
  s.check_sound();
  for (const auto& k : all)
    if (const auto e = s.ending_of(k, item_state::failed); !terminal(s.row(k).state)) s.end(e);
  s.flush();
  BOOST_TEST(s.reader().open_batches().empty());
  s.check_sound();
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace troupe::test
