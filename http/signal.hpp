#pragma once
/// Wakes a coroutine from any thread, without losing a call that comes before it waits.

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <atomic>
#include <memory>

namespace troupe::http {

class signal : public std::enable_shared_from_this<signal> {
public:
  explicit signal(boost::asio::any_io_executor executor)
      : timer_(executor) {}

  /// Any thread. Calls before the next wait count once.
  void notify() {
    if (raised_.exchange(true)) return;
    boost::asio::post(timer_.get_executor(), [self = shared_from_this()] { self->timer_.cancel(); });
  }
  /// Waits for a call, or until `deadline`. The executor's thread.
  boost::asio::awaitable<void> wait(std::chrono::steady_clock::time_point deadline) {
    timer_.expires_at(deadline);
    // Others have their turn in between, however often it is called.
    if (raised_)
      co_await boost::asio::post(timer_.get_executor(), boost::asio::use_awaitable);
    else
      co_await timer_.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
    raised_ = false;
  }

private:
  boost::asio::steady_timer timer_;
  std::atomic<bool> raised_ = false;
};

} // namespace troupe::http
