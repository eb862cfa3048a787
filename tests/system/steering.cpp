/// Batches under control, through the native API.
#include "tests/fixtures/origin.hpp"
#include "tests/support/server_process.hpp"
#include "tests/system/native.hpp"

#include <boost/test/unit_test.hpp>

#include <future>
#include <set>

using namespace troupe::test;
using nlohmann::json;
using namespace std::chrono_literals;

BOOST_FIXTURE_TEST_SUITE(steering, native)

BOOST_AUTO_TEST_CASE(a_paused_batch_begins_nothing_and_goes_on_when_resumed) {
  const auto id = create({{"items", slow_pages(300, 50)}})["id"].get<std::string>();
  wait_until([&] { return o.under_way() > 0; });
  const auto paused = post("/v1/batches/" + id + "/pause");
  BOOST_TEST(paused.json()["state"] == "paused");
  BOOST_TEST(post("/v1/batches/" + id + "/pause").status == 202);
  wait_until([&] { return batch(id)["counts"]["processing"] == 0; });
  const auto asked = o.requests().size();
  const auto before = batch(id)["counts"];
  BOOST_TEST(before["open"] > 0);
  const auto open = items(id, "status=pending&limit=1")["data"][0]["id"].get<std::string>();
  BOOST_TEST(get("/v1/items/" + open + "/why").json()["waiting_for"] == "batch_paused");
  // Over a restart, too.
  restart();
  BOOST_TEST(batch(id)["state"] == "paused");
  BOOST_TEST(batch(id)["counts"]["open"] == before["open"]);
  BOOST_TEST(o.requests().size() == asked);
  BOOST_TEST(post("/v1/batches/" + id + "/resume").status == 202);
  const auto done = ended(id);
  BOOST_TEST(done["state"] == "completed");
  BOOST_TEST(done["counts"]["succeeded"] == 300);
  BOOST_TEST(post("/v1/batches/" + id + "/pause").status == 409);
}

BOOST_AUTO_TEST_CASE(a_batch_takes_items_until_it_is_sealed) {
  const auto made = create({{"items", json::array()}, {"sealed", false}});
  const auto id = made["id"].get<std::string>();
  const auto more = post("/v1/batches/" + id + "/items", {{"items", pages(3)}});
  BOOST_TEST(more.status == 202);
  BOOST_TEST(more.json()["counts"]["total"] == 3);
  wait_until([&] { return batch(id)["counts"]["succeeded"] == 3; });
  BOOST_TEST(batch(id)["state"] == "running");
  const auto lines = server->post("/v1/batches/" + id + "/items",
                                  o.url("/page/77") + "\n{\"url\": \"" + o.url("/page/78") + "\"}\n",
                                  {"Content-Type: application/x-ndjson"});
  // A line that is no JSON is refused as an item.
  BOOST_TEST(lines.json()["rejected"].size() == 1u);
  BOOST_TEST(post("/v1/batches/" + id + "/seal").json()["sealed"] == true);
  BOOST_TEST(post("/v1/batches/" + id + "/items", {{"items", pages(1)}}).status == 409);
  const auto done = ended(id);
  BOOST_TEST(done["counts"]["total"] == 5);
  BOOST_TEST(done["counts"]["succeeded"] == 4);
  BOOST_TEST(post("/v1/batches/" + id + "/items", {{"items", pages(1)}}).status == 409);
}

BOOST_AUTO_TEST_CASE(what_failed_is_tried_again) {
  auto urls = pages(5);
  for (int i = 0; i < 4; ++i)
    urls.push_back(o.url("/flaky/404/1/k" + std::to_string(i)));
  urls.push_back("ftp://refused.example/");
  const auto id = create({{"items", urls}})["id"].get<std::string>();
  BOOST_TEST(ended(id)["counts"]["failed"] == 5);
  const auto asked = o.requests().size();
  BOOST_TEST(post("/v1/batches/" + id + "/retry").status == 202);
  const auto done = ended(id);
  BOOST_TEST(done["counts"]["succeeded"] == 9);
  BOOST_TEST(done["counts"]["failed"] == 1);
  BOOST_TEST(o.requests().size() == asked + 4);
  const auto item = items(id, "q=flaky&limit=1")["data"][0]["id"].get<std::string>();
  BOOST_TEST(get("/v1/items/" + item + "/attempts").json()["data"].size() == 2u);
}

BOOST_AUTO_TEST_CASE(the_stored_original_is_parsed_again_without_a_fetch) {
  const auto id =
      create({{"items", json::array({o.url("/page/1"), o.url("/empty")})}})["id"].get<std::string>();
  BOOST_TEST(ended(id)["state"] == "completed_with_errors");
  const auto asked = o.requests().size();
  const auto first = items(id, "status=succeeded")["data"][0];
  post("/v1/batches/" + id + "/retry", {{"stage", "parse"}, {"items", "all"}});
  const auto done = ended(id);
  BOOST_TEST(done["counts"]["succeeded"] == 1);
  BOOST_TEST(done["counts"]["failed"] == 1);
  BOOST_TEST(o.requests().size() == asked);
  const auto again = items(id, "status=succeeded")["data"][0];
  BOOST_TEST(again["file_id"] == first["file_id"]);
  BOOST_TEST(again["attempts"] == 2);
  // One item alone, from the beginning.
  const auto failed = items(id, "status=failed")["data"][0]["id"].get<std::string>();
  BOOST_TEST(post("/v1/items/" + failed + "/retry", {{"stage", "fetch"}}).status == 202);
  ended(id);
  BOOST_TEST(o.requests().size() == asked + 1);
  server->kill9();
  BOOST_TEST(verify_store(dir.path()) == "");
}

BOOST_AUTO_TEST_CASE(a_batch_is_removed_when_it_has_ended) {
  const auto slow = create({{"items", pages(2, "/hang?")}})["id"].get<std::string>();
  BOOST_TEST(server->send("DELETE", "/v1/batches/" + slow, "").json()["code"] == "batch_open");
  const auto id = create({{"items", pages(2)}})["id"].get<std::string>();
  ended(id);
  const auto item = items(id)["data"][0];
  BOOST_TEST(server->send("DELETE", "/v1/batches/" + id, "").status == 204);
  BOOST_TEST(get("/v1/batches/" + id).status == 410);
  BOOST_TEST(get("/v1/items/" + item["id"].get<std::string>()).status == 410);
  BOOST_TEST(server->send("DELETE", "/v1/batches/" + id, "").status == 410);
  BOOST_TEST(get("/api/v1/files/" + item["file_id"].get<std::string>() + "/content/").status != 410);
}

BOOST_AUTO_TEST_CASE(pausing_and_resuming_again_and_again_leaves_nothing_behind) {
  start_with({"work.lookahead=16"});
  const auto id = create({{"items", slow_pages(400, 5)}})["id"].get<std::string>();
  for (int i = 0; i < 60; ++i) {
    post("/v1/batches/" + id + "/pause");
    post("/v1/batches/" + id + "/resume");
  }
  BOOST_TEST(ended(id)["counts"]["succeeded"] == 400);
}

BOOST_AUTO_TEST_CASE(the_first_failure_ends_a_batch_that_wants_it) {
  auto urls = pages(50, "/hang?");
  urls.push_back(o.url("/status/404", 9));
  const auto id = create({{"items", urls}, {"on_error", "cancel"}})["id"].get<std::string>();
  const auto b = ended(id);
  BOOST_TEST(b["state"] == "cancelled");
  BOOST_TEST(b["counts"]["failed"] == 1);
  BOOST_TEST(b["counts"]["cancelled"] == 50);
}

BOOST_AUTO_TEST_CASE(a_batch_keeps_to_its_own_limit) {
  const auto id = create({{"items", slow_pages(12, 100)}, {"max_concurrency", 2}})["id"].get<std::string>();
  ended(id);
  unsigned most = 0;
  for (const auto& [host, n] : o.most_at_once())
    most = std::max(most, n);
  BOOST_TEST(most == 2u);
}

BOOST_AUTO_TEST_CASE(urgent_items_go_first) {
  start_with({"fetch.max_per_host=1", "work.lookahead=4"});
  auto urls = json::array();
  for (int i = 0; i < 30; ++i)
    urls.push_back(o.url("/delay/20/" + std::to_string(i)));
  urls.push_back({{"url", o.url("/page/999")}, {"priority", 5}});
  ended(create({{"items", urls}})["id"]);
  const auto all = o.requests();
  const auto at = std::find_if(all.begin(), all.end(), [](const auto& r) { return r.path == "/page/999"; });
  BOOST_TEST(std::distance(all.begin(), at) < 6);
}

BOOST_AUTO_TEST_CASE(a_host_is_paused_and_slowed_down) {
  const auto host = "127.0.0.4:" + std::to_string(o.port());
  const auto patch = [&](const json& rule) {
    return server->send("PATCH", "/v1/hosts/" + host, rule.dump());
  };
  BOOST_TEST(patch({{"paused", true}}).json()["paused"] == true);
  const auto id =
      create({{"items", json::array({o.url("/page/1"), o.url("/page/2", 4)})}})["id"].get<std::string>();
  wait_until([&] { return batch(id)["counts"]["succeeded"] == 1; });
  const auto item = items(id, "status=pending")["data"][0]["id"].get<std::string>();
  BOOST_TEST(get("/v1/items/" + item + "/why").json()["waiting_for"] == "host_paused");
  restart();
  BOOST_TEST(get("/v1/hosts/" + host).json()["paused"] == true);
  BOOST_TEST(batch(id)["counts"]["open"] == 1);
  BOOST_TEST(patch({{"paused", false}, {"max_concurrency", 1}}).json()["max_concurrency"] == 1);
  BOOST_TEST(ended(id)["state"] == "completed");
  BOOST_TEST(patch({{"delay_ms", -1}}).status == 400);
  BOOST_TEST(patch({{"delay_ms", "x"}}).json()["errors"][0]["pointer"] == "/delay_ms");
}

BOOST_AUTO_TEST_CASE(results_come_as_they_are_made) {
  auto urls = pages(120);
  urls.push_back(o.url("/status/404"));
  urls.push_back(
      {{"url", o.url("/page/500")}, {"custom_id", "mine"}, {"metadata", {{"a", json::array({1, 2})}}}});
  const auto id = create({{"items", urls}})["id"].get<std::string>();
  const auto path = "/v1/batches/" + id + "/results";
  const auto followed = get(path + "?follow=true");
  ended(id);
  const auto lines = json_lines(followed.body);
  BOOST_TEST(lines.size() == 122u);
  std::set<std::string> seen;
  for (const auto& l : lines)
    seen.insert(l["item"]);
  BOOST_TEST(seen.size() == 122u);
  const auto mine =
      std::find_if(lines.begin(), lines.end(), [](const json& l) { return l.contains("custom_id"); });
  BOOST_REQUIRE((mine != lines.end()));
  BOOST_TEST((*mine)["metadata"]["a"][1] == 2);
  BOOST_TEST((*mine)["markdown"].get<std::string>().size() > 0u);
  // From a line on, the rest and nothing else.
  const auto rest = json_lines(get(path + "?cursor=" + lines[99]["cursor"].get<std::string>()).body);
  BOOST_REQUIRE(rest.size() == 22u);
  BOOST_TEST(rest[0]["item"] == lines[100]["item"]);
  BOOST_TEST(get(path + "?cursor=nonsense").status == 400);
  BOOST_TEST(get(path + "?format=tar").status == 400);
  const auto zip = get(path + "?format=zip");
  BOOST_TEST(zip.body.starts_with("PK"));
  BOOST_TEST(zip.body.find("items.ndjson") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_was_sent_ahead_and_what_is_text_become_items) {
  const auto made =
      server->post("/v1/originals?filename=notes.html",
                   "<html><body><article><h1>Ahead</h1><p>Sent ahead of its item.</p></article>");
  BOOST_REQUIRE_MESSAGE(made.status == 201, made.body);
  const auto org = made.json()["id"].get<std::string>();
  const auto id =
      create(
          {{"items",
            {{{"original", org}}, {{"text", "# Given\n\nwith the item"}}, {{"original", "org_999"}}}}})["id"]
          .get<std::string>();
  const auto b = ended(id);
  BOOST_TEST(b["counts"]["succeeded"] == 2);
  BOOST_TEST(b["counts"]["failed"] == 1);
  const auto lines = json_lines(get("/v1/batches/" + id + "/results").body);
  std::string all;
  for (const auto& l : lines)
    all += l.value("markdown", "");
  BOOST_TEST(all.find("Sent ahead") != std::string::npos);
  BOOST_TEST(all.find("with the item") != std::string::npos);
  const auto wrong = server->post("/v1/originals?sha256=" + std::string(64, 'f'), "bytes");
  BOOST_TEST(wrong.json()["code"] == "digest_mismatch");
}

BOOST_AUTO_TEST_CASE(one_item_is_parsed_at_once) {
  const auto done = server->post("/v1/parse", json{{"url", o.url("/page/5")}}.dump(), {"Prefer: wait=30"});
  BOOST_TEST(done.status == 200);
  BOOST_TEST(done.json()["markdown"].get<std::string>().size() > 0u);
  BOOST_TEST(post("/v1/parse", {{"text", "just words"}}).status == 202);
  BOOST_TEST(server->post("/v1/parse", json{{"url", o.url("/status/404")}}.dump(), {"Prefer: wait=30"})
                 .json()["code"] == "http_4xx");
  BOOST_TEST(server->post("/v1/parse", json{{"url", o.url("/hang")}}.dump(), {"Prefer: wait=1"}).status ==
             202);
  BOOST_TEST(post("/v1/parse", {{"url", "nonsense"}}).status == 400);
  BOOST_TEST(
      post("/v1/parse", {{"url", "http://a.example/"}, {"priority", 11}}).json()["errors"][0]["pointer"] ==
      "/priority");
}

BOOST_AUTO_TEST_CASE(a_notebook_has_its_share_of_open_batches) {
  start_with({"limits.open_batches_per_notebook=2"});
  for (int i = 0; i < 2; ++i)
    create({{"notebook", 1}, {"items", pages(1, "/hang?")}});
  const auto third = post("/v1/batches", {{"notebook", 1}, {"items", pages(1)}});
  BOOST_TEST(third.status == 429);
  BOOST_TEST(third.json()["code"] == "notebook_full");
  BOOST_TEST(third.headers.find("Retry-After") != std::string::npos);
  BOOST_TEST(post("/v1/batches", {{"notebook", 2}, {"items", pages(1)}}).status == 202);
  const auto page = get("/v1/batches?limit=1&tag=");
  BOOST_TEST(page.headers.find("Link: </v1/batches?cursor=") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(files_make_a_batch) {
  const std::string body = "--b\r\nContent-Disposition: form-data; name=\"files\"; "
                           "filename=\"a.txt\"\r\n\r\nFirst text, long enough.\r\n"
                           "--b\r\nContent-Disposition: form-data; name=\"files\"; "
                           "filename=\"b.md\"\r\n\r\n# Second\n\nAnother text.\r\n--b--\r\n";
  const auto r = server->post("/v1/batches?notebook=4&tags=a,b", body,
                              {"Content-Type: multipart/form-data; boundary=b"});
  BOOST_REQUIRE_MESSAGE(r.status == 202, r.body);
  BOOST_TEST(r.json()["tags"].size() == 2u);
  BOOST_TEST(ended(r.json()["id"])["counts"]["succeeded"] == 2);
  BOOST_TEST(get("/v1/batches?tag=b").json()["data"].size() == 1u);
  BOOST_TEST(get("/v1/batches?tag=c").json()["data"].empty());
}

BOOST_AUTO_TEST_CASE(fifty_equal_requests_at_once_make_one_batch) {
  const auto body = json{{"items", pages(3)}}.dump();
  const std::vector<std::string> headers{"Idempotency-Key: race"};
  std::vector<std::future<answer>> all;
  for (int i = 0; i < 50; ++i)
    all.push_back(std::async(std::launch::async, [&] { return server->post("/v1/batches", body, headers); }));
  std::set<std::string> bodies;
  int replayed = 0;
  for (auto& f : all) {
    const auto r = f.get();
    BOOST_TEST(r.status == 202);
    bodies.insert(r.body);
    replayed += r.headers.find("Idempotent-Replayed: true") != std::string::npos;
  }
  BOOST_TEST(bodies.size() == 1u);
  BOOST_TEST(replayed == 49);
  BOOST_TEST(get("/v1/batches").json()["data"].size() == 1u);
  const auto other = server->post("/v1/batches", json{{"items", pages(4)}}.dump(), headers);
  BOOST_TEST(other.status == 422);
  BOOST_TEST(other.json()["code"] == "idempotency_key_reused");
  // The answer is as durable as the batch.
  server->kill9();
  restart();
  BOOST_TEST(server->post("/v1/batches", body, headers).body == *bodies.begin());
  // A refusal is not kept: it may be mended.
  BOOST_TEST(server->post("/v1/batches", "{", {"Idempotency-Key: mend"}).status == 400);
  BOOST_TEST(server->post("/v1/batches", body, {"Idempotency-Key: mend"}).status == 202);
  BOOST_TEST(
      server->post("/v1/batches/bat_1/cancel", "", {"Idempotency-Key: " + std::string(300, 'x')}).status ==
      400);
}

BOOST_AUTO_TEST_SUITE_END()
