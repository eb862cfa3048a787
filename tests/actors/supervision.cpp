/// What a supervisor decides, in virtual time.
#include "tests/actors/world.hpp"

#include <boost/test/unit_test.hpp>

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;

namespace {

const std::vector<std::string> three{"http://a.example/1", "http://a.example/2", "http://b.example/3"};

void kill(const caf::actor_addr& who) {
  caf::anon_send_exit(caf::actor_cast<caf::actor>(who), caf::exit_reason::kill);
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(supervision_decisions, world)

BOOST_AUTO_TEST_CASE(items_go_through_their_stages_and_the_batch_ends) {
  const auto b = submit(three);
  run();
  BOOST_TEST((stored(b.id).state == batch_state::completed));
  BOOST_TEST(transfers.asked.size() == 3u);
  BOOST_TEST(parser.asked.size() == 3u);
  for (const auto& x : items(b.id)) {
    BOOST_TEST((x.state == item_state::succeeded));
    BOOST_TEST(store.attempts(x.key).size() == 1u);
  }
  BOOST_TEST(verify().empty());
  BOOST_TEST(listeners.in_work(b.id).empty());
  BOOST_TEST(!is_alive(supervisor_of(b.id)));
}

BOOST_AUTO_TEST_CASE(a_retryable_failure_waits_longer_each_time) {
  int failures = 2;
  transfers.answer = [&](const fetch_order& o) {
    return failures-- > 0 ? fetch_failure(fail(errc::http_5xx)) : page_of(o);
  };
  const auto b = submit({three[0]});
  run();
  BOOST_TEST((items(b.id)[0].state == item_state::retry_wait));
  BOOST_TEST(transfers.asked.size() == 1u);
  advance(400ms);
  BOOST_TEST(transfers.asked.size() == 1u);
  advance(700ms);
  BOOST_TEST(transfers.asked.size() == 2u);
  advance(900ms);
  BOOST_TEST(transfers.asked.size() == 2u);
  advance(1'200ms);
  BOOST_TEST(transfers.asked.size() == 3u);
  BOOST_TEST((stored(b.id).state == batch_state::completed));
  BOOST_TEST(items(b.id)[0].attempts == 3u);
  const auto attempts = store.attempts({b.id, 0});
  BOOST_REQUIRE(attempts.size() == 3u);
  BOOST_TEST((attempts[1].error.code == errc::http_5xx));
  BOOST_TEST((attempts[2].error.code == errc::none));
}

BOOST_AUTO_TEST_CASE(the_attempt_budget_ends) {
  transfers.answer = [](const fetch_order&) { return fetch_failure(fail(errc::connection_reset)); };
  const auto b = submit({three[0]});
  for (int i = 0; i < 20; ++i)
    advance(5s);
  BOOST_TEST(transfers.asked.size() == static_cast<size_t>(options.work.attempts));
  BOOST_TEST((items(b.id)[0].state == item_state::failed));
  BOOST_TEST((items(b.id)[0].error.code == errc::connection_reset));
  BOOST_TEST((stored(b.id).state == batch_state::failed));
}

BOOST_AUTO_TEST_CASE(a_final_failure_is_not_tried_again) {
  transfers.answer = [](const fetch_order&) { return fetch_failure(fail(errc::http_4xx)); };
  const auto b = submit({three[0]});
  for (int i = 0; i < 5; ++i)
    advance(60s);
  BOOST_TEST(transfers.asked.size() == 1u);
  BOOST_TEST((items(b.id)[0].state == item_state::failed));
}

BOOST_AUTO_TEST_CASE(retry_after_holds_the_item_and_its_host) {
  bool first = true;
  transfers.answer = [&](const fetch_order& o) {
    auto f = fail(errc::http_429);
    f.retry_after = 30s;
    return std::exchange(first, false) ? fetch_failure(f) : page_of(o);
  };
  options.fetch.max_per_host = 1;
  const auto b = submit({three[0]});
  run();
  advance(20s);
  BOOST_TEST(transfers.asked.size() == 1u);
  // Another batch's item for the same host waits too; one for another host does not.
  submit({three[1], three[2]});
  run();
  BOOST_TEST(transfers.asked.size() == 2u);
  advance(11s);
  BOOST_TEST(transfers.asked.size() == 4u);
  BOOST_TEST((stored(b.id).state == batch_state::completed));
}

BOOST_AUTO_TEST_CASE(a_document_that_kills_its_parser_twice_is_quarantined) {
  options.work.attempts = 10;
  parser.answer = [](const parse_order&) { return parse_result{fail(errc::parse_crashed), {}}; };
  const auto b = submit({three[0]});
  for (int i = 0; i < 20; ++i)
    advance(60s);
  BOOST_TEST(parser.asked.size() == 2u);
  BOOST_TEST((items(b.id)[0].state == item_state::failed));
  BOOST_TEST((items(b.id)[0].error.code == errc::parse_crashed));
}

BOOST_AUTO_TEST_CASE(a_wish_to_cancel_that_is_repeated_is_answered) {
  transfers.answer = nullptr;
  const auto b = submit(three);
  run();
  unsigned answers = 0;
  const auto to = supervisors.at(b.id);
  // The second comes while the items are being cancelled: the supervisor ends before it would hear of it
  // again.
  sys->spawn([&answers, to](caf::event_based_actor* self) {
    const auto failed = [](const caf::error&) {};
    self->request(to, milliseconds{1'000}, cancel_atom_v)
        .then(
            [&answers, self, to, failed](bool yes) {
              answers += yes;
              self->request(to, milliseconds{1'000}, cancel_atom_v)
                  .then([&answers](bool again) { answers += again; }, failed);
            },
            failed);
  });
  run();
  advance(2s);
  BOOST_TEST(answers == 2u);
  BOOST_TEST((stored(b.id).state == batch_state::cancelled));
}

BOOST_AUTO_TEST_CASE(a_stage_actor_that_dies_is_a_failed_attempt) {
  transfers.answer = nullptr;
  const auto b = submit({three[0]});
  run();
  BOOST_REQUIRE(transfers.held.size() == 1u);
  kill(transfers.held[0].from);
  transfers.answer = page_of;
  run();
  BOOST_TEST((items(b.id)[0].state == item_state::retry_wait));
  BOOST_TEST((items(b.id)[0].error.code == errc::worker_died));
  BOOST_TEST(transfers.cancelled.size() == 1u);
  advance(5s);
  BOOST_TEST((stored(b.id).state == batch_state::completed));
}

BOOST_AUTO_TEST_CASE(a_parse_actor_that_dies_is_a_failed_attempt) {
  parser.answer = nullptr;
  const auto b = submit({three[0]});
  run();
  BOOST_REQUIRE(parser.held.size() == 1u);
  kill(parser.held[0].from);
  parser.answer = text_of;
  run();
  BOOST_TEST((items(b.id)[0].error.code == errc::worker_died));
  BOOST_TEST(parser.cancelled.size() == 1u);
  advance(5s);
  BOOST_TEST((stored(b.id).state == batch_state::completed));
}

BOOST_AUTO_TEST_CASE(a_service_that_never_answers_is_given_up) {
  transfers.answer = nullptr;
  const auto b = submit({three[0]});
  for (int i = 0; i < 4 && items(b.id)[0].state == item_state::pending; ++i)
    advance(options.work.item_budget);
  BOOST_TEST((items(b.id)[0].state == item_state::retry_wait));
  BOOST_TEST((items(b.id)[0].error.code == errc::deadline_exceeded));
}

BOOST_AUTO_TEST_CASE(cancel_while_waiting_fetching_and_parsing) {
  options.fetch.max_per_host = 1;
  with = start_services().with;
  transfers.answer = [](const fetch_order& o) {
    return o.url == three[2] ? std::optional{page_of(o)} : std::nullopt;
  };
  parser.answer = nullptr;
  const auto b = submit(three); // the first is fetching, the second waits for its host, the third is parsing
  run();
  BOOST_REQUIRE(transfers.held.size() == 1u);
  BOOST_REQUIRE(parser.held.size() == 1u);
  caf::anon_send(supervisors.at(b.id), cancel_atom_v);
  run();
  BOOST_TEST(transfers.cancelled.size() == 1u);
  BOOST_TEST(parser.cancelled.size() == 1u);
  BOOST_TEST((stored(b.id).state == batch_state::cancelled));
  BOOST_TEST(stored(b.id).counts.cancelled == 3u);
  BOOST_TEST(!is_alive(supervisor_of(b.id)));
  BOOST_TEST(verify().empty());
  BOOST_TEST(listeners.in_work(b.id).empty());
  // Nothing of it holds the gate: another batch goes through.
  transfers.answer = page_of;
  parser.answer = text_of;
  const auto next = submit(three);
  run();
  BOOST_TEST((stored(next.id).state == batch_state::completed));
}

BOOST_AUTO_TEST_CASE(cancel_while_persisting_keeps_what_was_durable_first) {
  const auto b = submit(three);
  // Step by step until an ending is on its way to the writer.
  for (int i = 0; i < 10'000 && listeners.in_work(b.id).empty(); ++i)
    scheduler->run_once();
  const auto persisting = [&] {
    for (const auto& w : listeners.in_work(b.id))
      if (w.now == phase::persisting) return true;
    return false;
  };
  for (int i = 0; i < 10'000 && !persisting(); ++i)
    scheduler->run_once();
  BOOST_REQUIRE(persisting());
  caf::anon_send(supervisors.at(b.id), cancel_atom_v);
  run();
  const auto row = stored(b.id);
  BOOST_TEST(row.counts.finished() == 3u);
  BOOST_TEST((terminal(row.state)));
  BOOST_TEST(!is_alive(supervisor_of(b.id)));
  BOOST_TEST(verify().empty());
}

BOOST_AUTO_TEST_CASE(cancel_during_backoff) {
  transfers.answer = [](const fetch_order&) { return fetch_failure(fail(errc::http_5xx)); };
  const auto b = submit({three[0]});
  run();
  caf::anon_send(supervisors.at(b.id), cancel_atom_v);
  run();
  advance(60s);
  BOOST_TEST(transfers.asked.size() == 1u);
  BOOST_TEST((stored(b.id).state == batch_state::cancelled));
}

BOOST_AUTO_TEST_CASE(one_item_can_be_cancelled) {
  transfers.answer = [](const fetch_order& o) {
    return o.url == three[0] ? std::nullopt : std::optional{page_of(o)};
  };
  const auto b = submit(three);
  run();
  caf::anon_send(supervisors.at(b.id), cancel_atom_v, uint32_t{0});
  run();
  BOOST_TEST((items(b.id)[0].state == item_state::cancelled));
  BOOST_TEST(stored(b.id).counts.succeeded == 2u);
  BOOST_TEST((stored(b.id).state == batch_state::completed_with_errors));
  BOOST_TEST(transfers.cancelled.size() == 1u);
}

BOOST_AUTO_TEST_CASE(drain_finishes_what_is_in_hand_and_no_more) {
  options.fetch.max_per_host = 1;
  with = start_services().with;
  transfers.answer = nullptr;
  const auto b = submit({three[0], three[1]});
  run();
  BOOST_REQUIRE(transfers.held.size() == 1u);
  caf::anon_send(supervisors.at(b.id), drain_atom_v);
  run();
  BOOST_TEST(is_alive(supervisor_of(b.id)));
  transfers.reply(transfers.held[0], page_of(transfers.held[0].order));
  transfers.held.clear();
  run();
  BOOST_TEST(!is_alive(supervisor_of(b.id)));
  BOOST_TEST(transfers.asked.size() == 1u);
  BOOST_TEST(stored(b.id).counts.succeeded == 1u);
  BOOST_TEST((items(b.id)[1].state == item_state::pending));
  // Whoever supervises it next goes on.
  transfers.answer = page_of;
  supervise(stored(b.id));
  run();
  BOOST_TEST((stored(b.id).state == batch_state::completed));
}

BOOST_AUTO_TEST_CASE(a_late_answer_of_a_dead_supervisors_work_changes_nothing) {
  transfers.answer = nullptr;
  const auto b = submit({three[0]});
  run();
  auto late = transfers.held[0];
  kill(supervisor_of(b.id));
  run();
  transfers.answer = page_of;
  supervise(stored(b.id));
  run();
  BOOST_TEST((stored(b.id).state == batch_state::completed));
  transfers.reply(late, page_of(late.order));
  run();
  BOOST_TEST(store.attempts({b.id, 0}).size() == 1u);
  BOOST_TEST(verify().empty());
}

BOOST_AUTO_TEST_CASE(the_supervisor_reads_no_more_than_it_can_use) {
  options.work.lookahead = 8;
  options.fetch.max_transfers = 4;
  options.fetch.max_per_host = 100;
  with = start_services().with;
  transfers.answer = nullptr;
  std::vector<std::string> many;
  for (int i = 0; i < 1'000; ++i)
    many.push_back("http://a.example/" + std::to_string(i));
  const auto b = submit(many);
  run();
  BOOST_TEST(transfers.held.size() == 4u);
  while (!transfers.held.empty()) {
    auto call = transfers.held.front();
    transfers.held.pop_front();
    transfers.reply(call, page_of(call.order));
    run();
    BOOST_TEST(transfers.held.size() <= 4u);
    BOOST_TEST(listeners.in_work(b.id).size() <= 4u);
  }
  BOOST_TEST((stored(b.id).state == batch_state::completed));
}

BOOST_AUTO_TEST_SUITE_END()
