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
  /// Of `http.answer_bytes`. The front's thread only.
  uint64_t answer_bytes = 0;
  /// Of all connections. The front's thread only.
  time_limits limits;
};

/// Room of `http.answer_bytes` for a body that its client has yet to take; given back when this ends. The
/// front's thread only.
class answer_room {
public:
  /// Short bodies need none: `http.max_connections` bounds them.
  answer_room(front_context& of, uint64_t bytes)
      : of_(of)
      , bytes_(bytes > longest_short_body ? bytes : 0) {
    of_.answer_bytes += bytes_;
  }
  answer_room(const answer_room&) = delete;
  ~answer_room() { give_back(); }
  /// With what others hold it is more than there is; the only one is never too long.
  bool exceeded() const {
    return bytes_ > 0 && bytes_ < of_.answer_bytes &&
           of_.answer_bytes > static_cast<uint64_t>(of_.server.options.http.answer_bytes);
  }

  void give_back() { of_.answer_bytes -= std::exchange(bytes_, 0); }

private:
  static constexpr uint64_t longest_short_body = 65'536;
  front_context& of_;
  uint64_t bytes_;
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
