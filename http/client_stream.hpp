#pragma once
/// The bytes of one connection, in the clear or under TLS: an asynchronous stream for Asio and Beast. The
/// front's thread only.

#include "http/time_limits.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>

#include <chrono>
#include <memory>
#include <string_view>
#include <utility>

namespace troupe::http {

namespace asio = boost::asio;

class client_stream {
public:
  using tcp_socket = asio::ip::tcp::socket;
  using executor_type = tcp_socket::executor_type;
  using secured = asio::ssl::stream<tcp_socket&>;

  /// `limits` outlive it.
  client_stream(tcp_socket socket, time_limits& limits)
      : socket_(std::move(socket))
      , limit_(socket_) {
    limits.add(limit_);
    // For `write_now`; where it fails, that does.
    boost::system::error_code ignored;
    socket_.non_blocking(true, ignored);
  }

  client_stream(const client_stream&) = delete;

  executor_type get_executor() noexcept { return socket_.get_executor(); }
  /// What lies below TLS.
  tcp_socket& socket() { return socket_; }
  /// Null in the clear.
  secured* tls() { return tls_.get(); }
  /// From here on everything is under TLS; the handshake is the caller's to make.
  void secure(std::shared_ptr<asio::ssl::context> by) {
    context_ = std::move(by);
    tls_ = std::make_unique<secured>(socket_, *context_);
  }

  /// What is under way when the time is over ends with `operation_aborted`, on both levels. Until the
  /// returned value ends; one at a time.
  [[nodiscard]] time_limit::span within(std::chrono::steady_clock::duration time,
                                        expiry how = expiry::closes) {
    return limit_.begin(time, how);
  }

  template <class Buffers, class Token>
  auto async_read_some(const Buffers& into, Token&& token) {
    if (tls_) return tls_->async_read_some(into, std::forward<Token>(token));
    return socket_.async_read_some(into, std::forward<Token>(token));
  }
  template <class Buffers, class Token>
  auto async_write_some(const Buffers& from, Token&& token) {
    if (tls_) return tls_->async_write_some(from, std::forward<Token>(token));
    return socket_.async_write_some(from, std::forward<Token>(token));
  }
  /// What the connection takes at once, without waiting; 0 under TLS, and when it has failed: whoever waits
  /// then learns it.
  size_t write_now(std::string_view bytes) {
    if (tls_) return 0;
    boost::system::error_code error;
    return socket_.write_some(asio::buffer(bytes), error);
  }

private:
  tcp_socket socket_;
  std::shared_ptr<asio::ssl::context> context_;
  std::unique_ptr<secured> tls_;
  time_limit limit_;
};

} // namespace troupe::http
