#pragma once
/// The bytes of one connection, in the clear or under TLS: an asynchronous stream for Asio and Beast. The
/// front's thread only.

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/tcp_stream.hpp>

#include <chrono>
#include <memory>

namespace troupe::http {

namespace asio = boost::asio;
namespace beast = boost::beast;

class client_stream {
public:
  using executor_type = beast::tcp_stream::executor_type;
  using secured = asio::ssl::stream<beast::tcp_stream&>;

  explicit client_stream(asio::ip::tcp::socket socket)
      : tcp_(std::move(socket)) {}

  executor_type get_executor() noexcept { return tcp_.get_executor(); }
  /// What lies below TLS.
  beast::tcp_stream& tcp() { return tcp_; }
  /// Null in the clear.
  secured* tls() { return tls_.get(); }
  /// From here on everything is under TLS; the handshake is the caller's to make.
  void secure(std::shared_ptr<asio::ssl::context> by) {
    context_ = std::move(by);
    tls_ = std::make_unique<secured>(tcp_, *context_);
  }

  /// Of the operations that follow, on both levels; when it is over the connection is closed.
  void expires_after(std::chrono::steady_clock::duration time) { tcp_.expires_after(time); }
  void expires_never() { tcp_.expires_never(); }
  /// What is under way ends with `operation_aborted`; the connection stays.
  void cancel() { tcp_.cancel(); }

  template <class Buffers, class Token>
  auto async_read_some(const Buffers& into, Token&& token) {
    if (tls_) return tls_->async_read_some(into, std::forward<Token>(token));
    return tcp_.async_read_some(into, std::forward<Token>(token));
  }
  template <class Buffers, class Token>
  auto async_write_some(const Buffers& from, Token&& token) {
    if (tls_) return tls_->async_write_some(from, std::forward<Token>(token));
    return tcp_.async_write_some(from, std::forward<Token>(token));
  }

private:
  beast::tcp_stream tcp_;
  std::shared_ptr<asio::ssl::context> context_;
  std::unique_ptr<secured> tls_;
};

} // namespace troupe::http
