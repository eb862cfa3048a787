/// Nodes that are killed, frozen and cut off while they work: nothing is lost, nothing is done twice. Rounds
/// and items: TROUPE_CLUSTER_ROUNDS, TROUPE_CLUSTER_ITEMS.
#include "tests/cluster/cluster.hpp"
#include "tests/fixtures/origin.hpp"

#include "model/time.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <map>
#include <random>
#include <set>

using namespace troupe;
using namespace troupe::test;
using nlohmann::json;
using namespace std::chrono_literals;

namespace {

unsigned number_from(const char* variable, unsigned otherwise) {
  const char* text = std::getenv(variable);
  return text ? static_cast<unsigned>(std::strtoul(text, nullptr, 10)) : otherwise;
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

/// Notebooks that live on different nodes, three for each.
constexpr unsigned notebooks = 9;

struct run {
  cluster all{3, 2};
  origin site;
  unsigned next_page = 0;
  std::map<std::string, unsigned> expected;

  std::vector<std::string> pages(unsigned count) {
    std::vector<std::string> out;
    for (unsigned i = 0; i < count; ++i)
      out.push_back("http://" + std::string(own_address) + ":" + std::to_string(site.port()) + "/delay/300/" +
                    std::to_string(next_page++));
    return out;
  }

  void submit_to_all(unsigned items, std::minstd_rand& random) {
    for (unsigned n = 1; n <= notebooks; ++n) {
      auto through = all.serving();
      std::shuffle(through.begin(), through.end(), random);
      const auto urls = pages(items / notebooks);
      expected[submit(through, n, urls)] = static_cast<unsigned>(urls.size());
    }
  }

  bool all_in_work() {
    for (const auto& [batch, items] : expected) {
      const auto b = all.serving()[0]->get("/v1/batches/" + batch).json();
      if (b.contains("reason")) continue;
      if (b.at("counts").at("processing") > 0) return true;
    }
    return false;
  }
};

timestamp time_in(const json& x, const char* name) {
  return parse_rfc3339(x.at(name).get<std::string>());
}

/// What a batch's rows, counts and events say, compared.
void check(const std::vector<node*>& any, const std::string& batch, unsigned items) {
  const auto b = wait_for(any, batch);
  BOOST_TEST(b.at("counts").at("total") == items);
  BOOST_TEST(b.at("counts").at("succeeded") == items);
  const auto all = rows(any, "/v1/batches/" + batch + "/items");
  BOOST_TEST(all.size() == items);
  std::set<std::string> sources;
  for (const auto& x : all) {
    BOOST_TEST(x.at("state") == "succeeded", x.dump());
    sources.insert(x.value("file_id", ""));
  }
  BOOST_TEST(sources.size() == items);
  std::map<std::string, unsigned> ends;
  for (uint64_t after = 0;;) {
    const auto page = rows(any, "/v1/batches/" + batch + "/events?after=" + std::to_string(after));
    if (page.empty()) break;
    for (const auto& e : page) {
      after = e.at("id");
      if (e.at("type") == "item.succeeded") ++ends[e.at("item").get<std::string>()];
    }
  }
  BOOST_TEST(ends.size() == items);
  BOOST_TEST(std::all_of(ends.begin(), ends.end(), [](const auto& x) { return x.second == 1; }));
}

/// The time from the failure to the last begin of an attempt that took something over; none: nothing was.
std::optional<milliseconds> taken_over(const std::vector<node*>& any, const std::string& batch,
                                       const std::string& lost, timestamp failed) {
  std::optional<milliseconds> last;
  for (const auto& x : rows(any, "/v1/batches/" + batch + "/items")) {
    if (x.at("attempts") < 2) continue;
    const auto tries = rows(any, "/v1/items/" + x.at("id").get<std::string>() + "/attempts");
    for (size_t i = 0; i + 1 < tries.size(); ++i)
      if (tries[i].value("worker", "") == lost)
        last = std::max(last.value_or(0ms), time_in(tries[i + 1], "started_at") - failed);
  }
  return last;
}

} // namespace

BOOST_AUTO_TEST_SUITE(failures)

BOOST_AUTO_TEST_CASE(every_item_ends_once_whatever_node_fails) {
  const auto seed = number_from("TROUPE_CLUSTER_SEED", std::random_device{}());
  std::minstd_rand random{seed};
  const auto count = number_from("TROUPE_CLUSTER_ROUNDS", 6);
  const auto items = number_from("TROUPE_CLUSTER_ITEMS", 2'700) / count;
  std::cout << "seed " << seed << ", " << count << " rounds of " << items << " items\n";
  run r;
  for (const auto& [what, serves] : rounds_of(count, random)) {
    r.expected.clear();
    r.submit_to_all(items, random);
    std::vector<node*> those;
    for (const auto& n : r.all.nodes())
      if (n->serves() == serves) those.push_back(n.get());
    auto& victim = *those[random() % those.size()];
    BOOST_TEST(becomes([&] { return r.all_in_work(); }, 30s));
    const auto failed = now();
    begin(what, victim);
    // It comes back once the others have noticed.
    auto others = r.all.serving();
    std::erase(others, &victim);
    const auto away = [&] {
      const auto seen = others[0]->get("/v1/nodes", 5s);
      if (seen.status != 200) return false;
      const auto page = seen.json();
      for (const auto& n : page.at("data"))
        if (n.at("id") == victim.name()) return n.at("state") == "away";
      return false;
    };
    BOOST_TEST(becomes(away, 30s));
    const auto noticed = now() - failed;
    end(what, victim);
    std::optional<milliseconds> over;
    for (const auto& [batch, size] : r.expected) {
      check(r.all.serving(), batch, size);
      const auto o = taken_over(r.all.serving(), batch, victim.name(), failed);
      if (o) over = std::max(over.value_or(0ms), *o);
    }
    r.all.wait_until_met();
    std::cout << victim.name() << " " << names[static_cast<int>(what)] << ": noticed after "
              << noticed.count() << " ms, the last of its items taken over after "
              << (over ? std::to_string(over->count()) + " ms" : std::string("-")) << "\n";
  }
}

BOOST_AUTO_TEST_SUITE_END()
