#pragma once
/// One connection: requests in, answers out, in order.

#include "http/door.hpp"
#include "http/exchange.hpp"
#include "http/request_meter.hpp"

#include <boost/asio/ip/tcp.hpp>

namespace boost::asio::ssl {
class context;
}

namespace troupe::http {

/// What all connections share.
struct front_context {
  server_context server;
  router routes;
  door entrance;
  request_meter meter;
  metrics::gauge in_flight;
  /// For new connections; null: they are in the clear.
  std::shared_ptr<asio::ssl::context> tls;
  std::atomic<bool> stopping = false;
  /// Requests in hand, streams not counted. The front's thread only.
  int64_t requests = 0;
};

/// Serves a connection until it closes, breaks a limit or a timeout, or the front stops.
asio::awaitable<void> serve_connection(front_context& front, asio::ip::tcp::socket socket);

} // namespace troupe::http
