/// What users of other systems complain about most. Each case is named after the complaint that must not be
/// possible here.
#include "tests/support/raw_client.hpp"
#include "tests/system/native.hpp"

#include <random>
#include <set>

using namespace troupe::test;
using nlohmann::json;
using namespace std::chrono_literals;

namespace {

struct core : native {
  /// The counts of a batch against its items, counted one by one.
  void check_counts(const std::string& id) const {
    std::map<std::string, int> counted;
    int total = 0;
    for (std::string cursor;;) {
      const auto page = items(id, "limit=1000" + cursor);
      for (const auto& x : page["data"]) {
        ++counted[x["state"].get<std::string>()];
        ++total;
      }
      if (!page["has_more"]) break;
      cursor = "&cursor=" + page["next_cursor"].get<std::string>();
    }
    const auto c = batch(id)["counts"];
    BOOST_TEST(c["total"] == total);
    for (const auto* state : {"succeeded", "failed", "cancelled", "expired"})
      BOOST_TEST(c[state] == counted[state], state);
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(common_core, core)

BOOST_AUTO_TEST_CASE(counters_disagreeing_with_reality) {
  auto urls = pages(100);
  for (int i = 0; i < 50; ++i)
    urls.push_back(o.url((i % 2 ? "/status/404?" : "/flaky/503/1/k") + std::to_string(i)));
  urls.push_back("nonsense");
  for (int i = 0; i < 20; ++i)
    urls.push_back(o.url("/page/1"));
  const auto id = create({{"items", urls}})["id"].get<std::string>();
  // At any moment the parts make the whole, and what has ended stays ended.
  int finished = 0;
  for (bool over = false; !over;) {
    const auto b = batch(id);
    const auto& c = b["counts"];
    const int now = c["succeeded"].get<int>() + c["failed"].get<int>() + c["cancelled"].get<int>() +
                    c["expired"].get<int>();
    BOOST_TEST(now + c["open"].get<int>() == c["total"].get<int>());
    BOOST_TEST(c["processing"].get<int>() <= c["open"].get<int>());
    BOOST_TEST(now >= finished);
    finished = now;
    over = b.contains("reason");
  }
  check_counts(id);
  BOOST_TEST(finished == 171);
  post("/v1/batches/" + id + "/retry");
  ended(id);
  check_counts(id);
}

BOOST_AUTO_TEST_CASE(work_lost_or_duplicated_on_restart) {
  constexpr int count = 400;
  const auto id = create({{"items", pages(count, "/delay/5/")}})["id"].get<std::string>();
  std::mt19937 random{7};
  for (int kill = 0; kill < 5; ++kill) {
    const int until = 20 + 60 * kill + static_cast<int>(random() % 30);
    wait_until([&] { return batch(id)["counts"]["succeeded"] >= until; });
    server->kill9();
    restart();
  }
  const auto b = ended(id);
  BOOST_TEST(b["state"] == "completed");
  BOOST_TEST(b["counts"]["succeeded"] == count);
  check_counts(id);
  // Each item ended once, each with a source of its own.
  std::multiset<std::string> ends;
  std::set<std::string> files;
  for (uint64_t after = 0;;) {
    const auto page = get("/v1/batches/" + id + "/events?limit=1000&after=" + std::to_string(after)).json();
    for (const auto& e : page["data"])
      if (e["type"] == "item.succeeded") {
        ends.insert(e["item"]);
        files.insert(e["file_id"]);
      }
    after = page["last_event_id"];
    if (page["ended"]) break;
  }
  BOOST_TEST(ends.size() == count);
  BOOST_TEST(std::set<std::string>(ends.begin(), ends.end()).size() == count);
  BOOST_TEST(files.size() == count);
  server->kill9();
  BOOST_TEST(verify_store(dir.path()) == "");
}

BOOST_AUTO_TEST_CASE(cancel_that_does_not_stop) {
  start_with({"fetch.max_per_host=200", "fetch.max_transfers=600", "work.lookahead=2000"});
  constexpr int count = 10'000;
  std::string lines;
  for (int i = 0; i < count; ++i)
    lines += o.url("/hang?" + std::to_string(i), 1 + i % 4) + "\n";
  std::string quoted;
  for (std::istringstream in{lines}; std::getline(in, lines);)
    quoted += json(lines).dump() + "\n";
  const auto made = server->post("/v1/batches", quoted, {"Content-Type: application/x-ndjson"});
  BOOST_REQUIRE(made.status == 202);
  const auto id = made.json()["id"].get<std::string>();
  wait_until([&] { return o.under_way() >= 600; });
  const auto asked = std::chrono::steady_clock::now();
  BOOST_TEST(post("/v1/batches/" + id + "/cancel").status == 202);
  wait_until([&] { return o.open_connections() == 0; });
  const auto closed = std::chrono::steady_clock::now();
  const auto b = ended(id);
  const auto quiet = std::chrono::steady_clock::now();
  const auto ms = [&](auto t) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(t - asked).count();
  };
  BOOST_TEST_MESSAGE("cancel of " << count << " items: transfers closed after " << ms(closed)
                                  << " ms, quiet after " << ms(quiet) << " ms");
  BOOST_TEST(b["state"] == "cancelled");
  BOOST_TEST(b["counts"]["cancelled"] == count);
  BOOST_TEST(b["counts"]["processing"] == 0);
  const auto requests = o.requests().size();
  const auto other = create({{"items", json::array({o.url("/page/1")})}})["id"].get<std::string>();
  ended(other);
  BOOST_TEST(o.requests().size() == requests + 1);
  check_counts(id);
}

BOOST_AUTO_TEST_CASE(no_list_search_or_retry_of_what_failed) {
  std::vector<std::string> ids;
  for (int i = 0; i < 3; ++i) {
    json urls = pages(3);
    urls.push_back(
        {{"url", o.url("/flaky/404/1/needle" + std::to_string(i))}, {"custom_id", "n" + std::to_string(i)}});
    ids.push_back(create({{"items", urls}, {"tags", {i == 0 ? "first" : "other"}}})["id"]);
  }
  for (const auto& id : ids)
    ended(id);
  BOOST_TEST(get("/v1/batches?status=completed_with_errors").json()["data"].size() == 3u);
  BOOST_TEST(get("/v1/batches?tag=first").json()["data"].size() == 1u);
  BOOST_TEST(items(ids[1], "q=needle")["data"].size() == 1u);
  BOOST_TEST(items(ids[1], "error_code=http_4xx")["data"][0]["custom_id"] == "n1");
  // All matching, wherever they are: first looked at, then done.
  const auto bulk = [&](const json& body) {
    const auto made = post("/v1/bulk", body);
    BOOST_REQUIRE_MESSAGE(made.status == 202, made.body);
    const auto path = "/v1/bulk/" + made.json()["id"].get<std::string>();
    wait_until([&] { return get(path).json()["state"] == "completed"; });
    return get(path).json();
  };
  const json filter{{"status", "failed"}, {"q", "needle"}};
  const auto dry = bulk({{"action", "retry"}, {"filter", filter}, {"dry_run", true}});
  BOOST_TEST(dry["matched"] == 3);
  BOOST_TEST(dry["done"] == 0);
  BOOST_TEST(batch(ids[2])["counts"]["failed"] == 1);
  const auto done = bulk({{"action", "retry"}, {"filter", filter}});
  BOOST_TEST(done["done"] == 3);
  for (const auto& id : ids)
    BOOST_TEST(ended(id)["state"] == "completed");
  // What cannot be done is told, one by one.
  const auto slow = create({{"items", pages(1, "/hang?")}})["id"].get<std::string>();
  const auto removed = bulk({{"action", "delete"}, {"of", "batches"}, {"filter", json::object()}});
  BOOST_TEST(removed["done"] == 3);
  BOOST_TEST(removed["failed"] == 1);
  BOOST_TEST(removed["failures"][0]["batch"] == slow);
  BOOST_TEST(removed["failures"][0]["code"] == "batch_open");
  BOOST_TEST(post("/v1/bulk", {{"action", "retry"}, {"filter", {{"nonsense", "x"}}}}).status == 400);
  // What says nothing, or does not go with it, would match everything.
  for (const auto& wrong : {json{{"batch", ""}}, json{{"tag", ""}}, json{{"host", "x"}}, json{{"q", "x"}}})
    BOOST_TEST(post("/v1/bulk", {{"action", "delete"}, {"of", "batches"}, {"filter", wrong}}).status == 400);
  BOOST_TEST(bulk({{"action", "delete"}, {"of", "batches"}, {"filter", {{"tag", "none"}}}})["matched"] == 0);
  BOOST_TEST(get("/v1/batches?tag=none").json()["data"].empty());
  BOOST_TEST(
      post("/v1/bulk", {{"action", "explode"}, {"filter", json::object()}}).json()["errors"][0]["pointer"] ==
      "/action");
}

BOOST_AUTO_TEST_CASE(opaque_errors) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {o.url("/status/404"), "http_4xx"},
      {o.url("/status/500", 2), "http_5xx"},
      {o.url("/empty"), "empty_content"},
      {o.url("/redirect/loop"), "too_many_redirects"},
      {o.url("/bomb"), "too_large"},
      {"http://192.0.2.1/", "blocked_address"},
      {"http://nowhere.invalid/", "dns_failure"},
      {"gopher://x/", "unsupported_scheme"}};
  auto urls = json::array();
  for (const auto& [url, code] : cases)
    urls.push_back(url);
  const auto id = create({{"items", urls}})["id"].get<std::string>();
  const auto b = ended(id);
  // A batch of which everything failed is no error of the server, and says so.
  BOOST_TEST(b["state"] == "failed");
  BOOST_TEST(!b["reason"].get<std::string>().empty());
  const auto all = items(id)["data"];
  for (size_t i = 0; i < cases.size(); ++i) {
    const auto& e = all[i]["error"];
    BOOST_TEST(e["code"] == cases[i].second, cases[i].first);
    BOOST_TEST(!e["message"].get<std::string>().empty());
    BOOST_TEST(!e["stage"].get<std::string>().empty());
    BOOST_TEST(e.contains("retryable"));
    BOOST_TEST(e.contains("attempt"));
    BOOST_TEST(e.contains("at"));
  }
  BOOST_TEST(all[0]["error"]["http_status"] == 404);
  const auto wrong = post("/v1/batches", {{"items", pages(1)}, {"priority", "high"}});
  BOOST_TEST(wrong.json()["errors"][0]["pointer"] == "/priority");
  BOOST_TEST(wrong.json()["request_id"].get<std::string>().size() > 0u);
}

BOOST_AUTO_TEST_CASE(several_services_to_babysit) {
  // One process, killed without notice and started again with nothing but its directory, does all of it:
  // takes batches, works on them, keeps what they left, tells listeners and webhooks.
  const auto hook = post("/v1/webhooks", {{"url", o.url("/status/200")}, {"events", {"batch.completed"}}});
  BOOST_REQUIRE(hook.status == 201);
  const auto id = create({{"items", pages(50, "/delay/10/")}})["id"].get<std::string>();
  wait_until([&] { return batch(id)["counts"]["succeeded"] >= 10; });
  server->kill9();
  restart();
  const auto stream = get("/v1/batches/" + id + "/events");
  BOOST_TEST(stream.body.find("event: batch.completed") != std::string::npos);
  BOOST_TEST(json_lines(get("/v1/batches/" + id + "/results").body).size() == 50u);
  wait_until([&] { return o.hits()["/status/200"] >= 1; });
  BOOST_TEST(server->terminate() == 0);
  BOOST_TEST(verify_store(dir.path()) == "");
}

BOOST_AUTO_TEST_SUITE_END()
