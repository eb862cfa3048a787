/// Where redirects lead: turns at hosts, budgets, circles; in virtual time.
#include "tests/actors/world.hpp"

#include <boost/test/unit_test.hpp>

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;

namespace {

const std::string first = "http://a.example/1";
const std::string second = "http://a.example/2";
const std::string there = "http://b.example/there";

fetch_result moved(const std::string& to) {
  fetch_result r;
  r.page.moved_to = to;
  return r;
}

struct redirected : world {
  /// A host takes one transfer at a time; the first that is held keeps the one busy that redirects lead to.
  void keep_busy() {
    options.fetch.max_per_host = 1;
    with = start_services().with;
    transfers.answer = nullptr;
    submit({"http://b.example/busy"});
    run();
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(redirects, redirected)

BOOST_AUTO_TEST_CASE(a_redirect_waits_for_its_turn_at_the_host_it_leads_to) {
  keep_busy();
  const auto b = submit({first});
  run();
  BOOST_REQUIRE(transfers.held.size() == 2u);
  auto answer = moved(there);
  answer.page.http_status = 301;
  transfers.reply(transfers.held[1], answer);
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
  BOOST_TEST(transfers.held[3].order.url == there);
  BOOST_TEST((transfers.held[3].order.work.token == transfers.held[1].order.work.token));
  transfers.reply(transfers.held[3], page_of(transfers.held[3].order));
  run();
  BOOST_TEST((stored(b.id).state == batch_state::completed));
  BOOST_TEST(store.attempts({b.id, 0}).size() == 1u);
}

BOOST_AUTO_TEST_CASE(waiting_for_a_turn_after_a_redirect_costs_no_budget) {
  keep_busy();
  submit({first});
  run();
  advance(10s);
  transfers.reply(transfers.held[1], moved(there));
  run();
  advance(options.work.item_budget - 15s);
  transfers.reply(transfers.held[0], page_of(transfers.held[0].order));
  run();
  BOOST_REQUIRE(transfers.held.size() == 3u);
  BOOST_TEST((transfers.held[2].order.work.budget == options.work.item_budget - 10s));
}

BOOST_AUTO_TEST_CASE(redirects_in_a_circle_end) {
  transfers.answer = [](const fetch_order& o) { return moved(o.url + "x"); };
  const auto b = submit({first});
  run();
  BOOST_TEST(transfers.asked.size() == static_cast<size_t>(options.fetch.max_redirects) + 1);
  BOOST_TEST((items(b.id)[0].error.code == errc::too_many_redirects));
  BOOST_TEST(items(b.id)[0].attempts == 1u);
}

BOOST_AUTO_TEST_CASE(a_new_attempt_starts_where_the_first_did) {
  unsigned asked = 0;
  transfers.answer = [&](const fetch_order& o) {
    if (o.url != there) return moved(there);
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
  transfers.reply(transfers.held[0], moved(there));
  run();
  BOOST_TEST(!is_alive(supervisor_of(b.id)));
  BOOST_TEST((items(b.id)[0].state == item_state::pending));
}

BOOST_AUTO_TEST_CASE(a_redirect_that_waits_can_be_cancelled) {
  keep_busy();
  const auto b = submit({first});
  run();
  transfers.reply(transfers.held[1], moved(there));
  run();
  caf::anon_send(supervisors.at(b.id), cancel_atom_v);
  run();
  BOOST_TEST((stored(b.id).state == batch_state::cancelled));
  BOOST_TEST(verify().empty());
}

BOOST_AUTO_TEST_SUITE_END()
