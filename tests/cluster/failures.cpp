/// Nodes that are killed, frozen and cut off while they work: nothing is lost, nothing is done twice. Rounds
/// and items: TROUPE_CLUSTER_ROUNDS, TROUPE_CLUSTER_ITEMS.
#include "tests/cluster/load.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstdlib>
#include <iostream>

using namespace troupe;
using namespace troupe::test;
using nlohmann::json;
using namespace std::chrono_literals;

namespace {

unsigned number_from(const char* variable, unsigned otherwise) {
  const char* text = std::getenv(variable);
  return text ? static_cast<unsigned>(std::strtoul(text, nullptr, 10)) : otherwise;
}

bool is_away(const node& by, const std::string& name) {
  const auto seen = by.get("/v1/nodes", 5s);
  if (seen.status != 200) return false;
  const auto page = seen.json();
  return std::any_of(page.at("data").begin(), page.at("data").end(),
                     [&](const json& n) { return n.at("id") == name && n.at("state") == "away"; });
}

enum class harm { kill, freeze, cut };
constexpr const char* names[] = {"kill -9", "SIGSTOP", "cut off"};

struct round {
  harm what;
  bool serves;
};

/// Every kind of failure of every kind of node, in random order, again and again.
std::vector<round> rounds_of(unsigned count, std::minstd_rand& random) {
  std::vector<round> out;
  while (out.size() < count) {
    std::vector<round> all;
    for (const auto what : {harm::kill, harm::freeze, harm::cut})
      for (const bool serves : {true, false})
        all.push_back({what, serves});
    std::shuffle(all.begin(), all.end(), random);
    out.insert(out.end(), all.begin(), all.end());
  }
  out.resize(count);
  return out;
}

void begin(harm what, node& n) {
  if (what == harm::kill) n.kill9();
  if (what == harm::freeze) n.freeze();
  if (what == harm::cut) n.cut();
}
void end(harm what, node& n) {
  if (what == harm::kill) n.start();
  if (what == harm::freeze) n.thaw();
  if (what == harm::cut) n.heal();
}

} // namespace

BOOST_AUTO_TEST_SUITE(failures)

BOOST_AUTO_TEST_CASE(every_item_ends_once_whatever_node_fails) {
  const auto seed = number_from("TROUPE_CLUSTER_SEED", std::random_device{}());
  std::minstd_rand random{seed};
  const auto count = number_from("TROUPE_CLUSTER_ROUNDS", 6);
  const auto items = number_from("TROUPE_CLUSTER_ITEMS", 2'700) / count;
  std::cout << "seed " << seed << ", " << count << " rounds of " << items << " items\n";
  cluster all{3, 2};
  load work{all, 300};
  for (const auto& [what, serves] : rounds_of(count, random)) {
    work.forget();
    work.submit_to_all(items / notebooks, random);
    std::vector<node*> those;
    for (const auto& n : all.nodes())
      if (n->serves() == serves) those.push_back(n.get());
    auto& victim = *those[random() % those.size()];
    BOOST_TEST(becomes([&] { return work.is_in_work(); }, 30s));
    const auto failed = now();
    begin(what, victim);
    // It comes back once the others have noticed.
    auto others = all.serving();
    std::erase(others, &victim);
    BOOST_TEST(becomes([&] { return is_away(*others[0], victim.name()); }, 30s));
    const auto noticed = now() - failed;
    end(what, victim);
    work.check();
    const auto over = work.taken_over(victim.name(), failed);
    all.wait_until_met();
    std::cout << victim.name() << " " << names[static_cast<int>(what)] << ": noticed after "
              << noticed.count() << " ms, the last of its items taken over after "
              << (over ? std::to_string(over->count()) + " ms" : std::string("-")) << "\n";
  }
}

BOOST_AUTO_TEST_CASE(a_rolling_restart_under_load_loses_and_doubles_nothing) {
  std::minstd_rand random{number_from("TROUPE_CLUSTER_SEED", std::random_device{}())};
  cluster all{3, 2};
  load work{all, 200};
  for (auto& n : all.nodes()) {
    work.submit_to_all(30, random);
    BOOST_TEST(becomes([&] { return work.is_in_work(); }, 30s));
    const int code = n->terminate();
    BOOST_TEST(code == 0, n->name() << " ended with " << code << ": " << n->log());
    n->start();
    all.wait_until_met();
  }
  work.check();
}

BOOST_AUTO_TEST_CASE(a_node_that_is_told_to_drain_finishes_and_ends) {
  std::minstd_rand random{1};
  cluster all{1, 2};
  load work{all, 500};
  work.submit_to_all(20, random);
  auto& n = all.at("n1");
  const auto in_hand = [&] {
    const auto page = n.get("/v1/nodes").json();
    return std::any_of(page.at("data").begin(), page.at("data").end(),
                       [](const json& x) { return x.at("id") == "w1" && x.at("in_flight") > 0; });
  };
  BOOST_TEST(becomes(in_hand, 30s));
  BOOST_TEST(n.post("/v1/nodes/w1/drain", "{}").status == 202);
  BOOST_TEST(all.at("w1").wait_for_end() == 0);
  work.check();
  // What it had in hand it has finished: nothing had to be taken over.
  BOOST_TEST(!work.taken_over("w1", {}).has_value());
  BOOST_TEST(n.post("/v1/nodes/w1/drain", "{}").status == 404);
}

BOOST_AUTO_TEST_SUITE_END()
