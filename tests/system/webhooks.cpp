/// Webhooks: each event arrives, signed, whatever the receiver does and whoever is killed.
#include "tests/system/native.hpp"

#include <cstdio>
#include <fstream>
#include <set>

using namespace troupe::test;
using nlohmann::json;
using namespace std::chrono_literals;

namespace {

struct hooked : native {
  hooked() { start_with({"webhooks.delays=[\"50ms\", \"50ms\", \"50ms\"]", "webhooks.timeout_ms=1000"}); }

  json hook(const json& body) const {
    const auto r = post("/v1/webhooks", body);
    BOOST_REQUIRE_MESSAGE(r.status == 201, r.body);
    return r.json();
  }
  std::vector<origin::request> received(const std::string& path) const {
    std::vector<origin::request> out;
    for (auto& r : o.requests())
      if (r.path == path) out.push_back(std::move(r));
    return out;
  }
  json deliveries(const json& w) const {
    return get("/v1/webhooks/" + w["id"].get<std::string>() + "/deliveries").json()["data"];
  }
  void wait_for_end(const json& w, size_t count) const {
    wait_until([&] {
      const auto all = deliveries(w);
      return all.size() == count &&
             std::none_of(all.begin(), all.end(), [](const json& d) { return d["state"] == "pending"; });
    });
  }
  json batch_of_one() const { return ended(create({{"items", pages(1)}})["id"]); }
};

/// The official library's verdict: how many messages are sound; the text of its complaint otherwise.
std::string verified(const std::vector<origin::request>& messages, const std::string& secret,
                     const scratch& dir) {
  const auto file = dir.path() + "/messages";
  std::ofstream out{file};
  for (const auto& r : messages) {
    json headers;
    for (const auto* name : {"webhook-id", "webhook-timestamp", "webhook-signature"})
      headers[name] = r.headers.at(name);
    out << json{{"secret", secret}, {"headers", headers}, {"body", r.body}}.dump() << '\n';
  }
  out.close();
  const auto command = "cd " TROUPE_SOURCE_DIR "/tests/node && node verify_webhooks.mjs < " + file + " 2>&1";
  auto* pipe = popen(command.c_str(), "r");
  std::string text(4'096, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), pipe));
  pclose(pipe);
  return text.substr(0, text.find('\n'));
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(webhooks, hooked)

BOOST_AUTO_TEST_CASE(the_official_library_verifies_what_is_sent) {
  const auto w = hook({{"url", o.url("/status/204")}});
  batch_of_one();
  wait_for_end(w, 3);
  const auto all = received("/status/204");
  BOOST_REQUIRE(all.size() == 3u);
  std::multiset<std::string> types;
  for (const auto& r : all) {
    types.insert(json::parse(r.body)["type"].get<std::string>());
    BOOST_TEST(r.body.size() < 20'000u);
  }
  BOOST_TEST(types == (std::multiset<std::string>{"batch.accepted", "batch.completed", "item.succeeded"}),
             boost::test_tools::per_element());
  BOOST_TEST(verified(all, w["secret"], dir) == "3");
  BOOST_TEST(verified(all, "whsec_" + std::string(44, 'A'), dir) != "3");
  // During a rotation both secrets sign.
  const auto rotated = post("/v1/webhooks/" + w["id"].get<std::string>() + "/rotate").json();
  BOOST_TEST(rotated["secret"] != w["secret"]);
  batch_of_one();
  wait_for_end(w, 6);
  auto later = received("/status/204");
  later.erase(later.begin(), later.begin() + 3);
  BOOST_TEST(verified(later, w["secret"], dir) == "3");
  BOOST_TEST(verified(later, rotated["secret"], dir) == "3");
}

BOOST_AUTO_TEST_CASE(a_receiver_that_fails_is_tried_again_under_the_same_id) {
  const auto w = hook({{"url", o.url("/flaky/500/2/hook")}, {"events", {"batch.completed"}}});
  batch_of_one();
  wait_for_end(w, 1);
  const auto d = deliveries(w)[0];
  BOOST_TEST(d["state"] == "succeeded");
  BOOST_TEST(d["attempts"] == 3);
  std::set<std::string> ids;
  for (const auto& r : received("/flaky/500/2/hook"))
    ids.insert(r.headers.at("webhook-id"));
  BOOST_TEST(ids.size() == 1u);
  BOOST_TEST(*ids.begin() == d["id"].get<std::string>());
}

BOOST_AUTO_TEST_CASE(a_delivery_is_given_up_and_can_be_sent_again) {
  const auto w = hook({{"url", o.url("/flaky/500/4/again")}, {"events", {"batch.completed"}}});
  batch_of_one();
  wait_for_end(w, 1);
  const auto d = deliveries(w)[0];
  BOOST_TEST(d["state"] == "failed");
  BOOST_TEST(d["attempts"] == 4);
  BOOST_TEST(d["http_status"] == 500);
  const auto path = "/v1/webhooks/" + w["id"].get<std::string>() + "/deliveries/";
  BOOST_TEST(post(path + d["id"].get<std::string>() + "/redeliver").status == 202);
  wait_until([&] { return deliveries(w)[0]["state"] == "succeeded"; });
  BOOST_TEST(post(path + "dlv_1_1/redeliver").status == 404);
}

BOOST_AUTO_TEST_CASE(a_receiver_that_is_gone_is_told_no_more) {
  const auto w = hook({{"url", o.url("/status/410")}, {"events", {"batch.accepted"}}});
  batch_of_one();
  const auto path = "/v1/webhooks/" + w["id"].get<std::string>();
  wait_until([&] { return get(path).json()["enabled"] == false; });
  BOOST_TEST(deliveries(w)[0]["attempts"] == 1);
  batch_of_one();
  BOOST_TEST(received("/status/410").size() == 1u);
  BOOST_TEST(server->send("PATCH", path, json{{"enabled", true}, {"url", o.url("/status/200")}}.dump())
                 .json()["enabled"] == true);
  batch_of_one();
  wait_until([&] { return received("/status/200").size() == 1u; });
}

BOOST_AUTO_TEST_CASE(what_is_changed_while_a_receiver_goes_stays_changed) {
  const auto w = hook({{"url", o.url("/status/410/400")}, {"events", {"batch.accepted"}}});
  const auto gone = hook({{"url", o.url("/status/410/400")}, {"events", {"batch.accepted"}}});
  create({{"items", pages(1)}});
  wait_until([&] { return received("/status/410/400").size() == 2u; });
  const auto path = "/v1/webhooks/" + w["id"].get<std::string>();
  BOOST_TEST(post(path + "/rotate").status == 200);
  BOOST_TEST(server->send("DELETE", "/v1/webhooks/" + gone["id"].get<std::string>(), "").status == 204);
  wait_until([&] { return get(path).json()["enabled"] == false; });
  BOOST_TEST(get(path).json().contains("old_secret_until"));
  BOOST_TEST(get("/v1/webhooks/" + gone["id"].get<std::string>()).status == 404);
}

BOOST_AUTO_TEST_CASE(redirects_and_hanging_receivers_are_failures_that_hold_nobody_up) {
  const auto moved = hook({{"url", o.url("/redirect/1")}, {"events", {"batch.accepted"}}});
  const auto hangs = hook({{"url", o.url("/hang")}, {"events", {"batch.accepted"}}});
  const auto good = hook({{"url", o.url("/status/200")}, {"events", {"batch.accepted"}}});
  batch_of_one();
  wait_for_end(good, 1);
  wait_for_end(moved, 1);
  BOOST_TEST(deliveries(moved)[0]["state"] == "failed");
  BOOST_TEST(deliveries(moved)[0]["error"].get<std::string>().find("redirect") != std::string::npos);
  wait_for_end(hangs, 1);
  BOOST_TEST(deliveries(hangs)[0]["state"] == "failed");
}

BOOST_AUTO_TEST_CASE(no_address_is_told_that_may_not_be_fetched) {
  server.reset();
  server = std::make_unique<server_process>(
      server_options{.data = dir.path(), .set = settings, .allow_network = "127.0.0.2/32"});
  const auto w = hook({{"url", o.url("/status/200", 9)}, {"events", {"batch.accepted"}}});
  create({{"items", json::array({o.url("/page/1", 2)})}});
  wait_for_end(w, 1);
  BOOST_TEST(deliveries(w)[0]["state"] == "failed");
  BOOST_TEST(deliveries(w)[0]["error"].get<std::string>().find("address") != std::string::npos);
  BOOST_TEST(received("/status/200").empty());
  BOOST_TEST(post("/v1/webhooks", {{"url", "ftp://a.example/"}}).status == 400);
  BOOST_TEST(post("/v1/webhooks", {{"url", o.url("/")}, {"secret", "short"}}).json()["code"] ==
             "invalid_request");
}

BOOST_AUTO_TEST_CASE(a_batch_has_a_webhook_of_its_own) {
  const auto made = create(
      {{"items", pages(10)},
       {"webhook", {{"url", o.url("/status/202")}, {"events", {"batch.completed", "batch.progress"}}}}});
  ended(made["id"]);
  batch_of_one();
  wait_until([&] { return received("/status/202").size() == 10u; });
  std::multiset<std::string> types;
  for (const auto& r : received("/status/202")) {
    const auto m = json::parse(r.body);
    BOOST_TEST(m["data"]["batch"] == made["id"]);
    types.insert(m["type"].get<std::string>());
  }
  BOOST_TEST(types.count("batch.progress") == 9u);
}

BOOST_AUTO_TEST_CASE(no_event_is_lost_when_the_server_is_killed) {
  const auto w =
      hook({{"url", o.url("/flaky/500/30/kill")}, {"events", {"item.succeeded", "batch.completed"}}});
  const auto id = create({{"items", pages(200)}})["id"].get<std::string>();
  for (int kill = 1; kill <= 5; ++kill) {
    wait_until([&] { return received("/flaky/500/30/kill").size() >= static_cast<size_t>(10 * kill); });
    server->kill9();
    restart();
  }
  ended(id);
  std::set<std::string> items;
  bool completed = false;
  wait_until([&] {
    const auto all =
        get("/v1/webhooks/" + w["id"].get<std::string>() + "/deliveries?limit=1000").json()["data"];
    return all.size() == 201u &&
           std::none_of(all.begin(), all.end(), [](const json& d) { return d["state"] == "pending"; });
  });
  for (const auto& r : received("/flaky/500/30/kill")) {
    const auto m = json::parse(r.body);
    completed = completed || m["type"] == "batch.completed";
    if (m["data"].contains("item")) items.insert(m["data"]["item"]);
  }
  BOOST_TEST(items.size() == 200u);
  BOOST_TEST(completed);
  BOOST_TEST(server->send("DELETE", "/v1/webhooks/" + w["id"].get<std::string>(), "").status == 204);
  BOOST_TEST(get("/v1/webhooks/" + w["id"].get<std::string>()).status == 404);
}

BOOST_AUTO_TEST_SUITE_END()
