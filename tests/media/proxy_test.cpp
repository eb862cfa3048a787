/// The door of the finder's network: what it asks for, and where it is let.
#include "media/checked_proxy.hpp"
#include "media/proxy_request.hpp"
#include "tests/fixtures/origin.hpp"
#include "tests/support/raw_client.hpp"

#include <boost/test/unit_test.hpp>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;

namespace {

struct fixture {
  origin o;
  media::checked_proxy proxy;
  uint16_t port = 0;

  explicit fixture(const std::string& allowed = "127.0.0.1/32", media::proxy_limits limits = {.idle = 500ms})
      : proxy(address_policy::of({allowed}), limits) {
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    BOOST_REQUIRE(::bind(listener, reinterpret_cast<sockaddr*>(&at), size) == 0);
    BOOST_REQUIRE(::listen(listener, 8) == 0);
    getsockname(listener, reinterpret_cast<sockaddr*>(&at), &size);
    port = ntohs(at.sin_port);
    proxy.serve(listener);
  }
  std::string base() const { return "http://127.0.0.1:" + std::to_string(port); }
  std::string ask(const std::string& head) const {
    raw_client c{base()};
    c.send(head);
    c.closed(20s);
    return c.received();
  }
  std::string get(const std::string& url) const {
    return ask("GET " + url + " HTTP/1.1\r\nHost: x\r\nProxy-Connection: keep-alive\r\n\r\n");
  }
};

bool has(const std::string& text, std::string_view what) {
  return text.find(what) != text.npos;
}

} // namespace

BOOST_AUTO_TEST_SUITE(proxy_requests)

BOOST_AUTO_TEST_CASE(tunnels_name_host_and_port) {
  const auto r = media::read_proxy_request("CONNECT [::1]:443 HTTP/1.1\r\n").value();
  BOOST_TEST(r.host == "::1");
  BOOST_TEST(r.port == "443");
  BOOST_TEST(r.forwarded == "");
}

BOOST_AUTO_TEST_CASE(urls_become_what_an_origin_is_asked) {
  const auto r =
      media::read_proxy_request("GET http://a.example:81/p?q HTTP/1.1\r\nHost: a.example:81\r\n"
                                "Connection: keep-alive\r\nProxy-Authorization: x\r\nAccept: */*\r\n")
          .value();
  BOOST_TEST(r.host == "a.example");
  BOOST_TEST(r.port == "81");
  BOOST_TEST(r.forwarded ==
             "GET /p?q HTTP/1.1\r\nHost: a.example:81\r\nAccept: */*\r\nConnection: close\r\n\r\n");
  BOOST_TEST(
      media::read_proxy_request("GET http://a.example HTTP/1.1\r\n")->forwarded.starts_with("GET / HTTP"));
}

BOOST_AUTO_TEST_CASE(all_else_is_no_request) {
  for (const auto* head :
       {"", "GET", "GET / HTTP/1.1\r\n", "GET ftp://a/ HTTP/1.1\r\n", "CONNECT a HTTP/1.1\r\n",
        "CONNECT :1 HTTP/1.1\r\n", "GET https://a/ HTTP/1.1\r\n", "GET http:///x HTTP/1.1\r\n"})
    BOOST_TEST(!media::read_proxy_request(head).has_value(), head);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(checked_proxies)

BOOST_FIXTURE_TEST_CASE(what_may_be_fetched_passes, fixture) {
  BOOST_TEST(has(get(o.url("/page/7")), "Page 7"));
  const auto tunnelled = ask("CONNECT 127.0.0.1:" + std::to_string(o.port()) +
                             " HTTP/1.1\r\n\r\nGET /page/8 HTTP/1.1\r\nHost: x\r\n\r\n");
  BOOST_TEST(has(tunnelled, "200 Connection established"));
  BOOST_TEST(has(tunnelled, "Page 8"));
  BOOST_TEST(!proxy.refused());
}

BOOST_FIXTURE_TEST_CASE(what_may_not_is_refused_however_it_is_spelled, fixture) {
  const auto p = ":" + std::to_string(o.port());
  for (const auto* host : {"127.0.0.2", "2130706434", "0x7f000002", "127.2", "[::1]", "0.0.0.0",
                           "localhost.localdomain", "169.254.169.254", "[::ffff:127.0.0.2]"}) {
    const auto answer = get("http://" + std::string(host) + p + "/page/1");
    BOOST_TEST((has(answer, " 403 ") || has(answer, " 502 ") || has(answer, " 400 ")),
               host << ": " << answer);
    const auto tunnel = ask("CONNECT " + std::string(host) + p + " HTTP/1.1\r\n\r\n");
    BOOST_TEST((has(tunnel, " 403 ") || has(tunnel, " 502 ")), host << ": " << tunnel);
  }
  BOOST_TEST(proxy.refused());
  BOOST_TEST(o.requests().empty());
}

BOOST_FIXTURE_TEST_CASE(a_second_request_goes_nowhere_else, fixture) {
  raw_client c{base()};
  c.send("GET " + o.url("/page/1") + " HTTP/1.1\r\nHost: x\r\n\r\nGET " + o.url("/page/2", 2) +
         " HTTP/1.1\r\nHost: x\r\n\r\n");
  c.closed(20s);
  // It is answered, if at all, by the first host, which was checked.
  for (const auto& r : o.requests())
    BOOST_TEST(has(r.path, r.path.starts_with("http") ? "http://127.0.0.2" : "/page/1"));
}

BOOST_FIXTURE_TEST_CASE(nonsense_is_answered_400, fixture) {
  BOOST_TEST(has(ask("nonsense\r\n\r\n"), " 400 "));
  BOOST_TEST(ask(std::string(70'000, 'x')) == "");
}

BOOST_AUTO_TEST_CASE(no_more_passes_than_allowed) {
  const fixture f{"127.0.0.1/32", {.bytes = 100'000, .idle = 500ms}};
  BOOST_TEST(f.get(f.o.url("/large/1000000")).size() < 200'000u);
  BOOST_TEST(f.proxy.exhausted());
}

BOOST_AUTO_TEST_CASE(silence_ends_a_connection) {
  const fixture f{"127.0.0.1/32", {.idle = 100ms}};
  BOOST_TEST(f.get(f.o.url("/hang")) == "");
  raw_client silent{f.base()};
  BOOST_TEST(silent.closed(20s));
}

BOOST_AUTO_TEST_SUITE_END()
