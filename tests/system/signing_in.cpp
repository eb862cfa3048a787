/// Keys made through the API, and browsers that sign in with one.
#include "tests/support/raw_client.hpp"
#include "tests/system/native.hpp"

using namespace troupe::test;
using nlohmann::json;

namespace {

struct keyed : native {
  std::string manager;

  keyed() {
    const auto r = post("/v1/keys", {{"name", "manager"}, {"write", true}});
    BOOST_REQUIRE_MESSAGE(r.status == 201, r.body);
    manager = r.json()["key"];
  }
  static std::string bearer(const std::string& key) { return "Authorization: Bearer " + key; }
  answer with_key(const std::string& key, const std::string& method, const std::string& path,
                  const json& body = json::object()) const {
    return server->send(method, path, method == "GET" ? "" : body.dump(), {bearer(key)});
  }
  json make_key(const json& body) const {
    const auto r = with_key(manager, "POST", "/v1/keys", body);
    BOOST_REQUIRE_MESSAGE(r.status == 201, r.body);
    return r.json();
  }
};

/// The value of a cookie that an answer sets.
std::string cookie_in(const answer& a, const std::string& name) {
  const auto at = a.headers.find("Set-Cookie: " + name + "=");
  if (at == a.headers.npos) return {};
  const auto from = at + 13 + name.size();
  return a.headers.substr(from, a.headers.find(';', from) - from);
}

struct browser {
  std::string session;
  std::string token;
  std::vector<std::string> headers(bool with_token) const {
    std::vector<std::string> out{"Cookie: theme=dark; sessionid=" + session + "; csrftoken=" + token};
    if (with_token) out.push_back("X-CSRFToken: " + token);
    return out;
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(signing_in, keyed)

BOOST_AUTO_TEST_CASE(a_key_does_what_it_may_and_no_more) {
  BOOST_TEST(get("/v1/batches").status == 401);
  const auto reader = make_key({{"name", "reader"}, {"notebooks", {7}}});
  const auto writer = make_key({{"name", "writer"}, {"notebooks", {7}}, {"write", true}});
  const auto text = [](const json& k) { return k["key"].get<std::string>(); };
  const json in_7{{"notebook", 7}, {"items", pages(1)}};
  BOOST_TEST(with_key(text(reader), "POST", "/v1/batches", in_7).status == 403);
  BOOST_TEST(with_key(text(writer), "POST", "/v1/batches", in_7).status == 202);
  BOOST_TEST(with_key(text(writer), "POST", "/v1/batches", {{"notebook", 8}, {"items", pages(1)}}).status ==
             403);
  BOOST_TEST(with_key(text(writer), "POST", "/v1/keys", {{"name", "x"}}).status == 403);
  BOOST_TEST(with_key(text(reader), "GET", "/v1/batches").json()["data"].size() == 1u);
  BOOST_TEST(with_key(manager, "GET", "/v1/keys").json()["data"].size() == 3u);
  BOOST_TEST(with_key(manager, "GET", "/v1/keys").body.find(text(reader)) == std::string::npos);
  // Over a restart; and dropped, at once.
  restart();
  BOOST_TEST(with_key(text(reader), "GET", "/v1/batches").status == 200);
  BOOST_TEST(with_key(manager, "DELETE", "/v1/keys/" + reader["id"].get<std::string>()).status == 204);
  BOOST_TEST(with_key(text(reader), "GET", "/v1/batches").status == 401);
  BOOST_TEST(with_key(manager, "DELETE", "/v1/keys/key_none").status == 404);
}

BOOST_AUTO_TEST_CASE(nobody_is_locked_out) {
  const auto all = with_key(manager, "GET", "/v1/keys").json()["data"];
  make_key({{"name", "reader"}});
  const auto r = with_key(manager, "DELETE", "/v1/keys/" + all[0]["id"].get<std::string>());
  BOOST_TEST(r.status == 409);
  BOOST_TEST(r.json()["code"] == "limit_reached");
}

BOOST_AUTO_TEST_CASE(a_browser_signs_in_as_the_guides_client_does) {
  const auto csrf = get("/api/v1/users/csrf/");
  BOOST_TEST(csrf.status == 200);
  BOOST_TEST(!cookie_in(csrf, "csrftoken").empty());
  const auto login = [&](const std::string& password) {
    return server->post("/api/v1/users/login/", json{{"username", "someone"}, {"password", password}}.dump());
  };
  BOOST_TEST(login("wrong").status == 401);
  const auto in = login(manager);
  BOOST_REQUIRE(in.status == 200);
  const browser b{cookie_in(in, "sessionid"), cookie_in(in, "csrftoken")};
  BOOST_TEST(in.headers.find("HttpOnly") != std::string::npos);
  const auto me = server->get("/api/v1/users/me/", b.headers(false)).json();
  BOOST_TEST(me["username"] == "someone");
  BOOST_TEST(get("/api/v1/users/me/").status == 401);
  const auto body = json{{"url", o.url("/page/1")}}.dump();
  const auto path = "/api/v1/notebooks/7/files/parse_url/";
  BOOST_TEST(server->post(path, body, b.headers(false)).json()["code"] == "csrf_failed");
  auto wrong = b;
  wrong.token = std::string(32, 'a');
  BOOST_TEST(server->post(path, body, wrong.headers(true)).status == 403);
  BOOST_TEST(server->post(path, body, b.headers(true)).status == 201);
  // Asked again, it is given the token that counts.
  BOOST_TEST(cookie_in(server->get("/api/v1/users/csrf/", b.headers(false)), "csrftoken") == b.token);
  auto foreign = b.headers(true);
  foreign.push_back("Origin: https://evil.example");
  BOOST_TEST(server->post(path, body, foreign).status == 403);
  // Over a restart; until it signs out.
  restart();
  BOOST_TEST(server->get("/api/v1/users/me/", b.headers(false)).status == 200);
  BOOST_TEST(server->send("DELETE", "/v1/session", "", b.headers(true)).status == 204);
  BOOST_TEST(server->get("/api/v1/users/me/", b.headers(false)).status == 401);
}

BOOST_AUTO_TEST_CASE(an_event_stream_works_by_cookie) {
  const auto in = server->post("/v1/session", json{{"key", manager}}.dump());
  BOOST_REQUIRE(in.status == 200);
  const browser b{cookie_in(in, "sessionid"), cookie_in(in, "csrftoken")};
  const auto made = server->post("/v1/batches", json{{"items", pages(2)}}.dump(), b.headers(true));
  const auto path = "/v1/batches/" + made.json()["id"].get<std::string>() + "/events";
  const auto events = server->get(path, b.headers(false));
  BOOST_TEST(events.body.find("event: batch.completed") != std::string::npos);
  BOOST_TEST(server->get(path).status == 401);
}

BOOST_AUTO_TEST_CASE(what_is_of_one_notebook_is_not_seen_from_another) {
  const auto seven =
      make_key({{"name", "seven"}, {"notebooks", {7}}, {"write", true}})["key"].get<std::string>();
  const auto secret = server->post("/v1/originals", "a secret text of the manager", {bearer(manager)}).json();
  const json of_it{{"notebook", 7}, {"items", {{{"original", secret["id"]}}}}};
  BOOST_TEST(with_key(seven, "POST", "/v1/batches", of_it).status == 400);
  BOOST_TEST(with_key(manager, "POST", "/v1/batches", of_it).status == 202);
  const auto other = with_key(manager, "POST", "/v1/batches", {{"notebook", 8}, {"items", pages(1)}}).json();
  const auto path = "/v1/batches/" + other["id"].get<std::string>();
  for (const auto* more : {"", "/items", "/events", "/results"})
    BOOST_TEST(with_key(seven, "GET", path + more).status == 404, more);
  BOOST_TEST(with_key(seven, "DELETE", path).status == 404);
  BOOST_TEST(with_key(seven, "GET", "/v1/notebooks/8/events").status == 404);
  const auto hook = with_key(manager, "POST", "/v1/webhooks", {{"url", o.url("/status/200")}}).json();
  BOOST_TEST(with_key(seven, "GET", "/v1/webhooks/" + hook["id"].get<std::string>()).status == 404);
  BOOST_TEST(with_key(seven, "POST", "/v1/webhooks", {{"url", o.url("/status/200")}}).status == 403);
  BOOST_TEST(with_key(seven, "PATCH", "/v1/hosts/a.example", {{"paused", true}}).status == 403);
}

BOOST_AUTO_TEST_CASE(a_stream_ends_with_its_key) {
  const auto k = make_key({{"name", "brief"}});
  const auto made = with_key(manager, "POST", "/v1/batches", {{"items", pages(1, "/hang?")}}).json();
  raw_client c{server->base()};
  c.send("GET /v1/batches/" + made["id"].get<std::string>() + "/events HTTP/1.1\r\nHost: localhost\r\n" +
         bearer(k["key"]) + "\r\n\r\n");
  c.read_until("batch.accepted");
  with_key(manager, "DELETE", "/v1/keys/" + k["id"].get<std::string>());
  BOOST_TEST(c.closed());
}

BOOST_AUTO_TEST_CASE(a_session_ends_with_its_key) {
  const auto k = make_key({{"name", "brief"}, {"write", true}});
  const auto in = server->post("/v1/session", json{{"key", k["key"]}}.dump());
  const browser b{cookie_in(in, "sessionid"), cookie_in(in, "csrftoken")};
  BOOST_TEST(server->get("/v1/batches", b.headers(false)).status == 200);
  with_key(manager, "DELETE", "/v1/keys/" + k["id"].get<std::string>());
  BOOST_TEST(server->get("/v1/batches", b.headers(false)).status == 401);
}

BOOST_AUTO_TEST_SUITE_END()
