/// kill -9 at random moments: nothing accepted is lost, nothing is done twice.
///
/// TROUPE_CRASH_ROUNDS sets the number of kills (default 5), TROUPE_CRASH_SEED their moments.
#include "tests/fixtures/origin.hpp"
#include "tests/support/server_process.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <random>
#include <set>
#include <thread>

using namespace troupe::test;
using nlohmann::json;

namespace {

unsigned from_environment(const char* name, unsigned otherwise) {
  const char* text = std::getenv(name);
  return text ? static_cast<unsigned>(std::strtoul(text, nullptr, 10)) : otherwise;
}

struct submitted_batch {
  uint64_t notebook = 0;
  uint64_t id = 0;
  unsigned items = 0;
};

class crashing {
public:
  explicit crashing(bool loses_unsynced)
      : loses_unsynced_(loses_unsynced)
      , random_(from_environment("TROUPE_CRASH_SEED", std::random_device{}())) {}

  void run(unsigned rounds) {
    for (unsigned round = 0; round < rounds; ++round) {
      server_process server{options()};
      submit(server);
      const auto moment = std::chrono::microseconds(random_() % 700'000);
      wait_for(moment);
      // A submission may be under way when the process dies: accepted or not, but never in part.
      std::optional<std::jthread> late;
      if (random_() % 2) late.emplace([&, list = urls()] { try_to_submit(server, list); });
      wait_for(std::chrono::microseconds(random_() % 20'000));
      server.kill9();
    }
    finish();
  }

private:
  server_options options() const {
    return {.data = dir_.path() + "/store",
            // Some originals become files, so that these are killed at work too.
            .set = {"store.inline_original_bytes=3000", "log.level=info"},
            .loses_unsynced = loses_unsynced_};
  }

  static void wait_for(std::chrono::microseconds time) { std::this_thread::sleep_for(time); }

  std::vector<std::string> urls() {
    std::vector<std::string> out;
    const unsigned count = 20 + random_() % 300;
    for (unsigned i = 0; i < count; ++i) {
      const auto n = std::to_string(page_++);
      const auto host = 1 + page_ % 10;
      if (i % 23 == 0)
        out.push_back(origin_.url("/status/404?" + n, host));
      else if (i % 29 == 0)
        out.push_back(origin_.url("/flaky/503/1/" + n, host));
      else
        out.push_back(origin_.url("/page/" + n + (i % 3 ? "" : "/6"), host));
    }
    return out;
  }

  void submit(const server_process& server) {
    for (unsigned i = 0; i < 2; ++i) {
      const auto list = urls();
      const uint64_t notebook = 1 + random_() % 3;
      accepted_.push_back({notebook, server.submit(notebook, list), static_cast<unsigned>(list.size())});
    }
  }
  void try_to_submit(const server_process& server, const std::vector<std::string>& list) {
    const auto r = server.post("/api/v1/notebooks/9/files/parse_url/", json{{"urls", list}}.dump());
    if (r.status == 202) accepted_.push_back({9, r.json()["batch_job_id"], r.json()["total_items"]});
  }

  void finish() {
    {
      server_process server{options()};
      std::set<uint64_t> ids;
      unsigned items = 0;
      for (const auto& b : accepted_) {
        const auto status = server.wait(b.notebook, b.id);
        BOOST_TEST(status["items"].size() == b.items);
        for (const auto& x : status["items"]) {
          ids.insert(x["id"].get<uint64_t>());
          const auto url = x["item_data"]["url"].get<std::string>();
          BOOST_TEST(x["status"] == (url.find("/status/404") == url.npos ? "completed" : "failed"), x.dump());
        }
        items += b.items;
      }
      BOOST_TEST(ids.size() == items);
      BOOST_TEST_MESSAGE(accepted_.size() << " batches, " << items << " items");
      BOOST_TEST(server.terminate() == 0);
    }
    // Counts against rows, each source made by one item, no content and no file without a source.
    BOOST_TEST(verify_store(dir_.path() + "/store") == "");
    BOOST_TEST(std::filesystem::is_empty(dir_.path() + "/store/files/incoming"));
  }

  bool loses_unsynced_;
  std::minstd_rand random_;
  origin origin_;
  scratch dir_;
  uint64_t page_ = 1;
  std::vector<submitted_batch> accepted_;
};

} // namespace

BOOST_AUTO_TEST_SUITE(crashes)

BOOST_AUTO_TEST_CASE(killed_at_random_moments) {
  crashing(false).run(from_environment("TROUPE_CRASH_ROUNDS", 5));
}

BOOST_AUTO_TEST_CASE(killed_and_all_unsynced_writes_lost) {
  crashing(true).run(from_environment("TROUPE_CRASH_ROUNDS", 5));
}

BOOST_AUTO_TEST_SUITE_END()
