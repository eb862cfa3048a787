#include "cluster/relay.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <vector>

#include <sys/socket.h>

namespace troupe::cluster {
namespace {

constexpr auto tuple = asio::as_tuple(asio::use_awaitable);
constexpr size_t block_bytes = 65'536;

struct relayed {
  relay_plan plan;
  asio::local::stream_protocol::socket local;

  void close() {
    boost::system::error_code ignored;
    local.close(ignored);
    plan.from.close();
  }
  /// False: the stream is to end.
  bool may_pass(std::string_view bytes) {
    if (!plan.guard || plan.guard->pass(bytes)) return true;
    plan.too_long(plan.guard->claimed());
    return false;
  }
};
using shared = std::shared_ptr<relayed>;

asio::awaitable<void> inward(shared r) {
  std::vector<char> block(block_bytes);
  std::string_view piece = r->plan.begun;
  for (;;) {
    if (!r->may_pass(piece)) break;
    const auto [failed, sent] =
        co_await asio::async_write(r->local, asio::buffer(piece.data(), piece.size()), tuple);
    // Whoever hears no more may have answered already: that still goes out.
    if (failed) co_return;
    const auto [ended, n] = co_await r->plan.from.async_read_some(asio::buffer(block), tuple);
    if (ended) break;
    piece = {block.data(), n};
  }
  r->close();
}

asio::awaitable<void> outward(shared r) {
  std::vector<char> block(block_bytes);
  for (;;) {
    const auto [ended, n] = co_await r->local.async_read_some(asio::buffer(block), tuple);
    if (ended) break;
    const auto [failed, sent] =
        co_await asio::async_write(r->plan.from, asio::buffer(block.data(), n), tuple);
    if (failed) break;
  }
  r->close();
}

} // namespace

int relay(relay_plan plan) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return -1;
  const auto executor = plan.from.get_executor();
  const auto r = std::make_shared<relayed>(
      std::move(plan),
      asio::local::stream_protocol::socket{executor, asio::local::stream_protocol{}, ends[0]});
  asio::co_spawn(executor, inward(r), asio::detached);
  asio::co_spawn(executor, outward(r), asio::detached);
  return ends[1];
}

} // namespace troupe::cluster
