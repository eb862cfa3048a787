#include "tests/cluster/load.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <set>

namespace troupe::test {

using nlohmann::json;
using namespace std::chrono_literals;

namespace {

timestamp time_in(const json& x, const char* name) {
  return parse_rfc3339(x.at(name).get<std::string>());
}

void check_batch(const std::vector<node*>& any, const std::string& batch, unsigned items) {
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

} // namespace

void load::submit_to_all(unsigned items_each, std::minstd_rand& random) {
  const auto base = "http://" + std::string(own_address) + ":" + std::to_string(site_.port()) + "/delay/" +
                    std::to_string(delay_ms_) + "/";
  for (unsigned n = 1; n <= notebooks; ++n) {
    auto through = on_.serving();
    std::shuffle(through.begin(), through.end(), random);
    std::vector<std::string> urls;
    for (unsigned i = 0; i < items_each; ++i)
      urls.push_back(base + std::to_string(next_page_++));
    batches_[submit(through, n, urls)] = items_each;
  }
}

bool load::is_in_work() const {
  for (const auto& [batch, items] : batches_)
    for (auto* n : on_.serving()) {
      if (!n->running()) continue;
      const auto r = n->get("/v1/batches/" + batch, 5s);
      if (r.status == 200 && r.json().at("counts").at("processing") > 0) return true;
    }
  return false;
}

void load::check() {
  for (const auto& [batch, items] : batches_)
    check_batch(on_.serving(), batch, items);
}

std::optional<milliseconds> load::taken_over(const std::string& lost, timestamp failed) {
  std::optional<milliseconds> last;
  const auto any = on_.serving();
  for (const auto& [batch, items] : batches_)
    for (const auto& x : rows(any, "/v1/batches/" + batch + "/items")) {
      if (x.at("attempts") < 2) continue;
      const auto tries = rows(any, "/v1/items/" + x.at("id").get<std::string>() + "/attempts");
      for (size_t i = 0; i + 1 < tries.size(); ++i)
        if (tries[i].value("worker", "") == lost)
          last = std::max(last.value_or(0ms), time_in(tries[i + 1], "started_at") - failed);
    }
  return last;
}

} // namespace troupe::test
