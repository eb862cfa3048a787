/// What is done with batches after their acceptance: paused, added to, tried again, removed.
#include "tests/storage/store.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

namespace troupe::test {
namespace {

batch taken(const result<batch>& r) {
  BOOST_REQUIRE_MESSAGE(r.has_value(), "it was refused");
  return *r;
}

/// All stretches of a retry.
void retry_to_the_end(store& s, batch_id id) {
  while (taken(s.writer().retry_items(id, 3)).retry.next != 0) {
  }
  s.flush();
}

ending unreadable_page(const store& s, item_key k, const std::string& body) {
  auto e = s.ending_of(k, item_state::failed);
  e.error = fail(errc::parse_failed);
  fetched page;
  page.final_url = "https://a.example/final";
  page.content_type = "text/html; charset=x";
  page.body = make_content(body);
  e.original = std::make_shared<const fetched>(std::move(page));
  return e;
}

} // namespace

BOOST_AUTO_TEST_SUITE(steering)

BOOST_DATA_TEST_CASE(a_pause_is_a_flag_and_two_events, engines, kind) {
  store s(kind);
  const auto b = s.accept(specs(2));
  BOOST_TEST(taken(s.writer().pause(b.id, true)).paused);
  BOOST_TEST(taken(s.writer().pause(b.id, true)).paused);
  const auto events = s.flush();
  BOOST_REQUIRE(events.size() == 1u);
  BOOST_TEST(type_of(events[0]) == "batch.paused");
  s.reopen();
  BOOST_TEST(s.row(b.id).paused);
  BOOST_TEST(!taken(s.writer().pause(b.id, false)).paused);
  BOOST_TEST(type_of(s.flush().at(0)) == "batch.resumed");
  BOOST_TEST((s.writer().pause(batch_id{999}, true).error().code == errc::not_found));
}

BOOST_DATA_TEST_CASE(items_are_added_until_it_is_sealed, engines, kind) {
  store s(kind);
  const auto b = s.accept(specs(1));
  auto more = specs(2);
  more[1].same_as = 0;
  BOOST_TEST(taken(s.writer().append(b.id, more)).counts.total == 3u);
  s.flush();
  BOOST_TEST(s.row(item_key{b.id, 2}).same_as.value() == 1u);
  BOOST_TEST((s.reader().find_item(s.row(item_key{b.id, 2}).id).has_value()));
  BOOST_TEST(taken(s.writer().seal(b.id)).sealed);
  BOOST_TEST((s.writer().append(b.id, more).error().code == errc::batch_sealed));
  for (uint32_t i = 0; i < 3; ++i)
    s.end(s.success_of({b.id, i}, "text " + std::to_string(i)));
  s.flush();
  BOOST_TEST((s.row(b.id).state == batch_state::completed));
  s.check_sound();
}

BOOST_DATA_TEST_CASE(an_addition_is_durable_as_a_whole_or_not_at_all, engines, kind) {
  store s(kind);
  const auto b = s.accept(specs(1));
  taken(s.writer().append(b.id, specs(3)));
  s.db().fail_next();
  std::vector<event> none;
  BOOST_TEST((s.writer().flush(none).code == errc::storage_full));
  s.reopen();
  BOOST_TEST(s.row(b.id).counts.total == 1u);
  s.check_sound();
}

BOOST_DATA_TEST_CASE(failed_items_are_tried_again_in_stretches, engines, kind) {
  store s(kind);
  const auto b = s.accept(specs(10));
  for (uint32_t i = 0; i < 10; ++i) {
    const item_key k{b.id, i};
    s.end(i % 2 ? s.success_of(k, "text " + std::to_string(i)) : s.ending_of(k, item_state::failed));
  }
  s.flush();
  BOOST_TEST((s.row(b.id).state == batch_state::completed_with_errors));
  const auto open = taken(s.writer().retry(b.id, {}));
  BOOST_TEST((open.state == batch_state::open));
  taken(s.writer().retry_items(b.id, 4));
  s.flush();
  // A crash in the middle: it is open, although what is reset so far could have ended.
  s.reopen();
  BOOST_TEST(s.reader().open_batches().size() == 1u);
  BOOST_TEST(s.row(b.id).retry.next == 5u);
  retry_to_the_end(s, b.id);
  BOOST_TEST((s.row(b.id).counts == item_counts{.total = 10, .succeeded = 5}));
  const auto x = s.row(item_key{b.id, 0});
  BOOST_TEST((x.state == item_state::pending));
  BOOST_TEST(x.attempts == 1u);
  BOOST_TEST(x.forgiven == 1u);
  for (uint32_t i = 0; i < 10; i += 2)
    s.end(s.success_of({b.id, i}, "text " + std::to_string(i)));
  s.flush();
  BOOST_TEST((s.row(b.id).state == batch_state::completed));
  BOOST_TEST(s.reader().attempts({b.id, 0}).size() == 2u);
  s.check_sound();
}

BOOST_DATA_TEST_CASE(what_could_not_be_parsed_is_kept_to_be_parsed_again, engines, kind) {
  store s(kind);
  const auto b = s.accept(specs(2));
  for (uint32_t i = 0; i < 2; ++i)
    s.end(unreadable_page(s, {b.id, i}, i ? std::string(5'000, 'x') : "small"));
  s.flush();
  s.check_sound();
  taken(s.writer().retry_item({b.id, 0}, {.reparse = true}));
  taken(s.writer().retry_item({b.id, 1}, {}));
  s.flush();
  const auto again = s.row(item_key{b.id, 0});
  BOOST_TEST((again.input == sha256("small")));
  BOOST_TEST(again.input_url == "https://a.example/final");
  BOOST_TEST(s.row(item_key{b.id, 1}).input.empty());
  BOOST_TEST((!s.reader().content(sha256(std::string(5'000, 'x')), 5'000).has_value()));
  s.end(s.success_of({b.id, 0}, "parsed at last"));
  s.flush();
  BOOST_TEST(s.row(item_key{b.id, 0}).input.empty());
  s.check_sound();
}

BOOST_DATA_TEST_CASE(a_source_keeps_its_number_when_its_text_changes, engines, kind) {
  store s(kind);
  const auto b = s.accept(specs(1));
  const item_key k{b.id, 0};
  const auto first = s.end(s.success_of(k, "old text", "<html>")).row.source;
  s.flush();
  taken(s.writer().retry(b.id, {.all = true, .reparse = true}));
  retry_to_the_end(s, b.id);
  BOOST_TEST((s.row(k).input == sha256("<html>")));
  BOOST_TEST((s.end(s.success_of(k, "new text", "<html>")).row.source == first));
  s.flush();
  const auto row = s.reader().find_source(first).value();
  BOOST_TEST((row.markdown == sha256("new text")));
  BOOST_TEST((!s.reader().content(sha256("old text"), 8).has_value()));
  BOOST_TEST((s.reader().content(sha256("<html>"), 6).has_value()));
  s.check_sound();
}

BOOST_DATA_TEST_CASE(a_removed_batch_leaves_its_sources_and_a_trace, engines, kind) {
  store s(kind);
  const auto b = s.accept(specs(3));
  BOOST_TEST((s.writer().remove_batch(b.id).error().code == errc::batch_open));
  const auto source = s.end(s.success_of({b.id, 0}, "text")).row.source;
  const auto item = s.row(item_key{b.id, 1}).id;
  s.end(unreadable_page(s, {b.id, 1}, std::string(5'000, 'x')));
  s.end(s.ending_of({b.id, 2}, item_state::failed));
  s.flush();
  taken(s.writer().remove_batch(b.id));
  BOOST_TEST(type_of(s.flush().at(0)) == "batch.removed");
  s.reopen();
  BOOST_TEST((!s.reader().find_batch(b.id).has_value()));
  BOOST_TEST(s.reader().was_removed(b.id));
  BOOST_TEST(s.reader().was_removed(item));
  const ledger::retention keep{std::chrono::hours{1}, std::chrono::hours{1}, std::chrono::hours{1}};
  while (s.writer().sweep(now(), keep)) {
  }
  BOOST_TEST((!s.reader().find_item(item_key{b.id, 0}).has_value()));
  BOOST_TEST((!s.reader().content(sha256(std::string(5'000, 'x')), 5'000).has_value()));
  BOOST_TEST((s.reader().find_source(source).has_value()));
  BOOST_TEST(s.reader().was_removed(item));
  s.check_sound();
  s.writer().sweep(now() + std::chrono::hours{2}, keep);
  BOOST_TEST(!s.reader().was_removed(item));
  BOOST_TEST(!s.reader().was_removed(b.id));
  s.check_sound();
}

BOOST_DATA_TEST_CASE(a_batch_goes_when_its_time_is_over, engines, kind) {
  store s(kind);
  const auto b = s.accept_with(specs(1), {.expires_after = std::chrono::seconds{60}});
  s.end(s.success_of({b.id, 0}, "text"));
  s.flush();
  s.writer().sweep(now() + std::chrono::seconds{50}, {});
  BOOST_TEST((s.reader().find_batch(b.id).has_value()));
  s.writer().sweep(now() + std::chrono::seconds{70},
                   {std::chrono::hours{1}, std::chrono::hours{1}, std::chrono::hours{1}});
  BOOST_TEST((!s.reader().find_batch(b.id).has_value()));
}

BOOST_DATA_TEST_CASE(the_first_failure_cancels_the_rest_when_it_is_to, engines, kind) {
  store s(kind);
  const auto b = s.accept_with(specs(3), {.cancel_on_error = true});
  const auto done = s.end(s.ending_of({b.id, 0}, item_state::failed));
  BOOST_TEST((done.batch_now == batch_state::cancelling));
  s.writer().end_items(b.id, 0, 100, item_state::cancelled);
  s.flush();
  BOOST_TEST((s.row(b.id).state == batch_state::cancelled));
  BOOST_TEST((s.row(b.id).counts == item_counts{.total = 3, .failed = 1, .cancelled = 2}));
  s.check_sound();
}

BOOST_DATA_TEST_CASE(items_come_in_the_order_of_their_ends, engines, kind) {
  store s(kind);
  const auto b = s.accept(specs(5));
  std::vector<uint32_t> order{3, 0, 4, 1};
  for (const auto i : order)
    s.end(s.success_of({b.id, i}, "text " + std::to_string(i)));
  s.flush();
  std::vector<uint32_t> seen;
  end_position at;
  for (auto page = s.reader().ended_items(b.id, at, 3); !page.empty();
       page = s.reader().ended_items(b.id, at, 3))
    for (const auto& x : page)
      seen.push_back(x.key.index);
  BOOST_TEST(seen == order, boost::test_tools::per_element());
  // Tried again, it has not ended; it comes once more, at its new end.
  taken(s.writer().retry_item({b.id, 0}, {}));
  s.end(s.success_of({b.id, 0}, "another text"));
  s.flush();
  const auto rest = s.reader().ended_items(b.id, at, 10);
  BOOST_REQUIRE(rest.size() == 1u);
  BOOST_TEST(rest[0].key.index == 0u);
  at = {};
  BOOST_TEST(s.reader().ended_items(b.id, at, 10).size() == 4u);
}

BOOST_DATA_TEST_CASE(urgent_items_are_found_first, engines, kind) {
  store s(kind);
  auto some = specs(20);
  some[15].options.priority = 2;
  some[7].options.priority = 9;
  some[3].options.priority = 2;
  some[1].options.priority = 1;
  const auto b = s.accept_with(some, {.priority = 1});
  std::string at;
  std::vector<uint32_t> seen;
  do {
    for (const auto& x : s.reader().urgent_items(b, at, 2))
      seen.push_back(x.row.key.index);
  } while (!at.empty());
  BOOST_TEST(seen == (std::vector<uint32_t>{7, 3, 15}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()

// -- webhooks and receipts ------------------------------------------------------------------------------

BOOST_AUTO_TEST_SUITE(outbox)

BOOST_DATA_TEST_CASE(an_event_and_its_deliveries_are_one_write, engines, kind) {
  store s(kind);
  webhook all{.id = s.writer().new_id(), .url = "u"};
  webhook ends{.id = s.writer().new_id(), .url = "u", .events = {"batch.completed", "batch.progress"}};
  webhook other{.id = s.writer().new_id(), .url = "u", .notebooks = {raw(home) + 1}};
  for (const auto& w : {all, ends, other})
    s.writer().keep(record{w});
  const auto b = s.accept(specs(2));
  s.end(s.success_of({b.id, 0}, "one"));
  s.db().fail_next();
  std::vector<event> none;
  BOOST_TEST((s.writer().flush(none).code == errc::storage_full));
  std::optional<timestamp> next;
  // What was not committed is not told: the acceptance alone was.
  BOOST_TEST(s.reader().due_deliveries(all.id, now(), 10, next).size() == 1u);
  for (uint32_t i = 0; i < 2; ++i)
    s.end(s.success_of({b.id, i}, "text " + std::to_string(i)));
  s.flush();
  s.reopen();
  std::vector<std::string> types;
  for (const auto& d : s.reader().due_deliveries(all.id, now(), 10, next))
    types.push_back(d.type);
  BOOST_TEST(types == (std::vector<std::string>{"batch.accepted", "item.succeeded", "batch.progress",
                                                "item.succeeded", "batch.completed"}),
             boost::test_tools::per_element());
  BOOST_TEST(s.reader().due_deliveries(ends.id, now(), 10, next).size() == 2u);
  BOOST_TEST(s.reader().due_deliveries(other.id, now(), 10, next).empty());
}

BOOST_DATA_TEST_CASE(a_delivery_leaves_the_outbox_when_it_has_ended, engines, kind) {
  store s(kind);
  webhook w{.id = s.writer().new_id(), .url = "u", .events = {"batch.accepted"}};
  s.writer().keep(record{w});
  s.accept(specs(1));
  std::optional<timestamp> next;
  auto d = s.reader().due_deliveries(w.id, now(), 10, next).at(0);
  auto later = d;
  ++later.attempts;
  later.next = now() + std::chrono::hours{1};
  s.writer().record_delivery(d, later);
  s.flush();
  BOOST_TEST(s.reader().due_deliveries(w.id, now(), 10, next).empty());
  BOOST_TEST((next == later.next));
  auto done = later;
  done.ended = done.succeeded = true;
  s.writer().record_delivery(later, done);
  s.flush();
  next.reset();
  BOOST_TEST(s.reader().due_deliveries(w.id, now() + std::chrono::hours{2}, 10, next).empty());
  BOOST_TEST(s.reader().deliveries(w.id, 10).at(0).succeeded);
  BOOST_TEST(s.writer().redeliver(done));
  s.flush();
  BOOST_TEST(s.reader().due_deliveries(w.id, now(), 10, next).size() == 1u);
  BOOST_TEST(s.writer().forget(record{webhook{}}.index(), std::to_string(w.id)));
  s.flush();
  BOOST_TEST(s.reader().deliveries(w.id, 10).empty());
}

BOOST_DATA_TEST_CASE(a_receipt_has_its_time, engines, kind) {
  store s(kind);
  receipt r{.key = sha256("k"), .fingerprint = sha256("f"), .status = 202, .body = "{}", .created = now()};
  s.writer().keep(r);
  s.flush();
  const ledger::retention keep{std::chrono::hours{24}, std::chrono::hours{24}, std::chrono::hours{24}};
  s.writer().sweep(now() + std::chrono::hours{23}, keep);
  BOOST_TEST((s.reader().find_receipt(r.key)->fingerprint == r.fingerprint));
  s.writer().sweep(now() + std::chrono::hours{25}, keep);
  BOOST_TEST((!s.reader().find_receipt(r.key).has_value()));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace troupe::test
