/// Whole batches through the real server, seen from outside.
#include "tests/fixtures/origin.hpp"
#include "tests/support/server_process.hpp"

#include "model/error.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <map>
#include <set>
#include <thread>

using namespace troupe::test;
using nlohmann::json;

namespace {

/// What must hold of every status at any moment.
void check_consistent(const json& status) {
  const auto& job = status["batch_job"];
  const auto n = [&](const char* key) { return job[key].get<unsigned>(); };
  BOOST_TEST(n("completed_items") + n("failed_items") + n("processing_items") + n("pending_items") ==
             n("total_items"));
  std::map<std::string, unsigned> rows;
  for (const auto& x : status["items"])
    ++rows[x["status"]];
  if (status["items"].size() != n("total_items")) return;
  BOOST_TEST(rows["completed"] == n("completed_items"));
  BOOST_TEST(rows["failed"] == n("failed_items"));
  BOOST_TEST(rows["processing"] == n("processing_items"));
  BOOST_TEST(rows["pending"] == n("pending_items"));
  const auto state = job["status"].get<std::string>();
  const bool final_state = state == "completed" || state == "failed" || state == "partially_completed";
  BOOST_TEST(final_state == (n("completed_items") + n("failed_items") == n("total_items")));
}

std::vector<std::string> pages(const origin& o, unsigned from, unsigned count, unsigned hosts = 20) {
  std::vector<std::string> out;
  for (unsigned i = from; i < from + count; ++i)
    out.push_back(o.url("/page/" + std::to_string(i), 1 + i % hosts));
  return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(batches)

BOOST_AUTO_TEST_CASE(five_thousand_urls_are_consistent_at_every_poll) {
  const origin o;
  const scratch dir;
  const server_process server{{.data = dir.path()}};
  constexpr unsigned count = 5'000;
  const auto batch = server.submit(7, pages(o, 0, count));
  unsigned finished = 0;
  unsigned polls = 0;
  json last;
  for (std::string state = "pending"; state == "pending" || state == "processing"; ++polls) {
    last = server.status(7, batch);
    check_consistent(last);
    const auto& job = last["batch_job"];
    const auto now = job["completed_items"].get<unsigned>() + job["failed_items"].get<unsigned>();
    BOOST_TEST(now >= finished);
    finished = now;
    state = job["status"];
  }
  BOOST_TEST_MESSAGE(polls << " polls");
  BOOST_TEST(last["batch_job"]["status"] == "completed");
  std::set<std::string> files;
  for (const auto& x : last["items"])
    files.insert(x["result"]["file_id"].get<std::string>());
  BOOST_TEST(files.size() == count);
  for (unsigned i = 0; i < count; ++i) {
    const auto& x = last["items"][i];
    const auto content =
        server.get("/api/v1/notebooks/files/" + x["result"]["file_id"].get<std::string>() + "/content/");
    const auto wanted = "page number " + std::to_string(i) + ", written";
    BOOST_REQUIRE(content.json()["data"]["content"].get<std::string>().find(wanted) != std::string::npos);
  }
  BOOST_TEST(o.hits().size() == count);
}

BOOST_AUTO_TEST_CASE(each_way_to_fail_has_its_code) {
  origin o;
  o.set_robots("127.0.0.9", "User-agent: *\nDisallow: /page/\n");
  const scratch dir;
  const server_process server{
      {.data = dir.path(),
       .set = {"fetch.total_timeout_ms=1500", "fetch.connect_timeout_ms=1000", "fetch.max_body_bytes=1000000",
               "parse.wall_timeout_ms=1000", "work.backoff_ms=10", "work.retry_after_limit_ms=100"}}};
  const std::map<std::string, std::string> failing = {
      {o.url("/status/404"), "http_4xx"},
      {o.url("/status/500"), "http_5xx"},
      {o.url("/status/429"), "http_429"},
      {o.url("/redirect/loop"), "too_many_redirects"},
      {o.url("/redirect/to?file:///etc/passwd"), "bad_redirect"},
      {o.url("/redirect/to?http://10.0.0.1/"), "blocked_address"},
      {o.url("/redirect/to?" + o.url("/page/2", 9)), "robots_denied"},
      {o.url("/hang"), "read_timeout"},
      {o.url("/reset"), "connection_reset"},
      {o.url("/reset/mid"), "connection_reset"},
      {o.url("/short"), "truncated_body"},
      {o.url("/garbage"), "protocol_error"},
      {o.url("/bomb"), "too_large"},
      {o.url("/large/2000000"), "too_large"},
      {o.url("/empty"), "empty_content"},
      {o.url("/binary"), "unsupported_type"},
      {o.url("/says/PARSER-CRASHES"), "parse_crashed"},
      {o.url("/says/PARSER-HANGS"), "parse_timeout"},
      {o.url("/page/1", 9), "robots_denied"},
      {"http://127.0.0.1:1/", "connect_refused"},
      {"http://10.1.2.3/", "blocked_address"},
      {"http://no-such-host.invalid/", "dns_failure"},
      {"https://127.0.0.1:" + std::to_string(o.port()) + "/", "tls_error"},
      {o.url("/status/204"), "empty_content"},
      {o.url("/status/305"), "bad_redirect"},
  };
  auto urls = pages(o, 100, 9 * static_cast<unsigned>(failing.size()), 5);
  for (const auto& [url, code] : failing)
    urls.push_back(url);
  urls.push_back(o.url("/flaky/503/1/a"));
  urls.push_back(o.url("/flaky/429/1/b"));
  const auto batch = server.submit(1, urls);
  const auto status = server.wait(1, batch);
  check_consistent(status);
  BOOST_TEST(status["batch_job"]["status"] == "partially_completed");
  BOOST_TEST(status["batch_job"]["failed_items"] == failing.size());
  for (const auto& x : status["items"]) {
    const auto wanted = failing.find(x["item_data"]["url"]);
    BOOST_TEST_CONTEXT(x.dump()) {
      if (wanted == failing.end()) {
        BOOST_TEST(x["status"] == "completed");
        continue;
      }
      BOOST_TEST(x["status"] == "failed");
      BOOST_TEST(x["error_code"] == wanted->second);
      const auto& row = troupe::info(troupe::errc_from_name(wanted->second));
      const bool killed_its_parser = wanted->second.starts_with("parse_");
      BOOST_TEST(x["attempts"] == (killed_its_parser ? 2 : row.retryable ? 3 : 1));
    }
  }
  const auto hits = o.hits();
  BOOST_TEST(hits.at("/status/500") == 3u);
  BOOST_TEST(hits.at("/status/404") == 1u);
  BOOST_TEST(hits.at("/flaky/503/1/a") == 2u);
  BOOST_TEST(!hits.contains("/etc/passwd"));
}

BOOST_AUTO_TEST_CASE(pages_that_end_their_parser_cost_only_themselves) {
  const origin o;
  const scratch dir;
  const server_process server{
      {.data = dir.path(),
       .set = {"parse.wall_timeout_ms=4000", "parse.cpu_timeout_ms=3000", "parse.memory_bytes=134217728"}}};
  auto urls = pages(o, 0, 1'000);
  const std::map<std::string, std::string> bad = {{"HANGS", "parse_timeout"}, {"SPINS", "parse_timeout"},
                                                  {"BLOATS", "parse_memory"}, {"CRASHES", "parse_crashed"},
                                                  {"EXITS", "parse_crashed"}, {"BABBLES", "parse_crashed"}};
  unsigned at = 100;
  for (const auto& [word, code] : bad)
    urls.insert(urls.begin() + (at += 130), o.url("/says/PARSER-" + word));
  const auto status = server.wait(1, server.submit(1, urls));
  BOOST_TEST(status["batch_job"]["completed_items"] == 1'000);
  BOOST_TEST(status["batch_job"]["failed_items"] == bad.size());
  for (const auto& x : status["items"]) {
    const auto url = x["item_data"]["url"].get<std::string>();
    const auto word = url.rfind("PARSER-");
    if (word == url.npos) continue;
    BOOST_TEST(x["error_code"] == bad.at(url.substr(word + 7)));
    BOOST_TEST(o.hits().at("/says/" + url.substr(word)) <= 2u);
  }
  BOOST_TEST(server.get("/api/v1/health/").status == 200);
}

BOOST_AUTO_TEST_CASE(a_small_batch_does_not_wait_for_a_large_one) {
  const origin o;
  const scratch dir;
  constexpr unsigned window = 32;
  const server_process server{
      {.data = dir.path(), .set = {"fetch.max_transfers=32", "fetch.max_per_host=32"}}};
  std::vector<std::string> large;
  for (unsigned i = 0; i < 100'000; ++i)
    large.push_back(o.url("/delay/100/" + std::to_string(i)));
  server.submit(1, large);
  while (o.requests().size() < 100)
    std::this_thread::yield();
  const auto before = o.requests().size();
  const auto small =
      server.submit(2, {o.url("/page/7000001"), o.url("/page/7000002"), o.url("/page/7000003")});
  const auto accepted = o.requests().size();
  const auto status = server.wait(2, small);
  BOOST_TEST(status["batch_job"]["status"] == "completed");
  const auto log = o.requests();
  unsigned seen = 0;
  size_t last = 0;
  for (size_t i = before; i < log.size() && seen < 3; ++i)
    if (log[i].path.starts_with("/page/700000")) {
      ++seen;
      last = i;
    }
  BOOST_TEST(seen == 3u);
  BOOST_TEST_MESSAGE(
      last - accepted << " requests of the large batch between acceptance and the third fetch");
  BOOST_TEST(last < accepted + window + 3);
}

BOOST_AUTO_TEST_CASE(a_host_is_not_asked_for_more_than_its_limit) {
  const origin o;
  const scratch dir;
  const server_process server{{.data = dir.path(), .set = {"fetch.max_per_host=3"}}};
  std::vector<std::string> urls;
  for (unsigned i = 0; i < 300; ++i)
    urls.push_back(o.url("/delay/10/" + std::to_string(i), 1 + i % 3));
  const auto a = server.submit(1, urls);
  const auto b = server.submit(2, urls);
  server.wait(1, a);
  server.wait(2, b);
  for (const auto& [host, most] : o.most_at_once())
    BOOST_TEST(most <= 3u, host << " had " << most);
}

BOOST_AUTO_TEST_CASE(the_same_url_in_a_batch_is_fetched_once) {
  const origin o;
  const scratch dir;
  const server_process server{{.data = dir.path()}};
  const std::vector<std::string> urls{o.url("/page/1"),      o.url("/page/2"),     o.url("/page/1"),
                                      o.url("/page/1#part"), o.url("/status/404"), o.url("/status/404")};
  const auto status = server.wait(1, server.submit(1, urls));
  const auto& items = status["items"];
  BOOST_TEST(items[2]["result"]["file_id"] == items[0]["result"]["file_id"]);
  BOOST_TEST(items[3]["result"]["duplicate"] == true);
  BOOST_TEST(items[5]["error_code"] == "http_4xx");
  BOOST_TEST(o.hits().at("/page/1") == 1u);
  BOOST_TEST(o.hits().at("/status/404") == 1u);
}

BOOST_AUTO_TEST_CASE(a_known_url_is_asked_for_conditionally) {
  const origin o;
  const scratch dir;
  const server_process server{{.data = dir.path()}};
  const auto first = server.wait(1, server.submit(1, {o.url("/etag/5")}));
  const auto second = server.wait(1, server.submit(1, {o.url("/etag/5")}));
  BOOST_TEST(second["items"][0]["result"]["file_id"] == first["items"][0]["result"]["file_id"]);
  BOOST_TEST(second["items"][0]["result"]["duplicate"] == true);
  BOOST_REQUIRE(o.requests().size() == 2u);
  BOOST_TEST(o.requests()[1].headers.at("if-none-match") == "\"tag-5\"");
  // Young enough: not asked for at all.
  const auto third = server.post("/api/v1/notebooks/1/files/parse_url/",
                                 json{{"urls", {o.url("/etag/5")}}, {"max_age", 3600}}.dump());
  const auto status = server.wait(1, third.json()["batch_job_id"]);
  BOOST_TEST(status["items"][0]["result"]["file_id"] == first["items"][0]["result"]["file_id"]);
  BOOST_TEST(o.requests().size() == 2u);
}

BOOST_AUTO_TEST_CASE(sigterm_ends_items_in_hand_and_keeps_the_rest) {
  const origin o;
  const scratch dir;
  uint64_t batch = 0;
  {
    server_process server{{.data = dir.path(), .set = {"fetch.max_transfers=16", "fetch.max_per_host=16"}}};
    std::vector<std::string> urls;
    for (unsigned i = 0; i < 400; ++i)
      urls.push_back(o.url("/delay/30/" + std::to_string(i)));
    batch = server.submit(1, urls);
    while (o.requests().size() < 60)
      std::this_thread::yield();
    BOOST_TEST(server.terminate() == 0);
    BOOST_TEST(o.requests().size() < 300u);
  }
  const auto before = o.requests().size();
  BOOST_TEST(verify_store(dir.path()) == "");
  const server_process again{{.data = dir.path()}};
  const auto status = again.wait(1, batch);
  BOOST_TEST(status["batch_job"]["completed_items"] == 400);
  // What was in hand at the end was finished, so nothing was fetched twice.
  BOOST_TEST(o.requests().size() == 400u, before << " before, " << o.requests().size() << " in all");
}

BOOST_AUTO_TEST_SUITE_END()
