/// Whose turn it is, without actors.
#include "actors/turns.hpp"

#include <boost/test/unit_test.hpp>

#include <map>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

constexpr batch_id large{1};
constexpr batch_id small{2};

struct table {
  turns all;
  turns::time now{};
  std::vector<std::pair<std::string, turns::time>> wakes;

  explicit table(turn_limits l)
      : all(l) {}
  void want(batch_id b, uint32_t from, uint32_t count, const std::string& host) {
    for (uint32_t i = from; i < from + count; ++i)
      all.want(b, i, host);
  }
  std::vector<item_key> grant() {
    std::vector<item_key> items;
    for (const auto& turn : all.grant(now, wakes))
      items.push_back(turn.item);
    return items;
  }
};

} // namespace

BOOST_AUTO_TEST_SUITE(turns_of_batches)

BOOST_AUTO_TEST_CASE(a_small_batch_gets_its_turns_beside_a_large_one) {
  table t{{.transfers = 4, .per_host = 100, .window = 100}};
  t.want(large, 0, 1'000, "a:80");
  auto running = t.grant();
  BOOST_TEST(running.size() == 4u);
  t.want(small, 0, 3, "a:80");
  unsigned small_ones = 0;
  for (int freed = 0; freed < 6; ++freed) {
    t.all.leave(running[0]);
    t.all.done(running[0]);
    running.erase(running.begin());
    for (const auto& item : t.grant()) {
      small_ones += item.batch == small;
      running.push_back(item);
    }
  }
  BOOST_TEST(small_ones == 3u);
}

BOOST_AUTO_TEST_CASE(a_host_that_comes_free_is_its_batchs_next) {
  table t{{.transfers = 2, .per_host = 10, .window = 100}};
  t.all.rule({.host = "a:80", .max_concurrency = 1});
  t.want(large, 0, 2, "a:80");
  t.want(large, 2, 3, "b:80");
  BOOST_TEST(t.grant().size() == 2u);
  const item_key a{large, 0};
  const item_key b{large, 2};
  t.all.leave(b);
  t.all.done(b);
  BOOST_REQUIRE(t.grant().size() == 1u);
  t.all.leave(a);
  t.all.done(a);
  const auto next = t.grant();
  BOOST_REQUIRE(next.size() == 1u);
  BOOST_TEST(next[0].index == 1u);
}

BOOST_AUTO_TEST_CASE(a_busy_host_does_not_hold_up_others) {
  table t{{.transfers = 10, .per_host = 2, .window = 100}};
  t.want(large, 0, 50, "slow:80");
  t.want(large, 50, 3, "quick:80");
  std::map<bool, unsigned> hosts;
  for (const auto& item : t.grant())
    ++hosts[item.index >= 50];
  BOOST_TEST(hosts[false] == 2u);
  BOOST_TEST(hosts[true] == 2u);
  BOOST_TEST(t.grant().empty());
  t.all.leave({large, 50});
  const auto next = t.grant();
  BOOST_REQUIRE(next.size() == 1u);
  BOOST_TEST(next[0].index == 52u);
}

BOOST_AUTO_TEST_CASE(batches_share_a_host_in_turn) {
  table t{{.transfers = 100, .per_host = 1, .window = 100}};
  t.want(large, 0, 10, "a:80");
  t.want(small, 0, 10, "a:80");
  std::vector<uint64_t> order;
  auto running = t.grant();
  for (int i = 0; i < 8; ++i) {
    BOOST_REQUIRE(running.size() == 1u);
    order.push_back(raw(running[0].batch));
    t.all.leave(running[0]);
    t.all.done(running[0]);
    running = t.grant();
  }
  BOOST_TEST(std::count(order.begin(), order.end(), 1u) == 4);
}

BOOST_AUTO_TEST_CASE(a_delay_between_starts_is_kept) {
  table t{{.transfers = 100, .per_host = 5, .window = 100, .host_delay = 100ms}};
  t.want(large, 0, 3, "a:80");
  BOOST_TEST(t.grant().size() == 1u);
  BOOST_REQUIRE(t.wakes.size() == 1u);
  BOOST_TEST((t.wakes[0].second == t.now + 100ms));
  t.now += 100ms;
  t.all.wake("a:80");
  BOOST_TEST(t.grant().size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_held_host_is_left_alone) {
  table t{{.transfers = 100, .per_host = 5, .window = 100}};
  t.all.hold("a:80", t.now + 10s);
  t.want(large, 0, 3, "a:80");
  BOOST_TEST(t.grant().empty());
  t.now += 10s;
  t.all.wake("a:80");
  BOOST_TEST(t.grant().size() == 3u);
}

BOOST_AUTO_TEST_CASE(work_behind_the_transfer_is_bounded) {
  table t{{.transfers = 100, .per_host = 100, .window = 2}};
  t.want(large, 0, 100, "a:80");
  auto running = t.grant();
  BOOST_TEST(running.size() == 100u);
  for (const auto& item : running)
    t.all.leave(item);
  t.want(large, 100, 10, "a:80");
  BOOST_TEST(t.grant().empty());
  for (uint32_t i = 0; i < 99; ++i)
    t.all.done({large, i});
  BOOST_TEST(t.grant().size() == 10u);
}

BOOST_AUTO_TEST_CASE(a_place_kept_for_cancelled_items_goes_to_the_next_batch) {
  table t{{.transfers = 100, .per_host = 1, .window = 1}};
  t.want(large, 0, 2, "a:80");
  BOOST_TEST(t.grant().size() == 1u);
  t.want(small, 0, 1, "a:80");
  BOOST_TEST(t.grant().empty());
  // The place is free, the window is not; the batch whose turn it would be wants it no more.
  t.all.leave({large, 0});
  BOOST_TEST(t.grant().empty());
  t.all.cancel({large, 1});
  t.all.done({large, 0});
  const auto next = t.grant();
  BOOST_REQUIRE(next.size() == 1u);
  BOOST_TEST((next[0].batch == small));
}

BOOST_AUTO_TEST_CASE(a_place_kept_for_a_batch_that_is_gone_goes_to_the_next) {
  table t{{.transfers = 100, .per_host = 1, .window = 1}};
  t.want(large, 0, 1, "a:80");
  BOOST_TEST(t.grant().size() == 1u);
  t.want(batch_id{3}, 0, 1, "a:80");
  t.want(small, 0, 1, "a:80");
  BOOST_TEST(t.grant().empty());
  t.all.leave({large, 0});
  BOOST_TEST(t.grant().empty());
  t.all.forget(batch_id{3});
  t.all.done({large, 0});
  const auto next = t.grant();
  BOOST_REQUIRE(next.size() == 1u);
  BOOST_TEST((next[0].batch == small));
}

BOOST_AUTO_TEST_CASE(what_has_begun_goes_before_the_rest_of_its_batch) {
  table t{{.transfers = 100, .per_host = 1, .window = 100}};
  t.want(large, 0, 10, "a:80");
  BOOST_TEST(t.grant().size() == 1u);
  t.all.cancel({large, 0});
  t.all.want(large, 0, "a:80", true);
  const auto next = t.grant();
  BOOST_REQUIRE(next.size() == 1u);
  BOOST_TEST(next[0].index == 0u);
}

BOOST_AUTO_TEST_CASE(forgotten_batches_and_cancelled_items_free_their_places) {
  table t{{.transfers = 2, .per_host = 2, .window = 100}};
  t.want(large, 0, 10, "a:80");
  t.grant();
  t.want(small, 0, 2, "a:80");
  BOOST_TEST(t.grant().empty());
  t.all.forget(large);
  const auto next = t.grant();
  BOOST_REQUIRE(next.size() == 2u);
  BOOST_TEST((next[0].batch == small));
  t.all.cancel(next[0]);
  t.all.cancel(next[1]);
  BOOST_TEST(t.all.transferring() == 0u);
  BOOST_TEST(t.all.working() == 0u);
}

BOOST_AUTO_TEST_CASE(what_is_urgent_goes_first_whoever_waits_longer) {
  table t{{.transfers = 1, .per_host = 1, .window = 100}};
  t.want(large, 0, 10, "a:80");
  auto running = t.grant();
  t.all.want(small, 0, "a:80", false, 3);
  t.all.want(small, 1, "a:80", false, 9);
  std::vector<uint32_t> order;
  for (int freed = 0; freed < 3; ++freed) {
    t.all.leave(running.at(0));
    t.all.done(running.at(0));
    running = t.grant();
    order.push_back(running.at(0).batch == small ? running[0].index : 100 + running[0].index);
  }
  BOOST_TEST(order == (std::vector<uint32_t>{1, 0, 101}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_batch_with_a_limit_has_no_more_in_work) {
  table t{{.transfers = 100, .per_host = 100, .window = 100}};
  t.all.limit(large, 2);
  t.want(large, 0, 5, "a:80");
  t.want(small, 0, 5, "a:80");
  auto running = t.grant();
  BOOST_TEST(running.size() == 7u);
  BOOST_TEST(t.all.reason({large, 4}, "a:80", t.now) == "batch_concurrency");
  // Its transfer is over, but it is in work still.
  t.all.leave({large, 0});
  BOOST_TEST(t.grant().empty());
  t.all.done({large, 0});
  BOOST_TEST(t.grant().size() == 1u);
  // Cancelled in its transfer, it makes room at once.
  t.all.cancel({large, 1});
  BOOST_TEST(t.grant().size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_rule_holds_for_its_host_alone) {
  table t{{.transfers = 100, .per_host = 2, .window = 100}};
  t.all.rule({.host = "a:80", .paused = true});
  t.want(large, 0, 5, "a:80");
  t.want(large, 5, 5, "b:80");
  BOOST_TEST(t.grant().size() == 2u);
  BOOST_TEST(t.all.reason({large, 0}, "a:80", t.now) == "host_paused");
  t.all.rule({.host = "a:80", .max_concurrency = 4});
  BOOST_TEST(t.grant().size() == 4u);
  BOOST_TEST(t.all.look("a:80").active == 4u);
  t.all.rule({.host = "a:80", .delay = 100ms});
  for (uint32_t i = 0; i < 4; ++i)
    t.all.cancel({large, i});
  BOOST_TEST(t.grant().size() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
