/// HTTP as clients may misuse it.
#include "tests/fixtures/origin.hpp"
#include "tests/support/raw_client.hpp"
#include "tests/support/server_process.hpp"
#include "tests/support/waiting.hpp"

#include <boost/test/unit_test.hpp>

using namespace troupe::test;
using nlohmann::json;
using namespace std::chrono_literals;

namespace {

constexpr const char* health = "GET /api/v1/health/ HTTP/1.1\r\nHost: localhost\r\n\r\n";
constexpr const char* last_health =
    "GET /api/v1/health/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

size_t count(const std::string& text, const std::string& what) {
  size_t n = 0;
  for (auto at = text.find(what); at != text.npos; at = text.find(what, at + what.size()))
    ++n;
  return n;
}

struct fixture {
  origin o;
  scratch dir;
  server_process server{
      {.data = dir.path(),
       .set = {"http.header_timeout_ms=300", "http.idle_timeout_ms=1500", "http.body_timeout_ms=400",
               "http.body_bytes=3000000", "http.header_bytes=4096", "http.spool_bytes=1000",
               "http.answer_bytes=1048576", "http.status_items=100000"}}};

  bool still_serves() const { return server.get("/api/v1/health/").status == 200; }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(http_front, fixture)

BOOST_AUTO_TEST_CASE(connections_are_kept_and_pipelines_answered_in_order) {
  raw_client c{server.base()};
  c.send(health);
  c.read_until("}");
  c.send(std::string(health) + "GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n" + last_health);
  BOOST_TEST(c.closed());
  const auto& all = c.received();
  BOOST_TEST(count(all, "HTTP/1.1 200") == 3u);
  BOOST_TEST(all.find("HTTP/1.1 404") > all.find("HTTP/1.1 200"));
  BOOST_TEST(all.rfind("HTTP/1.1 200") > all.find("HTTP/1.1 404"));
}

BOOST_AUTO_TEST_CASE(a_long_pipeline_is_answered_whole) {
  std::string many;
  for (int i = 0; i < 1'000; ++i)
    many += health;
  raw_client c{server.base()};
  c.send(many + "GET /the-end HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  BOOST_TEST(c.closed());
  BOOST_TEST(count(c.received(), "HTTP/1.1 200") == 1'000u);
  BOOST_TEST(count(c.received(), "HTTP/1.1 404") == 1u);
}

BOOST_AUTO_TEST_CASE(a_head_may_come_byte_by_byte) {
  raw_client c{server.base()};
  for (const char byte : std::string(health))
    c.send({byte});
  c.read_until("}");
  BOOST_TEST(count(c.received(), "HTTP/1.1 200") == 1u);
}

BOOST_AUTO_TEST_CASE(empty_lines_before_a_request_are_passed_over) {
  raw_client c{server.base()};
  c.send("\r");
  c.send("\n\r\n" + std::string(health) + "\r\n" + health);
  c.finish();
  BOOST_TEST(c.closed());
  BOOST_TEST(count(c.received(), "HTTP/1.1 200") == 2u);
  raw_client late{server.base()};
  late.send(std::string(health) + "\r\n");
  late.read_until("}");
  // Longer than a head may take: the connection is idle.
  BOOST_TEST(!late.closed(500ms));
  late.send(last_health);
  BOOST_TEST(late.closed());
  BOOST_TEST(count(late.received(), "HTTP/1.1 200") == 2u);
  raw_client endless{server.base()};
  std::string lines;
  while (lines.size() < 4'200)
    lines += "\r\n";
  endless.send(lines);
  BOOST_TEST(endless.closed());
  BOOST_TEST(endless.received().starts_with("HTTP/1.1 400"));
  raw_client says_nothing{server.base()};
  says_nothing.send("\r\n");
  says_nothing.finish();
  BOOST_TEST(says_nothing.closed());
  BOOST_TEST(says_nothing.received() == "");
}

BOOST_AUTO_TEST_CASE(a_head_that_breaks_off_is_told_so) {
  raw_client c{server.base()};
  c.send("GET /api/v1/health/ HTTP/1.1\r\nHost: loc");
  c.finish();
  BOOST_TEST(c.closed());
  BOOST_TEST(c.received().starts_with("HTTP/1.1 400"));
}

BOOST_AUTO_TEST_CASE(http_1_0_and_close_end_the_connection) {
  raw_client old{server.base()};
  old.send("GET /api/v1/health/ HTTP/1.0\r\nHost: localhost\r\n\r\n");
  BOOST_TEST(old.closed());
  BOOST_TEST(old.received().find("\"status\":\"ok\"") != std::string::npos);
  raw_client probe{server.base()};
  probe.send("GET /api/v1/health/ HTTP/1.0\r\n\r\n");
  BOOST_TEST(probe.closed());
  BOOST_TEST(probe.received().starts_with("HTTP/1.0 200"));
  raw_client names_nobody{server.base()};
  names_nobody.send("GET /api/v1/health/ HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n");
  BOOST_TEST(names_nobody.closed());
  BOOST_TEST(names_nobody.received().starts_with("HTTP/1.1 421"));
  raw_client last{server.base()};
  last.send("GET /api/v1/health/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  BOOST_TEST(last.closed());
}

BOOST_AUTO_TEST_CASE(a_stream_to_http_1_0_has_no_chunks_and_ends_with_the_connection) {
  const auto made = server.post(
      "/api/v1/notebooks/1/files/parse_url/",
      json{{"urls", {{{"url", o.url("/page/1")}, {"upload_url_id", "one"}}, {{"url", o.url("/page/2")}}}}}
          .dump());
  server.wait(1, made.json()["batch_job_id"]);
  raw_client c{server.base()};
  c.send("GET /api/v1/notebooks/1/files/one/status/stream HTTP/1.0\r\nHost: localhost\r\n"
         "Connection: keep-alive\r\n\r\n");
  BOOST_TEST(c.closed());
  BOOST_TEST(c.received().find("Transfer-Encoding") == std::string::npos);
  BOOST_TEST(c.received().find("\r\n\r\ndata: ") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_request_names_its_host_once) {
  for (const std::string hosts : {"", "Host: localhost\r\nHost: localhost\r\n"}) {
    raw_client c{server.base()};
    c.send("GET /api/v1/health/ HTTP/1.1\r\n" + hosts + "\r\n");
    BOOST_TEST(c.read_until("}").starts_with("HTTP/1.1 400"));
  }
}

BOOST_AUTO_TEST_CASE(a_target_may_be_a_whole_url) {
  raw_client good{server.base()};
  good.send("GET http://localhost/api/v1/health/ HTTP/1.1\r\nHost: localhost\r\n\r\n");
  BOOST_TEST(good.read_until("}").starts_with("HTTP/1.1 200"));
  raw_client bare{server.base()};
  bare.send("GET http://localhost HTTP/1.1\r\nHost: localhost\r\n\r\n");
  BOOST_TEST(bare.read_until("}").starts_with("HTTP/1.1 404"));
  // The target's host is the one that counts (RFC 9112 section 3.2.2).
  raw_client foreign{server.base()};
  foreign.send("GET http://evil.example/api/v1/health/ HTTP/1.1\r\nHost: localhost\r\n\r\n");
  BOOST_TEST(foreign.read_until("}").find("HTTP/1.1 200") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(head_has_no_body) {
  raw_client c{server.base()};
  c.send("HEAD /api/v1/health/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  BOOST_TEST(c.closed());
  BOOST_TEST(c.received().ends_with("\r\n\r\n"));
  BOOST_TEST(c.received().find("Content-Length: ") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_body_nobody_wants_is_no_request) {
  raw_client c{server.base()};
  const std::string inner = health;
  c.send("OPTIONS /api/v1/health/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: " +
         std::to_string(inner.size()) + "\r\n\r\n" + inner);
  c.closed(2s);
  BOOST_TEST(count(c.received(), "HTTP/1.1 ") == 1u);
}

BOOST_AUTO_TEST_CASE(head_of_a_large_original_has_no_body) {
  const scratch more;
  server_process other{{.data = more.path(), .set = {"store.inline_original_bytes=1000"}}};
  const auto made =
      other.post("/api/v1/notebooks/1/files/parse_url/", json{{"url", o.url("/page/1/8")}}.dump());
  raw_client c{other.base()};
  c.send("HEAD /api/v1/notebooks/files/" + made.json()["file_id"].get<std::string>() +
         "/raw/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  BOOST_TEST(c.closed());
  BOOST_TEST(c.received().ends_with("\r\n\r\n"));
}

BOOST_AUTO_TEST_CASE(slow_heads_idle_connections_and_slow_bodies_are_ended) {
  raw_client slow{server.base()};
  slow.send("GET /api/v1/hea");
  BOOST_TEST(slow.closed(1'200ms));
  raw_client idle{server.base()};
  BOOST_TEST(idle.closed(3s));
  raw_client body{server.base()};
  body.send("POST /api/v1/notebooks/1/files/parse_url/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: "
            "100\r\n\r\n{");
  BOOST_TEST(body.closed(3s));
  BOOST_TEST(body.received().find("408") != std::string::npos);
  BOOST_TEST(still_serves());
}

BOOST_AUTO_TEST_CASE(a_slow_body_is_taken_as_long_as_it_goes_on) {
  const auto body = json{{"urls", {{{"url", o.url("/page/1")}}}}}.dump();
  raw_client c{server.base()};
  c.send("POST /api/v1/notebooks/1/files/parse_url/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
         "application/json\r\nContent-Length: " +
         std::to_string(body.size() + 8) + "\r\n\r\n");
  // Longer together than one piece may take.
  for (int i = 0; i < 8; ++i) {
    c.send(" ");
    c.read_until("\x01", 100ms);
  }
  c.send(body);
  BOOST_TEST(c.read_until("batch_job_id").find("HTTP/1.1 202") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(long_heads_and_bodies_are_refused) {
  raw_client head{server.base()};
  head.send("GET /" + std::string(6'000, 'x') + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
  head.read_until("HTTP/1.1 431");
  BOOST_TEST(head.received().find("HTTP/1.1 431") != std::string::npos);
  raw_client body{server.base()};
  body.send("POST /api/v1/notebooks/1/files/parse_url/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: "
            "4000000\r\n\r\n");
  BOOST_TEST(body.read_until("detail").find("HTTP/1.1 413") != std::string::npos);
  raw_client chunked{server.base()};
  chunked.send("POST /api/v1/notebooks/1/files/parse_url/ HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: "
               "chunked\r\n\r\n");
  const std::string chunk = "10000\r\n" + std::string(0x10000, ' ') + "\r\n";
  for (int i = 0; i < 60; ++i)
    chunked.send(chunk);
  chunked.send("0\r\n\r\n");
  BOOST_TEST(chunked.read_until("detail").find("HTTP/1.1 413") != std::string::npos);
  BOOST_TEST(still_serves());
}

BOOST_AUTO_TEST_CASE(what_is_no_http_is_told_so) {
  for (const std::string bytes : {"\x16\x03\x01\x02", "nonsense\r\n\r\n", "GET / HTTP/9.9\r\n\r\n"}) {
    raw_client c{server.base()};
    c.send(bytes + "\r\n\r\n");
    BOOST_TEST(c.closed());
  }
  BOOST_TEST(still_serves());
}

BOOST_AUTO_TEST_CASE(a_client_that_waits_for_continue_gets_it) {
  const auto body = json{{"urls", {o.url("/page/1")}}}.dump();
  raw_client c{server.base()};
  c.send("POST /api/v1/notebooks/1/files/parse_url/ HTTP/1.1\r\nHost: localhost\r\nExpect: "
         "100-continue\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n");
  BOOST_TEST(c.read_until("100 Continue").find("100 Continue") != std::string::npos);
  c.send(body);
  BOOST_TEST(c.read_until("is_batch").find("HTTP/1.1 202") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(one_of_http_1_0_is_not_told_to_go_on) {
  const auto body = json{{"urls", {o.url("/page/1")}}}.dump();
  raw_client c{server.base()};
  c.send("POST /api/v1/notebooks/1/files/parse_url/ HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body);
  BOOST_TEST(c.closed());
  BOOST_TEST(c.received().find(" 202 ") != std::string::npos);
  BOOST_TEST(c.received().find("100 Continue") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_body_whose_end_cannot_be_told_ends_the_connection) {
  raw_client c{server.base()};
  c.send("POST /api/v1/notebooks/1/files/parse_url/ HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: "
         "gzip\r\n\r\n" +
         std::string(health));
  BOOST_TEST(c.closed());
  BOOST_TEST(c.received().starts_with("HTTP/1.1 400"));
  BOOST_TEST(count(c.received(), "HTTP/1.1 ") == 1u);
}

BOOST_AUTO_TEST_CASE(a_chunked_body_in_small_pieces_is_one_body) {
  const auto body = json{{"urls", {o.url("/page/1"), o.url("/page/2")}}}.dump();
  raw_client c{server.base()};
  c.send("POST /api/v1/notebooks/1/files/parse_url/ HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: "
         "chunked\r\n\r\n");
  for (const char byte : body)
    c.send(std::string("1\r\n") + byte + "\r\n");
  c.send("0\r\n\r\n");
  BOOST_TEST(c.read_until("is_batch").find("\"total_items\":2") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_spooled_body_is_accepted_in_parts_or_not_at_all) {
  json urls = json::array();
  for (int i = 0; i < 7'000; ++i)
    urls.push_back(o.url("/page/" + std::to_string(i), 1 + i % 20));
  const auto good = server.post("/api/v1/notebooks/1/files/parse_url/", json{{"urls", urls}}.dump());
  BOOST_TEST(good.status == 202);
  BOOST_TEST(good.json()["total_items"] == 7'000);
  // Broken after thousands of good ones: nothing of it exists.
  auto broken = json{{"urls", urls}}.dump();
  broken.resize(broken.size() - 20);
  const auto bad = server.post("/api/v1/notebooks/2/files/parse_url/", broken);
  BOOST_TEST(bad.status == 400);
  BOOST_TEST(server.get("/api/v1/notebooks/2/files/").status == 404);
  // The client leaves in the middle of the body.
  {
    raw_client c{server.base()};
    c.send("POST /api/v1/notebooks/3/files/parse_url/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: " +
           std::to_string(broken.size()) + "\r\n\r\n" + broken.substr(0, broken.size() / 2));
  }
  BOOST_TEST(server.get("/api/v1/notebooks/3/files/").status == 404);
  server.wait(1, good.json()["batch_job_id"]);
  server.terminate();
  BOOST_TEST(verify_store(dir.path()) == "");
}

BOOST_AUTO_TEST_CASE(long_answers_that_nobody_takes_are_bounded) {
  json urls = json::array();
  for (int i = 0; i < 50'000; ++i)
    urls.push_back({{"url", o.url("/hang") + "?" + std::to_string(i)}});
  const auto made = server.post("/api/v1/notebooks/1/files/parse_url/", json{{"urls", urls}}.dump());
  const auto status = "/api/v1/notebooks/1/batch-jobs/" + made.json()["batch_job_id"].dump() + "/status/";
  {
    raw_client takes_nothing{server.base(), 4'096};
    takes_nothing.send("GET " + status + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
    takes_nothing.read_until("\r\n\r\n");
    const auto refused = server.get(status);
    BOOST_TEST(refused.status == 503);
    BOOST_TEST(refused.json()["code"] == "overloaded");
    BOOST_TEST(server.get(status + "?limit=10").status == 200);
    BOOST_TEST(still_serves());
  }
  wait_until([&] { return server.get(status).status == 200; });
}

BOOST_AUTO_TEST_CASE(requests_that_wait_when_the_server_ends_are_let_go) {
  scratch other;
  server_process ends{{.data = other.path(), .set = {"work.drain_timeout_ms=300"}}};
  const auto body = json{{"url", o.url("/hang")}}.dump();
  const auto request = "POST /v1/parse HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                       "Prefer: wait=60\r\nIdempotency-Key: one\r\nContent-Length: " +
                       std::to_string(body.size()) + "\r\n\r\n" + body;
  raw_client first{ends.base()};
  first.send(request);
  wait_until([&] { return o.under_way() == 1; });
  // It waits for the first.
  raw_client equal{ends.base()};
  equal.send(request);
  wait_until([&] {
    return ends.get("/metrics").body.find("troupe_http_requests_in_flight 3") != std::string::npos;
  });
  BOOST_TEST(ends.terminate() == 0);
}

BOOST_AUTO_TEST_CASE(a_stream_whose_listener_leaves_is_ended) {
  server.post("/api/v1/notebooks/1/files/parse_url/",
              json{{"urls", {{{"url", o.url("/hang")}, {"upload_url_id", "stuck"}}}}}.dump());
  for (int i = 0; i < 20; ++i) {
    raw_client c{server.base()};
    c.send("GET /api/v1/notebooks/1/files/stuck/status/stream HTTP/1.1\r\nHost: localhost\r\n\r\n");
    BOOST_TEST(c.read_until("processing").find("text/event-stream") != std::string::npos);
  }
  BOOST_TEST(still_serves());
}

BOOST_AUTO_TEST_SUITE_END()
