#pragma once
/// The feed of one batch or notebook, and its listeners. Everything here runs on the feeds' own thread;
/// included by the feeds' files only.

#include "http/feeds.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <deque>
#include <vector>

namespace troupe::http {

namespace asio = boost::asio;

struct feed_context {
  asio::io_context& context;
  gateway& to;
  milliseconds write_timeout;
  milliseconds heartbeat;
  std::atomic<int64_t> listeners{0};
  /// Reads of the store for those that lag behind.
  int64_t catching_up = 0;
};

/// A stretch of the log as it is sent.
struct feed_chunk {
  /// It tells of the events behind this one,
  event_number after{};
  /// up to this one,
  event_number reached{};
  /// each of which begins here.
  std::vector<std::pair<event_number, size_t>> begins;
  std::string text;
};

/// One client: a socket, and how far it is.
class listener : public std::enable_shared_from_this<listener> {
public:
  listener(feed_context& of, int socket, event_number at, stream_owner who);
  const stream_owner& owner() const { return owner_; }
  ~listener();

  bool gone() const { return gone_; }
  bool busy() const { return piece_ != nullptr; }
  event_number at() const { return at_; }
  /// Being read for from the store.
  bool catching_up = false;

  /// Sends a piece from an offset on; `sent` is called once it is out, unless the client is gone. Not while
  /// busy.
  void send(std::shared_ptr<const std::string> piece, size_t offset, event_number reached,
            std::function<void()> sent);
  /// Drops it when a piece has taken too long; tells it that somebody is there when nothing was sent for a
  /// while.
  void tick(std::chrono::steady_clock::time_point now);
  void drop();
  /// Notices when the client hangs up.
  void watch();

private:
  void write_on();

  feed_context& of_;
  asio::posix::stream_descriptor socket_;
  event_number at_;
  stream_owner owner_;
  std::shared_ptr<const std::string> piece_;
  size_t offset_ = 0;
  event_number reached_{};
  std::function<void()> sent_;
  std::chrono::steady_clock::time_point last_;
  bool gone_ = false;
};

class feed : public std::enable_shared_from_this<feed> {
public:
  /// Reads the log of `what` from `from` on as it grows.
  static std::shared_ptr<feed> begin(feed_context& of, feed_topic what, event_number from);
  feed(feed_context& of, feed_topic what, event_number from);

  void add(std::shared_ptr<listener> l);
  void drop_owned_by(const std::string& sha256);
  /// Once a second; false when nobody listens any more.
  bool tick();

private:
  void watch();
  void news();
  void read();
  void take(result<event_page> page);
  void deliver();
  void deliver_some();
  void advance(const std::shared_ptr<listener>& l);
  bool send_remembered(const std::shared_ptr<listener>& l);
  void catch_up(const std::shared_ptr<listener>& l);
  void remember(feed_chunk chunk);
  void tell_progress();
  void send_progress(const batch_view& v);
  void ask(event_number after, answer<event_page> done);
  std::chrono::milliseconds pace() const;

  feed_context& of_;
  feed_topic what_;
  event_number at_;
  bool reading_ = false;
  bool has_news_ = true;
  bool waiting_ = false;
  bool ended_ = false;
  uint32_t processing_ = 0;
  asio::steady_timer pause_;
  asio::steady_timer breath_;
  /// Who is told next, while a delivery is under way; and that it has to go round once more.
  size_t next_ = 0;
  bool deliver_again_ = false;
  std::shared_ptr<void> watching_;
  std::deque<std::shared_ptr<const feed_chunk>> remembered_;
  size_t remembered_bytes_ = 0;
  std::vector<std::shared_ptr<listener>> listeners_;
};

} // namespace troupe::http
