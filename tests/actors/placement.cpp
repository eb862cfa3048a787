/// Which node an item is worked on, without actors.
#include "actors/turns.hpp"

#include <boost/test/unit_test.hpp>

#include <map>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

constexpr batch_id some{3};
constexpr node_ref there{1};
constexpr node_ref yonder{2};

struct places {
  turns all{{.transfers = 10, .per_host = 1'000, .window = 10}};
  turns::time now{};
  uint32_t next = 0;

  std::map<node_ref, std::vector<item_key>> give(unsigned items, wish w = {}, batch_id of = some) {
    for (unsigned i = 0; i < items; ++i) {
      w.index = next++;
      all.want(of, w, "a:80");
    }
    return granted();
  }
  std::map<node_ref, std::vector<item_key>> granted() {
    std::map<node_ref, std::vector<item_key>> out;
    std::vector<std::pair<std::string, turns::time>> wakes;
    for (const auto& t : all.grant(now, wakes))
      out[t.at].push_back(t.item);
    return out;
  }
  void end(item_key item, bool failed) {
    all.leave(item);
    all.done(item, failed, now);
  }
};

} // namespace

BOOST_AUTO_TEST_SUITE(placement)

BOOST_AUTO_TEST_CASE(the_least_loaded_gets_the_next_and_this_node_comes_first) {
  places p;
  BOOST_TEST(p.give(1)[node_ref::here].size() == 1u);
  p.all.node(there, {20, 20, true});
  auto g = p.give(15);
  // In proportion to their room.
  BOOST_TEST(g[node_ref::here].size() + 1 >= 5u);
  BOOST_TEST(g[there].size() >= 9u);
  g = p.give(30);
  BOOST_TEST(p.all.in_hand(node_ref::here) == 10u);
  BOOST_TEST(p.all.in_hand(there) == 20u);
  BOOST_TEST(p.all.waiting() == 16u);
}

BOOST_AUTO_TEST_CASE(a_node_that_is_gone_gets_nothing_and_its_items_end_by_themselves) {
  places p;
  p.all.node(there, {20, 20, true});
  auto g = p.give(30);
  p.all.drop_node(there);
  for (const auto& item : g[there])
    p.end(item, true);
  BOOST_TEST(p.all.in_hand(there) == 0u);
  BOOST_TEST(p.granted().empty());
  p.end(g[node_ref::here][0], false);
  BOOST_TEST(p.give(1)[node_ref::here].size() == 1u);
}

BOOST_AUTO_TEST_CASE(media_goes_where_it_can_be_done) {
  places p;
  p.all.node(node_ref::here, {10, 10, false});
  p.all.node(there, {2, 2, true});
  auto g = p.give(5, {.media = true});
  BOOST_TEST(g[there].size() == 2u);
  BOOST_TEST(g[node_ref::here].empty());
  // Other batches are not held up by it.
  BOOST_TEST(p.give(3, {}, batch_id{4})[node_ref::here].size() == 3u);
  p.end(g[there][0], false);
  BOOST_TEST(p.granted()[there].size() == 1u);
}

BOOST_AUTO_TEST_CASE(an_item_that_failed_somewhere_is_tried_elsewhere) {
  places p;
  p.all.node(there, {20, 20, true});
  BOOST_TEST(p.give(1, {.not_at = node_ref::here})[there].size() == 1u);
  p.all.drop_node(there);
  // There is no other.
  BOOST_TEST(p.give(1, {.not_at = node_ref::here})[node_ref::here].size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_node_that_fails_what_others_can_do_is_set_aside_for_a_while) {
  places p;
  p.all.node(there, {10, 10, true});
  std::optional<node_ref> aside;
  unsigned done_elsewhere = 0;
  while (!aside && done_elsewhere < 100) {
    const auto item = p.give(1, {.not_at = there})[node_ref::here].at(0);
    p.all.leave(item);
    aside = p.all.done(item, false, p.now);
    ++done_elsewhere;
  }
  BOOST_TEST((aside == std::optional{there}));
  BOOST_TEST(done_elsewhere == 8u);
  BOOST_TEST(p.all.set_aside(there, p.now));
  BOOST_TEST(p.give(5)[there].empty());
  p.now += 31s;
  BOOST_TEST(!p.all.set_aside(there, p.now));
  BOOST_TEST(p.give(5)[there].size() > 0u);
}

BOOST_AUTO_TEST_CASE(a_node_that_does_some_things_well_is_not_set_aside) {
  places p;
  p.all.node(there, {10, 10, true});
  for (int round = 0; round < 10; ++round) {
    for (int i = 0; i < 7; ++i)
      p.end(p.give(1, {.not_at = there})[node_ref::here].at(0), false);
    p.end(p.give(1, {.not_at = node_ref::here})[there].at(0), false);
  }
  BOOST_TEST(!p.all.set_aside(there, p.now));
  BOOST_TEST(!p.all.set_aside(node_ref::here, p.now));
}

BOOST_AUTO_TEST_CASE(many_dead_urls_among_good_ones_set_nobody_aside) {
  places p;
  p.all.node(there, {10, 10, true});
  for (int round = 0; round < 50; ++round) {
    auto g = p.give(20);
    unsigned n = 0;
    for (const auto& [at, items] : g)
      for (const auto& item : items) {
        // Nine of ten lead nowhere; the next attempt elsewhere fails as well.
        p.end(item, n++ % 10 != 0);
      }
  }
  BOOST_TEST(!p.all.set_aside(there, p.now));
  BOOST_TEST(!p.all.set_aside(node_ref::here, p.now));
}

BOOST_AUTO_TEST_CASE(what_fails_everywhere_sets_nobody_aside) {
  places p;
  p.all.node(there, {10, 10, true});
  for (int round = 0; round < 5; ++round) {
    auto g = p.give(20);
    for (const auto& [at, items] : g)
      for (const auto& item : items)
        p.end(item, true);
  }
  BOOST_TEST(!p.all.set_aside(there, p.now));
  BOOST_TEST(!p.all.set_aside(node_ref::here, p.now));
  BOOST_TEST(!p.all.set_aside(yonder, p.now));
}

BOOST_AUTO_TEST_SUITE_END()
