#include "http/feeds.hpp"

#include "http/feed.hpp"
#include "process/scheduling.hpp"

#include <pthread.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <map>
#include <thread>

namespace troupe::http {
class feeds::loop {
public:
  loop(const settings& s, gateway& to)
      : options_(s)
      , shared_{context_, to, s.http.write_timeout, s.http.heartbeat}
      , tick_(context_) {
    wait_for_tick();
    thread_ = std::thread([this] {
      pthread_setname_np(pthread_self(), "feeds");
      // Requests go first: telling thousands of what happened can wait for one who asks.
      schedule_in_background();
      context_.run();
    });
  }

  ~loop() {
    stop();
    open_.clear();
  }

  void stop() {
    if (!thread_.joinable()) return;
    context_.stop();
    thread_.join();
  }

  void follow(feed_topic what, event_number from, stream_owner who, int socket) {
    ++shared_.listeners;
    asio::post(context_, [this, what, from, who = std::move(who), socket] {
      auto& f = open_[what];
      if (!f) f = feed::begin(shared_, what, from);
      f->add(std::make_shared<listener>(shared_, socket, from, who));
    });
  }

  void drop(const std::string& sha256) {
    asio::post(context_, [this, sha256] {
      for (const auto& [what, f] : open_)
        f->drop_owned_by(sha256);
    });
  }

  int64_t listeners() const { return shared_.listeners; }
  bool full() const { return shared_.listeners >= options_.http.max_listeners; }

private:
  void wait_for_tick() {
    tick_.expires_after(std::chrono::seconds{1});
    tick_.async_wait([this](boost::system::error_code stopped) {
      if (stopped) return;
      std::erase_if(open_, [](const auto& entry) { return !entry.second->tick(); });
      wait_for_tick();
    });
  }

  const settings& options_;
  /// Outlives the handlers that the context still holds at its end.
  feed_context shared_;
  asio::io_context context_{1};
  asio::steady_timer tick_;
  std::map<feed_topic, std::shared_ptr<feed>> open_;
  std::thread thread_;
};

feeds::feeds(const settings& s, gateway& to)
    : loop_(std::make_unique<loop>(s, to)) {}
feeds::~feeds() = default;

void feeds::stop() {
  loop_->stop();
}

void feeds::follow(feed_topic what, event_number from, stream_owner who, int socket) {
  loop_->follow(what, from, std::move(who), socket);
}
void feeds::drop(const std::string& sha256) {
  loop_->drop(sha256);
}
int64_t feeds::listeners() const {
  return loop_->listeners();
}
bool feeds::full() const {
  return loop_->full();
}

} // namespace troupe::http
