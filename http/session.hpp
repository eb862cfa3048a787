#pragma once
/// One connection: requests in, answers out, in order.

#include "http/door.hpp"
#include "http/exchange.hpp"
#include "http/request_meter.hpp"
#include "http/time_limits.hpp"

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
  /// Of `http.max_connections`. The front's thread only.
  int64_t connections = 0;
  metrics::gauge connected;
  /// Of all connections. The front's thread only.
  time_limits limits;
};

/// A place among `http.max_connections`; given back at the latest when this ends. The front's thread only.
class connection_slot {
public:
  explicit connection_slot(front_context& of)
      : of_(&of) {
    of.connected.set(double(++of.connections));
  }
  connection_slot(connection_slot&& other) noexcept
      : of_(std::exchange(other.of_, nullptr)) {}
  ~connection_slot() { release(); }
  /// A connection that has become an event stream is counted with those.
  void release() {
    if (of_) of_->connected.set(double(--of_->connections));
    of_ = nullptr;
  }

private:
  front_context* of_;
};

/// Serves a connection until it closes, breaks a limit or a timeout, or the front stops. One `of_node` comes
/// from another node's front: who called was looked at there, but for keys.
asio::awaitable<void> serve_connection(front_context& front, asio::ip::tcp::socket socket,
                                       connection_slot slot, bool of_node = false);

} // namespace troupe::http
