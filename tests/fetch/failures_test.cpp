#include "tests/fetch/fetching.hpp"

#include <boost/asio/write.hpp>

#include <array>
#include <cerrno>
#include <ctime>

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;

namespace {

scripted status(std::string_view line, std::string_view more = {}) {
  return page("sorry", line, more);
}

std::string http_date(timestamp t) {
  const auto seconds = std::chrono::system_clock::to_time_t(
      std::chrono::time_point_cast<std::chrono::system_clock::duration>(t));
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[64];
  std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return text;
}

failure failure_of(const outcome& x) {
  BOOST_REQUIRE(!x);
  return x.error();
}

/// A port that nobody listens on.
uint16_t closed_port() {
  boost::asio::io_context io;
  boost::asio::ip::tcp::acceptor a{io, {boost::asio::ip::make_address("127.0.0.1"), 0}};
  return a.local_endpoint().port();
}

/// Listens, and accepts nobody any more: its queue is full.
class full_listener {
public:
  full_listener()
      : acceptor_(io_) {
    const tcp::endpoint any{boost::asio::ip::make_address("127.0.0.1"), 0};
    acceptor_.open(any.protocol());
    acceptor_.bind(any);
    acceptor_.listen(0);
    for (auto& c : callers_) {
      c.open(any.protocol());
      c.native_non_blocking(true);
      // Asio would wait for an answer that never comes.
      const auto to = acceptor_.local_endpoint();
      BOOST_REQUIRE(::connect(c.native_handle(), to.data(), static_cast<socklen_t>(to.size())) == 0 ||
                    errno == EINPROGRESS);
    }
  }
  std::string url() const {
    return "http://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()) + "/";
  }

private:
  using tcp = boost::asio::ip::tcp;
  boost::asio::io_context io_;
  tcp::acceptor acceptor_;
  std::array<tcp::socket, 4> callers_{tcp::socket{io_}, tcp::socket{io_}, tcp::socket{io_}, tcp::socket{io_}};
};

/// Greets whoever connects with the same words, whatever they say.
class talks_first {
public:
  explicit talks_first(std::string words)
      : acceptor_(io_, {boost::asio::ip::make_address("127.0.0.1"), 0}) {
    thread_ = std::thread([this, words = std::move(words)] {
      boost::system::error_code error;
      auto client = acceptor_.accept(error);
      if (!error) boost::asio::write(client, boost::asio::buffer(words), error);
      char byte = 0;
      while (!error)
        client.read_some(boost::asio::buffer(&byte, 1), error);
    });
  }
  ~talks_first() {
    ::shutdown(acceptor_.native_handle(), SHUT_RDWR);
    thread_.join();
  }
  uint16_t port() const { return acceptor_.local_endpoint().port(); }

private:
  boost::asio::io_context io_;
  boost::asio::ip::tcp::acceptor acceptor_;
  std::thread thread_;
};

} // namespace

BOOST_AUTO_TEST_SUITE(failed_transfers)

BOOST_AUTO_TEST_CASE(statuses_have_their_codes) {
  fetching f;
  for (const auto& [line, number, code] : std::initializer_list<std::tuple<const char*, int, const char*>>{
           {"400 Bad Request", 400, "http_4xx"},
           {"403 Forbidden", 403, "http_4xx"},
           {"404 Not Found", 404, "http_4xx"},
           {"410 Gone", 410, "http_4xx"},
           {"429 Too Many Requests", 429, "http_429"},
           {"500 Internal Server Error", 500, "http_5xx"},
           {"503 Service Unavailable", 503, "http_5xx"},
           {"599 Odd", 599, "http_5xx"}}) {
    const auto x = failure_of(f.fetch("/a", status(line)));
    BOOST_TEST(info(x.code).name == code, line);
    BOOST_TEST(x.http_status == number);
    BOOST_TEST(!x.retry_after, line);
  }
}

BOOST_AUTO_TEST_CASE(retry_after_is_read_in_seconds) {
  fetching f;
  BOOST_TEST(
      (failure_of(f.fetch("/a", status("429 Slow Down", "Retry-After: 17\r\n"))).retry_after == 17'000ms));
  BOOST_TEST((failure_of(f.fetch("/b", status("503 Later", "Retry-After: 0\r\n"))).retry_after == 0ms));
}

BOOST_AUTO_TEST_CASE(retry_after_is_read_as_a_date) {
  fetching f;
  const auto x =
      failure_of(f.fetch("/a", status("429 Slow Down", "Retry-After: " + http_date(now() + 120s) + "\r\n")));
  BOOST_REQUIRE(x.retry_after);
  BOOST_TEST((*x.retry_after > 60s && *x.retry_after <= 121s), x.retry_after->count());
  const auto past =
      failure_of(f.fetch("/b", status("503 Later", "Retry-After: " + http_date(now() - 1h) + "\r\n")));
  BOOST_TEST((past.retry_after == 0ms));
}

BOOST_AUTO_TEST_CASE(a_retry_after_that_is_neither_is_passed_over) {
  fetching f;
  for (const auto* text : {"soon", "-5", "1.5", "99999999999999999999", "Sun, 06 Nov"}) {
    const auto x =
        failure_of(f.fetch("/a", status("429 Slow Down", "Retry-After: " + std::string(text) + "\r\n")));
    BOOST_TEST(info(x.code).name == "http_429");
    BOOST_TEST(!x.retry_after, text);
  }
}

BOOST_AUTO_TEST_CASE(a_long_body_of_an_error_does_not_hide_the_error) {
  auto s = loopback_settings();
  s.fetch.max_body_bytes = 1'024;
  fetching f{s};
  BOOST_TEST(code_of(f.fetch("/a", page(std::string(100'000, 'x'), "404 Not Found"))) == "http_4xx");
}

BOOST_AUTO_TEST_CASE(a_body_that_ends_early_is_truncated) {
  fetching f;
  BOOST_TEST(code_of(f.fetch("/a", {"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this"})) ==
             "truncated_body");
  BOOST_TEST(
      code_of(f.fetch("/b", {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\nonly this"})) ==
      "truncated_body");
}

BOOST_AUTO_TEST_CASE(a_connection_without_answer_is_a_reset) {
  fetching f;
  BOOST_TEST(code_of(f.fetch("/a", {"", afterwards::close})) == "connection_reset");
  BOOST_TEST(code_of(f.fetch("/b", {"", afterwards::reset})) == "connection_reset");
}

BOOST_AUTO_TEST_CASE(a_reset_inside_a_body_is_a_reset) {
  fetching f;
  // So much that the client cannot have read it all when the reset arrives.
  const auto half = "HTTP/1.1 200 OK\r\nContent-Length: 90000000\r\n\r\n" + std::string(8'000'000, 'x');
  const auto code = code_of(f.fetch("/a", {half, afterwards::reset}));
  BOOST_TEST((code == "connection_reset" || code == "truncated_body"), code);
}

BOOST_AUTO_TEST_CASE(what_is_no_http_breaks_the_protocol) {
  fetching f;
  BOOST_TEST(code_of(f.fetch("/a", {"SSH-2.0-OpenSSH_9.2\r\n"})) == "protocol_error");
  BOOST_TEST(code_of(f.fetch("/b", {"HTTP/1.1 abc\r\n\r\n"})) == "protocol_error");
}

BOOST_AUTO_TEST_CASE(a_port_that_nobody_listens_on_refuses) {
  fetching f;
  const auto url = "http://127.0.0.1:" + std::to_string(closed_port()) + "/";
  BOOST_TEST(code_of(f.fetch(order_for(url))) == "connect_refused");
}

BOOST_AUTO_TEST_CASE(a_name_that_does_not_exist_is_a_dns_failure) {
  fetching f;
  // RFC 6761: never resolves.
  BOOST_TEST(code_of(f.fetch(order_for("http://nowhere.invalid/"))) == "dns_failure");
}

BOOST_AUTO_TEST_CASE(a_host_that_does_not_accept_in_time_is_a_connect_timeout) {
  auto s = loopback_settings();
  s.fetch.connect_timeout = 200ms;
  fetching f{s};
  const full_listener host;
  BOOST_TEST(code_of(f.fetch(order_for(host.url()))) == "connect_timeout");
}

BOOST_AUTO_TEST_CASE(plain_text_is_no_tls) {
  const talks_first host{"HTTP/1.1 400 Bad Request\r\n\r\n"};
  fetching f;
  BOOST_TEST(code_of(f.fetch(order_for("https://127.0.0.1:" + std::to_string(host.port()) + "/"))) ==
             "tls_error");
}

BOOST_AUTO_TEST_CASE(a_transfer_that_takes_too_long_is_given_up) {
  auto s = loopback_settings();
  s.fetch.total_timeout = 200ms;
  fetching f{s};
  BOOST_TEST(code_of(f.fetch("/silent", {"", afterwards::hold})) == "read_timeout");
  BOOST_TEST(code_of(f.fetch("/half", {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc",
                                       afterwards::hold})) == "read_timeout");
  BOOST_TEST(f.server().wait_for_hangup());
}

BOOST_AUTO_TEST_CASE(the_budget_of_an_order_bounds_its_transfer) {
  fetching f;
  f.server().on("/silent", {"", afterwards::hold});
  auto order = order_for(f.server().url("/silent"));
  order.work.budget = 200ms;
  BOOST_TEST(!f.fetch(order));
}

BOOST_AUTO_TEST_CASE(a_transfer_that_stalls_is_given_up) {
  auto s = loopback_settings();
  s.fetch.stall_timeout = 1'000ms;
  fetching f{s};
  BOOST_TEST(code_of(f.fetch("/half", {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc",
                                       afterwards::hold})) == "stalled");
  BOOST_TEST(f.server().wait_for_hangup());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(blocked_addresses)

BOOST_AUTO_TEST_CASE(loopback_is_blocked_however_it_is_spelled) {
  settings nothing_allowed;
  fetching f{nothing_allowed};
  f.server().on("/", page("secret"));
  const auto port = ":" + std::to_string(f.server().port()) + "/";
  for (const std::string host : {"127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0177.0.0.1",
                                 "0x7f.1", "0.0.0.0", "0", "localhost", "[::1]", "[::]", "[::ffff:127.0.0.1]",
                                 "[::ffff:7f00:1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]"})
    BOOST_TEST(code_of(f.fetch(order_for("http://" + host + port))) == "blocked_address", host);
  BOOST_TEST(f.server().requests("/").empty());
}

BOOST_AUTO_TEST_CASE(private_networks_are_blocked) {
  fetching f;
  for (const std::string host : {"10.0.0.1", "172.16.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1",
                                 "127.0.0.2", "[fd00::1]", "[fe80::1]"})
    BOOST_TEST(code_of(f.fetch(order_for("http://" + host + "/"))) == "blocked_address", host);
}

BOOST_AUTO_TEST_CASE(a_network_that_is_allowed_may_be_fetched_from) {
  auto s = loopback_settings();
  s.fetch.allow_networks = {"10.0.0.0/8", "127.0.0.0/8"};
  fetching f{s};
  tiny_server second{"127.0.0.2"};
  second.on("/", page("x"));
  BOOST_TEST(code_of(f.fetch("/", page("x"))) == "none");
  BOOST_TEST(code_of(f.fetch(order_for(second.url("/")))) == "none");
}

BOOST_AUTO_TEST_SUITE_END()
