#include "http/feed.hpp"

#include <sys/socket.h>

#include <cerrno>

namespace troupe::http {
namespace {

const auto heartbeat_comment = std::make_shared<const std::string>(": waiting\n\n");

} // namespace

listener::listener(feed_context& of, int socket, event_number at, stream_owner who)
    : of_(of)
    , socket_(of.context, socket)
    , at_(at)
    , owner_(std::move(who))
    , last_(std::chrono::steady_clock::now()) {}

listener::~listener() {
  --of_.listeners;
}

void listener::watch() {
  socket_.async_wait(asio::posix::stream_descriptor::wait_read,
                     [self = shared_from_this()](boost::system::error_code error) {
                       if (error || self->gone_) return;
                       // Whatever it says is passed over; an end is what is waited for.
                       char block[512];
                       const auto n =
                           ::recv(self->socket_.native_handle(), block, sizeof block, MSG_DONTWAIT);
                       if (n == 0 || (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK)) return self->drop();
                       self->watch();
                     });
}

void listener::drop() {
  gone_ = true;
  piece_.reset();
  sent_ = nullptr;
  boost::system::error_code ignored;
  socket_.close(ignored);
}

void listener::send(std::shared_ptr<const std::string> piece, size_t offset, event_number reached,
                    std::function<void()> sent) {
  piece_ = std::move(piece);
  offset_ = offset;
  reached_ = reached;
  sent_ = std::move(sent);
  last_ = std::chrono::steady_clock::now();
  write_on();
}

/// Most pieces fit into the socket at once: no wait, no wake-up.
void listener::write_on() {
  while (offset_ < piece_->size()) {
    const auto n = ::send(socket_.native_handle(), piece_->data() + offset_, piece_->size() - offset_,
                          MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n > 0) {
      offset_ += static_cast<size_t>(n);
      continue;
    }
    if (errno != EAGAIN && errno != EWOULDBLOCK) return drop();
    return socket_.async_wait(asio::posix::stream_descriptor::wait_write,
                              [self = shared_from_this()](boost::system::error_code error) {
                                if (!error && !self->gone_ && self->piece_) self->write_on();
                              });
  }
  piece_.reset();
  at_ = std::max(at_, reached_);
  if (const auto done = std::exchange(sent_, nullptr)) done();
}

void listener::tick(std::chrono::steady_clock::time_point now) {
  if (gone_) return;
  if (busy()) {
    if (now - last_ > of_.write_timeout) drop();
    return;
  }
  if (!catching_up && now - last_ >= of_.heartbeat) send(heartbeat_comment, 0, at_, nullptr);
}

} // namespace troupe::http
