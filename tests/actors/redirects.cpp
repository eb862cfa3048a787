/// Where redirects lead: turns at hosts, budgets, circles; in virtual time.
#include "tests/actors/world.hpp"

#include <boost/test/unit_test.hpp>

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;

namespace {

const std::string first = "http://a.example/1";
const std::string second = "http://a.example/2";

} // namespace

BOOST_FIXTURE_TEST_SUITE(redirects, world)

BOOST_AUTO_TEST_CASE(a_redirect_waits_for_its_turn_at_the_host_it_leads_to) {
  options.fetch.max_per_host = 1;
  with = start_services().with;
  transfers.answer = nullptr;
  submit({"http://b.example/busy"});
  run();
  const auto b = submit({first});
  run();
  BOOST_REQUIRE(transfers.held.size() == 2u);
  fetch_result moved;
  moved.page.http_status = 301;
  moved.page.moved_to = "http://b.example/there";
  transfers.reply(transfers.held[1], moved);
  run();
  BOOST_TEST(transfers.held.size() == 2u);
  BOOST_TEST(listeners.in_work(b.id).empty());
  // Its first host is free again.
  submit({second});
  run();
  BOOST_TEST(transfers.held.size() == 3u);
  transfers.reply(transfers.held[0], page_of(transfers.held[0].order));
  run();
  BOOST_REQUIRE(transfers.held.size() == 4u);
  BOOST_TEST(transfers.held[3].order.url == "http://b.example/there");
  BOOST_TEST((transfers.held[3].order.work.token == transfers.held[1].order.work.token));
  transfers.reply(transfers.held[3], page_of(transfers.held[3].order));
  run();
  BOOST_TEST((stored(b.id).state == batch_state::completed));
  BOOST_TEST(store.attempts({b.id, 0}).size() == 1u);
}

BOOST_AUTO_TEST_CASE(waiting_for_a_turn_after_a_redirect_costs_no_budget) {
  options.fetch.max_per_host = 1;
  with = start_services().with;
  transfers.answer = nullptr;
  submit({"http://b.example/busy"});
  run();
  submit({first});
  run();
  advance(10s);
  fetch_result moved;
  moved.page.moved_to = "http://b.example/there";
  transfers.reply(transfers.held[1], moved);
  run();
  advance(options.work.item_budget - 15s);
  transfers.reply(transfers.held[0], page_of(transfers.held[0].order));
  run();
  BOOST_REQUIRE(transfers.held.size() == 3u);
  BOOST_TEST((transfers.held[2].order.work.budget == options.work.item_budget - 10s));
}

BOOST_AUTO_TEST_CASE(redirects_in_a_circle_end) {
  transfers.answer = [](const fetch_order& o) {
    fetch_result r;
    r.page.moved_to = o.url + "x";
    return r;
  };
  const auto b = submit({first});
  run();
  BOOST_TEST(transfers.asked.size() == static_cast<size_t>(options.fetch.max_redirects) + 1);
  BOOST_TEST((items(b.id)[0].error.code == errc::too_many_redirects));
  BOOST_TEST(items(b.id)[0].attempts == 1u);
}

BOOST_AUTO_TEST_CASE(a_new_attempt_starts_where_the_first_did) {
  unsigned asked = 0;
  transfers.answer = [&](const fetch_order& o) {
    fetch_result r;
    r.page.moved_to = "http://b.example/there";
    if (o.url != r.page.moved_to) return r;
    return ++asked == 1 ? fetch_failure(fail(errc::http_5xx)) : page_of(o);
  };
  const auto b = submit({first});
  run();
  advance(60s);
  BOOST_TEST((stored(b.id).state == batch_state::completed));
  BOOST_REQUIRE(transfers.asked.size() == 4u);
  BOOST_TEST(transfers.asked[2].url == first);
}

BOOST_AUTO_TEST_CASE(a_redirect_during_a_drain_waits_for_no_turn) {
  transfers.answer = nullptr;
  const auto b = submit({first});
  run();
  caf::anon_send(supervisors.at(b.id), drain_atom_v);
  run();
  BOOST_TEST(is_alive(supervisor_of(b.id)));
  fetch_result moved;
  moved.page.moved_to = "http://b.example/there";
  transfers.reply(transfers.held[0], moved);
  run();
  BOOST_TEST(!is_alive(supervisor_of(b.id)));
  BOOST_TEST((items(b.id)[0].state == item_state::pending));
}

BOOST_AUTO_TEST_CASE(a_redirect_that_waits_can_be_cancelled) {
  options.fetch.max_per_host = 1;
  with = start_services().with;
  transfers.answer = nullptr;
  submit({"http://b.example/busy"});
  run();
  const auto b = submit({first});
  run();
  fetch_result moved;
  moved.page.moved_to = "http://b.example/there";
  transfers.reply(transfers.held[1], moved);
  run();
  caf::anon_send(supervisors.at(b.id), cancel_atom_v);
  run();
  BOOST_TEST((stored(b.id).state == batch_state::cancelled));
  BOOST_TEST(verify().empty());
}

BOOST_AUTO_TEST_SUITE_END()
