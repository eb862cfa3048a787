#pragma once
/// The bytes between two nodes, in the clear or under TLS. The gate's thread only.

#include "cluster/tls.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>

namespace troupe::cluster {

namespace asio = boost::asio;

class channel {
public:
  using executor_type = asio::ip::tcp::socket::executor_type;
  using secured = asio::ssl::stream<asio::ip::tcp::socket&>;

  explicit channel(asio::ip::tcp::socket socket)
      : socket_(std::make_unique<asio::ip::tcp::socket>(std::move(socket))) {}

  executor_type get_executor() noexcept { return socket_->get_executor(); }
  asio::ip::tcp::socket& socket() { return *socket_; }
  /// Null in the clear.
  secured* tls() { return tls_.get(); }
  void secure(std::shared_ptr<asio::ssl::context> by) {
    context_ = std::move(by);
    tls_ = std::make_unique<secured>(*socket_, *context_);
  }
  void close() {
    boost::system::error_code ignored;
    socket_->close(ignored);
  }

  template <class Buffers, class Token>
  auto async_read_some(const Buffers& into, Token&& token) {
    if (tls_) return tls_->async_read_some(into, std::forward<Token>(token));
    return socket_->async_read_some(into, std::forward<Token>(token));
  }
  template <class Buffers, class Token>
  auto async_write_some(const Buffers& from, Token&& token) {
    if (tls_) return tls_->async_write_some(from, std::forward<Token>(token));
    return socket_->async_write_some(from, std::forward<Token>(token));
  }

private:
  /// Stays where it is when the channel is moved: TLS refers to it.
  std::unique_ptr<asio::ip::tcp::socket> socket_;
  std::shared_ptr<asio::ssl::context> context_;
  std::unique_ptr<secured> tls_;
};

} // namespace troupe::cluster
