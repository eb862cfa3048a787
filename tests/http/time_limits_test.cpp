/// Time limits of connections, on real sockets and at made-up times.
#include "http/time_limits.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/write.hpp>
#include <boost/test/unit_test.hpp>

#include <array>
#include <optional>

using namespace troupe::http;
using namespace std::chrono_literals;
namespace asio = boost::asio;
using tcp = asio::ip::tcp;

namespace {

/// A connection with a read under way.
struct reading {
  reading() {
    tcp::acceptor door{context, {asio::ip::address_v4::loopback(), 0}};
    client.connect(door.local_endpoint());
    door.accept(server);
    limits.add(limit);
    server.async_read_some(asio::buffer(block),
                           [this](boost::system::error_code error, size_t) { ended = error; });
  }
  /// As if so much time had gone by.
  void look_after(std::chrono::milliseconds time) {
    limits.look(time_limit::clock::now() + time);
    // It stops when nothing is under way.
    context.restart();
    context.poll();
  }

  time_limits limits;
  asio::io_context context;
  tcp::socket client{context};
  tcp::socket server{context};
  time_limit limit{server};
  std::array<char, 16> block;
  std::optional<boost::system::error_code> ended;
};

} // namespace

BOOST_AUTO_TEST_SUITE(time_limits_of_connections)

BOOST_AUTO_TEST_CASE(what_takes_too_long_ends_and_so_does_the_connection) {
  reading r;
  const auto span = r.limit.begin(10s, expiry::closes);
  r.look_after(9s);
  BOOST_TEST(!r.ended);
  r.look_after(10s);
  BOOST_REQUIRE(r.ended);
  BOOST_TEST(*r.ended == asio::error::operation_aborted);
  BOOST_TEST(!r.server.is_open());
}

BOOST_AUTO_TEST_CASE(what_is_interrupted_leaves_the_connection_open) {
  reading r;
  const auto span = r.limit.begin(10s, expiry::interrupts);
  r.look_after(11s);
  BOOST_REQUIRE(r.ended);
  BOOST_TEST(*r.ended == asio::error::operation_aborted);
  asio::write(r.server, asio::buffer("answer", 6));
  std::array<char, 6> answer;
  BOOST_TEST(r.client.read_some(asio::buffer(answer)) == 6u);
}

BOOST_AUTO_TEST_CASE(a_limit_ends_with_its_span) {
  reading r;
  { const auto span = r.limit.begin(10s, expiry::closes); }
  r.look_after(11s);
  BOOST_TEST(!r.ended);
  BOOST_TEST(r.server.is_open());
}

BOOST_AUTO_TEST_CASE(a_limit_that_is_over_ends_whatever_follows_as_long_as_it_holds) {
  reading r;
  const auto span = r.limit.begin(10s, expiry::interrupts);
  r.look_after(11s);
  r.ended.reset();
  r.server.async_read_some(asio::buffer(r.block),
                           [&r](boost::system::error_code error, size_t) { r.ended = error; });
  r.look_after(12s);
  BOOST_TEST(r.ended.has_value());
}

BOOST_AUTO_TEST_CASE(a_connection_that_is_gone_is_looked_at_no_more) {
  reading r;
  {
    time_limit other{r.client};
    r.limits.add(other);
    const auto span = other.begin(1s, expiry::closes);
  }
  r.look_after(2s);
  BOOST_TEST(r.client.is_open());
}

BOOST_AUTO_TEST_SUITE_END()
