/// The native API, request by request.
#include "tests/fixtures/origin.hpp"
#include "tests/support/raw_client.hpp"
#include "tests/support/server_process.hpp"

#include <boost/test/unit_test.hpp>

#include <random>
#include <set>

using namespace troupe::test;
using nlohmann::json;
using namespace std::chrono_literals;

namespace {

struct fixture {
  origin o;
  scratch dir;
  std::unique_ptr<server_process> server = start();

  std::unique_ptr<server_process> start() const {
    return std::make_unique<server_process>(server_options{.data = dir.path()});
  }
  json create(const json& body) const {
    const auto r = server->post("/v1/batches", body.dump());
    BOOST_REQUIRE_MESSAGE(r.status == 202, r.body);
    return r.json();
  }
  /// The batch once it has ended.
  json ended(const std::string& id) const {
    for (int i = 0; i < 10; ++i) {
      const auto b = server->get("/v1/batches/" + id + "?wait=30").json();
      if (b.contains("reason")) return b;
    }
    BOOST_FAIL("the batch did not end");
    return {};
  }
  json pages(int count, const std::string& path = "/page/") const {
    auto urls = json::array();
    for (int i = 0; i < count; ++i)
      urls.push_back(o.url(path + std::to_string(i)));
    return urls;
  }
};

std::string header(const answer& a, const std::string& name) {
  const auto at = a.headers.find(name + ": ");
  return at == a.headers.npos
             ? std::string{}
             : a.headers.substr(at + name.size() + 2, a.headers.find('\r', at) - at - name.size() - 2);
}

/// Numbers and kinds of the durable events in a stretch of a stream; whole frames only.
std::vector<std::pair<uint64_t, std::string>> frames_in(const std::string& stream) {
  std::vector<std::pair<uint64_t, std::string>> out;
  for (auto at = stream.find("id: "); at != stream.npos; at = stream.find("\nid: ", at + 1)) {
    const auto from = stream.find("id: ", at) + 4;
    const auto end = stream.find("\n\n", from);
    if (end == stream.npos) break;
    const auto kind = stream.find("event: ", from) + 7;
    out.emplace_back(std::stoull(stream.substr(from)), stream.substr(kind, stream.find('\n', kind) - kind));
  }
  return out;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(v1, fixture)

BOOST_AUTO_TEST_CASE(a_batch_is_made_and_waited_for) {
  const auto made = server->post(
      "/v1/batches",
      json{{"notebook", 7},
           {"items", {o.url("/page/1"), {{"url", o.url("/page/2")}, {"custom_id", "second"}}, "ftp://no", 5}}}
          .dump());
  BOOST_REQUIRE(made.status == 202);
  const auto b = made.json();
  BOOST_TEST(header(made, "Location") == "/v1/batches/" + b["id"].get<std::string>());
  BOOST_TEST(b["notebook"] == 7);
  BOOST_TEST(b["counts"]["total"] == 4);
  BOOST_REQUIRE(b["rejected"].size() == 2u);
  BOOST_TEST(b["rejected"][0]["error"]["code"] == "unsupported_scheme");
  BOOST_TEST(b["rejected"][1]["index"] == 3);
  const auto done = ended(b["id"]);
  BOOST_TEST(done["state"] == "completed_with_errors");
  BOOST_TEST(done["counts"]["succeeded"] == 2);
  BOOST_TEST(done["counts"]["failed"] == 2);
  // The guide sees the same batch.
  BOOST_TEST(server->status(7, std::stoull(b["id"].get<std::string>().substr(4)))["batch_job"]["status"] ==
             "partially_completed");
}

BOOST_AUTO_TEST_CASE(an_answer_that_is_known_is_not_sent_again) {
  const auto id = create({{"items", pages(1)}})["id"].get<std::string>();
  ended(id);
  const auto first = server->get("/v1/batches/" + id);
  const auto tag = header(first, "ETag");
  BOOST_TEST(!tag.empty());
  const auto again = server->get("/v1/batches/" + id, {"If-None-Match: " + tag});
  BOOST_TEST(again.status == 304);
  BOOST_TEST(again.body == "");
  BOOST_TEST(server->get("/v1/batches/" + id, {"If-None-Match: \"other\""}).status == 200);
}

BOOST_AUTO_TEST_CASE(items_are_filtered_and_paged) {
  auto urls = pages(5);
  urls.push_back(o.url("/status/404"));
  urls.push_back(o.url("/empty", 2));
  auto named = json{{"url", o.url("/page/77")}, {"custom_id", "the-named-one"}};
  urls.push_back(named);
  const auto id = create({{"items", urls}})["id"].get<std::string>();
  ended(id);
  const auto list = [&](const std::string& query) {
    return server->get("/v1/batches/" + id + "/items?" + query).json();
  };
  BOOST_TEST(list("status=succeeded")["data"].size() == 6u);
  BOOST_TEST(list("error_code=http_4xx")["data"][0]["error"]["http_status"] == 404);
  BOOST_TEST(list("q=named")["data"][0]["custom_id"] == "the-named-one");
  BOOST_TEST(list("host=127.0.0.2:" + std::to_string(o.port()))["data"][0]["error"]["code"] ==
             "empty_content");
  std::vector<unsigned> seen;
  for (std::string cursor;;) {
    const auto page = list("limit=3" + cursor);
    for (const auto& x : page["data"])
      seen.push_back(x["index"]);
    if (!page["has_more"]) break;
    cursor = "&cursor=" + page["next_cursor"].get<std::string>();
  }
  BOOST_TEST(seen == (std::vector<unsigned>{0, 1, 2, 3, 4, 5, 6, 7}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(batches_are_listed_newest_first) {
  std::vector<std::string> made;
  for (int i = 0; i < 5; ++i)
    made.push_back(create({{"notebook", i}, {"items", {o.url(i == 2 ? "/status/404" : "/page/1")}}})["id"]);
  for (const auto& id : made)
    ended(id);
  std::vector<std::string> listed;
  for (std::string query = "limit=2";;) {
    const auto page = server->get("/v1/batches?" + query).json();
    for (const auto& b : page["data"])
      listed.push_back(b["id"]);
    if (!page["has_more"]) break;
    query = "limit=2&cursor=" + page["next_cursor"].get<std::string>();
  }
  std::reverse(made.begin(), made.end());
  BOOST_TEST(listed == made, boost::test_tools::per_element());
  BOOST_TEST(server->get("/v1/batches?status=failed").json()["data"].size() == 1u);
  BOOST_TEST(server->get("/v1/batches?created_after=2999-01-01T00:00:00Z").json()["data"].empty());
}

BOOST_AUTO_TEST_CASE(lines_make_a_batch_of_any_size) {
  std::string lines;
  for (int i = 0; i < 5'000; ++i)
    lines += json{{"url", o.url("/status/404?" + std::to_string(i))}, {"custom_id", "c" + std::to_string(i)}}
                 .dump() +
             "\n";
  lines += "no json\n\n";
  const auto r = server->post("/v1/batches?notebook=3", lines, {"Content-Type: application/x-ndjson"});
  BOOST_REQUIRE_MESSAGE(r.status == 202, r.body);
  BOOST_TEST(r.json()["counts"]["total"] == 5'001);
  const auto items =
      server->get("/v1/batches/" + r.json()["id"].get<std::string>() + "/items?q=c4999").json();
  BOOST_TEST(items["data"][0]["index"] == 4'999);
}

BOOST_AUTO_TEST_CASE(items_keep_their_places_over_the_parts_of_a_long_body) {
  server.reset();
  server = std::make_unique<server_process>(
      server_options{.data = dir.path(), .set = {"limits.accept_chunk=40", "http.spool_bytes=1000"}});
  auto wanted = pages(300);
  wanted[150] = {{"url", wanted[150]}, {"custom_id", "an object"}};
  wanted[290] = wanted[3];
  auto sent = wanted;
  sent[100] = 5;
  const auto b = create({{"items", sent}});
  BOOST_TEST(b["rejected"][0]["index"] == 100);
  const auto done = ended(b["id"]);
  BOOST_TEST(done["counts"]["total"] == 300);
  BOOST_TEST(done["counts"]["succeeded"] == 299);
  const auto items =
      server->get("/v1/batches/" + b["id"].get<std::string>() + "/items?limit=1000").json()["data"];
  BOOST_REQUIRE(items.size() == 300u);
  for (size_t i = 0; i < items.size(); ++i)
    if (i != 100) BOOST_TEST(items[i]["url"] == (i == 150 ? wanted[i]["url"] : wanted[i]), i);
  BOOST_TEST(items[290]["file_id"] == items[3]["file_id"]);
  BOOST_TEST(o.hits().at("/page/3") == 1u);
}

BOOST_AUTO_TEST_CASE(what_is_too_much_leaves_nothing) {
  server.reset();
  server = std::make_unique<server_process>(
      server_options{.data = dir.path(),
                     .set = {"limits.items_per_batch=250", "limits.append_items=100",
                             "limits.accept_chunk=40", "http.spool_bytes=1000"}});
  const auto refused = server->post("/v1/batches", json{{"items", pages(251)}}.dump());
  BOOST_TEST(refused.status == 400);
  BOOST_TEST(refused.body.find("limits.items_per_batch") != std::string::npos, refused.body);
  BOOST_TEST(server->get("/v1/batches").json()["data"].empty());

  const auto id = create({{"items", pages(1)}, {"sealed", false}})["id"].get<std::string>();
  const auto more = [&](int count) {
    return server->post("/v1/batches/" + id + "/items", json{{"items", pages(count)}}.dump());
  };
  const auto no = more(101);
  BOOST_TEST(no.status == 400);
  BOOST_TEST(no.body.find("limits.append_items") != std::string::npos, no.body);
  BOOST_TEST(server->get("/v1/batches/" + id).json()["counts"]["total"] == 1);
  auto texts = json::array();
  for (int i = 0; i < 34; ++i)
    texts.push_back({{"text", std::string(1'000'000, 'x')}});
  BOOST_TEST(server->post("/v1/batches/" + id + "/items", json{{"items", texts}}.dump()).status == 413);
  BOOST_TEST(more(100).status == 202);
  BOOST_TEST(server->get("/v1/batches/" + id).json()["counts"]["total"] == 101);
}

BOOST_AUTO_TEST_CASE(nesting_without_end_costs_its_sender_alone) {
  const std::string deep(500'000, '[');
  const std::string closed = deep + std::string(deep.size(), ']');
  const auto url = json(o.url("/page/1")).dump();
  const auto lines = server->post("/v1/batches?notebook=3", closed + '\n' + url + '\n',
                                  {"Content-Type: application/x-ndjson"});
  BOOST_TEST(lines.status == 202);
  BOOST_TEST(lines.json()["rejected"].size() == 1u);
  const std::vector<std::pair<std::string, std::string>> bodies = {
      {"/v1/parse", R"({"notebook":1,"url":)" + url + R"(,"metadata":{"a":)" + closed + "}}"},
      {"/v1/batches", R"({"notebook":1,"items":[{"url":)" + url + R"(,"metadata":{"a":)" + closed + "}}]}"},
      {"/v1/batches", R"({"notebook":1,"unknown":)" + closed + R"(,"items":[]})"}};
  for (const auto& [path, body] : bodies)
    BOOST_TEST(server->post(path, body, {"Content-Type: application/json"}).status == 400);
  BOOST_TEST(server->get("/healthz").status == 200);
}

BOOST_AUTO_TEST_CASE(an_item_tells_its_text_and_its_attempts) {
  const auto id = create({{"items", {o.url("/flaky/503/1/k")}}})["id"].get<std::string>();
  ended(id);
  const auto item = server->get("/v1/batches/" + id + "/items").json()["data"][0]["id"].get<std::string>();
  const auto attempts = server->get("/v1/items/" + item + "/attempts").json()["data"];
  BOOST_REQUIRE(attempts.size() == 2u);
  BOOST_TEST(attempts[0]["error"]["code"] == "http_5xx");
  BOOST_TEST(attempts[1]["succeeded"] == true);
  const auto result = server->get("/v1/items/" + item + "/result").json();
  BOOST_TEST(result["markdown"].get<std::string>().find("Page") != std::string::npos);
  const auto markdown = server->get("/v1/items/" + item + "/result", {"Accept: text/markdown"});
  BOOST_TEST(markdown.body == result["markdown"].get<std::string>());
  BOOST_TEST(server->get("/v1/items/" + item + "/raw").body.find("<html") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_is_wrong_is_a_problem) {
  const auto check = [&](const answer& a, long status, const std::string& code) {
    BOOST_TEST(a.status == status, a.status << " " << a.headers << a.body);
    BOOST_TEST(header(a, "Content-Type") == "application/problem+json");
    const auto p = a.json();
    BOOST_TEST(p["status"] == status);
    BOOST_TEST(p["code"] == code);
    BOOST_TEST(p["request_id"] == header(a, "X-Request-Id"));
    BOOST_TEST(!p["detail"].get<std::string>().empty());
  };
  check(server->get("/v1/batches/bat_999"), 404, "not_found");
  check(server->get("/v1/batches/nonsense"), 404, "not_found");
  check(server->get("/v1/items/itm_999"), 404, "not_found");
  check(server->get("/v1/nowhere"), 404, "not_found");
  check(server->send("PUT", "/v1/batches", "{}"), 405, "method_not_allowed");
  for (const auto* body : {"", "{", "[]", "{}", R"({"items": {}})", R"({"items": []})", R"({"items": ["x"]})",
                           R"({"items": ["http://a.example/"], "notebook": -1})",
                           R"({"items": ["http://a.example/"], "max_age": "old"})",
                           R"({"items": ["http://a.example/", "x"], "strict": true})"})
    check(server->post("/v1/batches", body), 400, "invalid_request");
  check(server->get("/v1/batches?limit=0"), 400, "invalid_request");
  check(server->get("/v1/batches?cursor=x"), 400, "invalid_request");
  check(server->get("/v1/batches?status=odd"), 400, "invalid_request");
  const auto mine = server->get("/v1/batches/bat_999", {"X-Request-Id: my-own"});
  BOOST_TEST(header(mine, "X-Request-Id") == "my-own");
}

BOOST_AUTO_TEST_CASE(cancelling_twice_is_cancelling_once) {
  const auto id = create({{"items", pages(50, "/delay/60000/")}})["id"].get<std::string>();
  for (int i = 0; i < 2; ++i) {
    const auto r = server->post("/v1/batches/" + id + "/cancel", "");
    BOOST_TEST(r.status == 202);
  }
  const auto done = ended(id);
  BOOST_TEST(done["state"] == "cancelled");
  BOOST_TEST(done["counts"]["cancelled"] == 50);
}

BOOST_AUTO_TEST_CASE(listeners_of_one_feed_each_begin_where_they_left_off) {
  const auto id = create({{"items", pages(20)}, {"sealed", false}})["id"].get<std::string>();
  while (server->get("/v1/batches/" + id).json()["counts"]["succeeded"] != 20) {
  }
  const auto listen = [&](raw_client& c, const std::string& header, size_t count) {
    c.send("GET /v1/batches/" + id + "/events HTTP/1.0\r\nHost: localhost\r\n" + header + "\r\n");
    while (frames_in(c.received()).size() < count && !c.closed(50ms)) {
    }
    return frames_in(c.received());
  };
  // The first keeps the feed, which remembers all of it as one piece.
  raw_client first{server->base()};
  const auto all = listen(first, "", 21);
  BOOST_REQUIRE(all.size() == 21u);
  for (const size_t seen : {1u, 7u, 20u}) {
    raw_client other{server->base()};
    const auto rest =
        listen(other, "Last-Event-ID: " + std::to_string(all[seen - 1].first) + "\r\n", all.size() - seen);
    BOOST_TEST((rest == std::vector(all.begin() + static_cast<std::ptrdiff_t>(seen), all.end())));
  }
}

BOOST_AUTO_TEST_CASE(a_listener_that_is_cut_off_sees_each_event_once) {
  constexpr unsigned items = 700;
  const auto id =
      create({{"items", pages(items, "/delay/20/")}, {"max_concurrency", 2}})["id"].get<std::string>();
  std::mt19937 random{11};
  std::vector<std::pair<uint64_t, std::string>> seen;
  unsigned cuts = 0;
  for (bool over = false; !over; ++cuts) {
    BOOST_REQUIRE(cuts < 2'000u);
    if (cuts % 8 == 5 && cuts < 80) {
      server->kill9();
      server = start();
    }
    raw_client c{server->base()};
    const auto last =
        seen.empty() ? std::string{} : "Last-Event-ID: " + std::to_string(seen.back().first) + "\r\n";
    c.send("GET /v1/batches/" + id + "/events HTTP/1.0\r\nHost: localhost\r\n" + last + "\r\n");
    const auto wanted = 1 + random() % 5;
    while (frames_in(c.received()).size() < wanted && !c.closed(50ms)) {
    }
    for (const auto& f : frames_in(c.received()))
      seen.push_back(f);
    over = !seen.empty() && seen.back().second.starts_with("batch.completed");
  }
  std::set<uint64_t> numbers;
  unsigned succeeded = 0;
  for (size_t i = 0; i < seen.size(); ++i) {
    BOOST_TEST((i == 0 || seen[i].first > seen[i - 1].first));
    numbers.insert(seen[i].first);
    succeeded += seen[i].second == "item.succeeded";
  }
  BOOST_TEST(numbers.size() == seen.size());
  BOOST_TEST(succeeded == items);
  BOOST_TEST(seen.front().second == "batch.accepted");
  // The log read as pages says the same.
  std::vector<uint64_t> paged;
  for (uint64_t after = 0;;) {
    const auto page =
        server->get("/v1/batches/" + id + "/events?limit=50&after=" + std::to_string(after)).json();
    for (const auto& e : page["data"])
      paged.push_back(e["id"]);
    after = page["last_event_id"];
    if (page["ended"]) break;
  }
  BOOST_TEST(paged == std::vector<uint64_t>(numbers.begin(), numbers.end()),
             boost::test_tools::per_element());
  BOOST_TEST(cuts >= 100u);
  BOOST_TEST_MESSAGE(cuts << " cuts, " << seen.size() << " events");
}

BOOST_AUTO_TEST_SUITE_END()
