#include "http/relay.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <array>

#include <sys/socket.h>

namespace troupe::http {
namespace {

constexpr auto tuple = asio::as_tuple(asio::use_awaitable);
constexpr int buffer_bytes = 16'384;

using source = asio::posix::stream_descriptor;

/// Ends the source when the client hangs up. Below TLS: nothing that it says is read any more.
void watch(asio::ip::tcp::socket& client, const std::shared_ptr<source>& from) {
  client.async_wait(asio::ip::tcp::socket::wait_read, [&client, from](boost::system::error_code error) {
    if (error || !from->is_open()) return;
    char block[512];
    const auto n = ::recv(client.native_handle(), block, sizeof block, MSG_DONTWAIT);
    if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))) return watch(client, from);
    from->close(error);
  });
}

} // namespace

asio::awaitable<void> relay(client_stream& to, int from, std::chrono::steady_clock::duration limit) {
  const auto source_ = std::make_shared<source>(to.get_executor(), from);
  watch(to.socket(), source_);
  std::array<char, buffer_bytes> block;
  for (;;) {
    const auto [ended, n] = co_await source_->async_read_some(asio::buffer(block), tuple);
    if (ended) break;
    const auto held = to.within(limit);
    const auto piece = asio::buffer(block.data(), n);
    const auto [failed, sent] = co_await asio::async_write(to, piece, tuple);
    if (failed) break;
  }
  boost::system::error_code ignored;
  source_->close(ignored);
}

std::pair<int, int> relay_sockets() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0) return {-1, -1};
  for (const int end : ends)
    ::setsockopt(end, SOL_SOCKET, SO_SNDBUF, &buffer_bytes, sizeof buffer_bytes);
  return {ends[0], ends[1]};
}

} // namespace troupe::http
