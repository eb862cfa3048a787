/// Several gates and one host: its limit holds for all of them together. No actors; messages are carried by
/// hand.
#include "actors/shared_hosts.hpp"

#include <boost/test/unit_test.hpp>

#include <deque>
#include <memory>
#include <set>

using namespace troupe;

namespace {

const std::string host = "a:80";

struct gate {
  turns all;
  shared_hosts shared{all};
  std::vector<item_key> active;
  explicit gate(size_t per_host)
      : all({.transfers = 100, .per_host = per_host, .window = 100}) {
    all.counted_elsewhere([this](const std::string& h) { return shared.is_elsewhere(h); });
    all.unknown_yet([this] { return shared.is_unknown(); });
  }
};

struct gates {
  std::map<node_number, std::unique_ptr<gate>> of;
  size_t most = 0;
  turns::time now{};

  gates(size_t per_host, std::set<node_number> numbers) {
    for (const auto n : numbers)
      of[n] = std::make_unique<gate>(per_host);
    meet();
  }
  /// Those that are left know of each other.
  void meet() {
    for (auto& [n, g] : of) {
      std::set<node_number> others;
      for (const auto& [o, other] : of)
        if (o != n) others.insert(o);
      g->shared.members(n, others);
    }
    settle();
  }
  node_number counter() { return of.begin()->second->shared.counter_of(host); }
  void want(node_number n, uint32_t from, uint32_t count) {
    for (uint32_t i = 0; i < count; ++i)
      of[n]->all.want(batch_id{make_id(n, 5)}, from + i, host);
    settle();
  }
  size_t active() const {
    size_t sum = 0;
    for (const auto& [n, g] : of)
      sum += g->active.size();
    return sum;
  }
  struct letter {
    node_number from;
    node_number to;
    host_message what;
  };
  std::deque<letter> post;

  /// As the actor does after every message.
  void give_turns(node_number n) {
    auto& g = *of[n];
    std::vector<std::pair<std::string, turns::time>> wakes;
    for (const auto& t : g.all.grant(now, wakes))
      if (t.at == node_ref::foreign)
        g.shared.granted(t.item);
      else
        g.active.push_back(t.item);
    most = std::max(most, active());
    for (auto& [to, m] : g.shared.take_messages())
      post.push_back({n, to, m});
  }
  /// Messages are carried one by one until there are none.
  void settle() {
    for (auto& [n, g] : of)
      give_turns(n);
    while (!post.empty()) {
      const auto m = post.front();
      post.pop_front();
      if (!of.contains(m.to)) continue;
      of[m.to]->shared.heard(m.from, m.what);
      give_turns(m.to);
    }
  }
  void finish_one(node_number n) {
    auto& g = *of[n];
    const auto item = g.active.back();
    g.active.pop_back();
    g.all.leave(item);
    g.all.done(item);
    settle();
  }
  /// Ends transfers one after the other until none is left; how many there were.
  size_t drain() {
    size_t ended = 0;
    for (bool more = true; more;) {
      more = false;
      for (auto& [n, g] : of)
        if (!g->active.empty()) {
          finish_one(n);
          ++ended;
          more = true;
        }
    }
    return ended;
  }
};

} // namespace

BOOST_AUTO_TEST_SUITE(sharing_hosts)

BOOST_AUTO_TEST_CASE(the_limit_holds_for_all_and_everyone_gets_its_turn) {
  gates g{2, {1, 2, 3}};
  for (const node_number n : {1, 2, 3})
    g.want(n, 0, 10);
  BOOST_TEST(g.active() == 2u);
  BOOST_TEST(g.drain() == 30u);
  BOOST_TEST(g.most == 2u);
}

BOOST_AUTO_TEST_CASE(permits_that_nobody_wants_any_more_go_back) {
  gates g{2, {1, 2}};
  const auto counts = g.counter();
  const node_number asks = counts == 1 ? 2 : 1;
  g.want(counts, 0, 2);
  g.want(asks, 0, 5);
  for (uint32_t i = 0; i < 5; ++i)
    g.of[asks]->all.cancel({batch_id{make_id(asks, 5)}, i});
  g.settle();
  g.finish_one(counts);
  g.finish_one(counts);
  BOOST_TEST(g.active() == 0u);
  g.want(counts, 10, 4);
  BOOST_TEST(g.of[counts]->active.size() == 2u);
  BOOST_TEST(g.drain() == 4u);
}

BOOST_AUTO_TEST_CASE(a_counter_that_goes_is_followed_by_one_that_knows_what_is_under_way) {
  gates g{2, {1, 2, 3}};
  const auto counts = g.counter();
  std::vector<node_number> others;
  for (const node_number n : {1, 2, 3})
    if (n != counts) others.push_back(n);
  g.want(others[0], 0, 10);
  BOOST_TEST(g.of[others[0]]->active.size() == 2u);
  g.want(others[1], 0, 10);
  g.of.erase(counts);
  g.meet();
  BOOST_TEST(g.active() == 2u);
  BOOST_TEST(g.drain() == 20u);
  BOOST_TEST(g.most == 2u);
}

BOOST_AUTO_TEST_CASE(what_a_gate_had_that_is_gone_is_free_again) {
  gates g{2, {1, 2}};
  const auto counts = g.counter();
  const node_number asks = counts == 1 ? 2 : 1;
  g.want(asks, 0, 10);
  BOOST_TEST(g.of[asks]->active.size() == 2u);
  g.want(counts, 0, 5);
  BOOST_TEST(g.of[counts]->active.empty());
  g.of.erase(asks);
  g.meet();
  BOOST_TEST(g.of[counts]->active.size() == 2u);
  BOOST_TEST(g.drain() == 5u);
}

BOOST_AUTO_TEST_CASE(what_was_lost_on_the_way_is_said_anew) {
  gates g{2, {1, 2}};
  const auto counts = g.counter();
  const node_number asks = counts == 1 ? 2 : 1;
  // The counter sees an end of the connection that the other one does not.
  g.want(asks, 0, 10);
  g.of[counts]->shared.members(counts, {});
  g.of[counts]->shared.members(counts, {asks});
  g.finish_one(asks);
  g.finish_one(asks);
  BOOST_TEST(g.of[asks]->active.empty());
  for (auto& [n, one] : g.of)
    one->shared.next_round();
  g.settle();
  BOOST_TEST(g.of[asks]->active.size() == 2u);
  g.want(counts, 0, 3);
  BOOST_TEST(g.drain() == 11u);
  BOOST_TEST(g.most == 2u);
}

BOOST_AUTO_TEST_CASE(owners_that_disagree_for_a_while_who_is_there_agree_again) {
  gates g{1, {1, 2}};
  g.of[3] = std::make_unique<gate>(1);
  // The third one knows the second, the second does not know that the first is not known.
  g.of[3]->shared.members(3, {2});
  g.of[2]->shared.members(2, {1, 3});
  g.of[1]->shared.members(1, {2});
  g.want(3, 0, 3);
  g.meet();
  for (int i = 0; i < 2; ++i)
    for (auto& [n, one] : g.of)
      one->shared.next_round();
  g.settle();
  for (const node_number n : {1, 2})
    g.want(n, 0, 3);
  BOOST_TEST(g.drain() == 9u);
}

BOOST_AUTO_TEST_CASE(the_limit_holds_while_everything_is_said_anew) {
  gates g{2, {1, 2, 3}};
  for (const node_number n : {1, 2, 3})
    g.want(n, 0, 20);
  for (int round = 0; round < 20; ++round)
    for (auto& [n, one] : g.of) {
      one->shared.next_round();
      g.settle();
      if (!one->active.empty()) g.finish_one(n);
    }
  g.drain();
  BOOST_TEST(g.most == 2u);
}

BOOST_AUTO_TEST_CASE(at_a_host_with_a_delay_the_counter_has_its_turns_and_the_others_theirs) {
  gates g{2, {1, 2}};
  const auto counts = g.counter();
  const node_number asks = counts == 1 ? 2 : 1;
  g.of[counts]->all.pace(host, std::chrono::seconds{1});
  g.want(asks, 0, 40);
  g.want(counts, 0, 40);
  std::map<node_number, unsigned> had;
  for (int second = 0; second < 20; ++second) {
    for (auto& [n, one] : g.of)
      while (!one->active.empty()) {
        ++had[n];
        g.finish_one(n);
      }
    if (second % 5 == 0)
      for (auto& [n, one] : g.of)
        one->shared.next_round();
    g.now += std::chrono::seconds{1};
    g.of[counts]->all.wake(host);
    g.settle();
  }
  BOOST_TEST(had[counts] >= 5u);
  BOOST_TEST(had[asks] >= 5u);
  BOOST_TEST(g.of[counts]->all.look(host).waiting <= 2u);
}

BOOST_AUTO_TEST_CASE(what_one_has_under_way_that_went_and_came_back_is_waited_for) {
  gates g{2, {1, 2}};
  const auto counts = g.counter();
  const node_number asks = counts == 1 ? 2 : 1;
  g.want(asks, 0, 10);
  g.want(counts, 0, 10);
  BOOST_TEST(g.of[asks]->active.size() == 2u);
  // The counter alone sees the connection end and come back.
  g.of[counts]->shared.members(counts, {});
  g.of[counts]->shared.members(counts, {asks});
  g.settle();
  BOOST_TEST(g.active() == 2u);
  g.of[asks]->shared.members(asks, {counts});
  g.settle();
  BOOST_TEST(g.active() == 2u);
  g.drain();
  BOOST_TEST(g.most == 2u);
}

BOOST_AUTO_TEST_CASE(one_that_comes_may_be_the_counter_from_then_on) {
  gates g{2, {1}};
  g.want(1, 0, 20);
  for (const node_number n : {2, 3, 4, 5, 6}) {
    g.of[n] = std::make_unique<gate>(2);
    g.meet();
    g.want(n, 0, 4);
  }
  BOOST_TEST(g.drain() == 40u);
  BOOST_TEST(g.most == 2u);
}

BOOST_AUTO_TEST_SUITE_END()
