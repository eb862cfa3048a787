#include "fetch/multi_poll.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace troupe {
namespace {

using clock = std::chrono::steady_clock;
constexpr int events_at_once = 256;

uint32_t events_of(int wanted) {
  return (wanted & CURL_POLL_IN ? EPOLLIN : 0u) | (wanted & CURL_POLL_OUT ? EPOLLOUT : 0u);
}

/// Whoever reads or writes learns of an error; curl would take CURL_CSELECT_ERR alone for the end of what
/// could still be read.
int mask_of(uint32_t events) {
  const bool ends = events & (EPOLLERR | EPOLLHUP);
  return (ends || events & EPOLLIN ? CURL_CSELECT_IN : 0) |
         (ends || events & EPOLLOUT ? CURL_CSELECT_OUT : 0);
}

} // namespace

multi_poll::multi_poll(CURLM* multi)
    : multi_(multi)
    , epoll_(epoll_create1(EPOLL_CLOEXEC))
    , wakeup_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  epoll_event e{};
  e.events = EPOLLIN;
  e.data.fd = wakeup_;
  epoll_ctl(epoll_, EPOLL_CTL_ADD, wakeup_, &e);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &on_socket);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &on_timer);
  curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
}

multi_poll::~multi_poll() {
  ::close(wakeup_);
  ::close(epoll_);
}

int multi_poll::on_socket(CURL*, curl_socket_t socket, int wanted, void* self, void*) {
  const int epoll = static_cast<multi_poll*>(self)->epoll_;
  epoll_event e{};
  e.events = events_of(wanted);
  e.data.fd = socket;
  if (wanted == CURL_POLL_REMOVE)
    epoll_ctl(epoll, EPOLL_CTL_DEL, socket, &e);
  else if (epoll_ctl(epoll, EPOLL_CTL_MOD, socket, &e) != 0 && errno == ENOENT)
    epoll_ctl(epoll, EPOLL_CTL_ADD, socket, &e);
  return 0;
}

int multi_poll::on_timer(CURLM*, long ms, void* self) {
  auto& due = static_cast<multi_poll*>(self)->due_;
  if (ms < 0)
    due.reset();
  else
    due = clock::now() + milliseconds{ms};
  return 0;
}

int multi_poll::wait_ms(milliseconds at_most) const {
  if (!due_) return static_cast<int>(at_most.count());
  const auto left = std::chrono::ceil<milliseconds>(*due_ - clock::now());
  return static_cast<int>(std::clamp(left, milliseconds{0}, at_most).count());
}

void multi_poll::turn(milliseconds at_most) {
  std::array<epoll_event, events_at_once> events;
  const int n = epoll_wait(epoll_, events.data(), events_at_once, wait_ms(at_most));
  int running = 0;
  for (int i = 0; i < n; ++i) {
    if (events[i].data.fd != wakeup_) {
      // One that another event has closed since, or opened anew, finds nothing to do.
      curl_multi_socket_action(multi_, events[i].data.fd, mask_of(events[i].events), &running);
      continue;
    }
    uint64_t ignored = 0;
    if (::read(wakeup_, &ignored, sizeof ignored) < 0) continue; // somebody else's wake was read already
  }
  if (!due_ || *due_ > clock::now()) return;
  due_.reset();
  curl_multi_socket_action(multi_, CURL_SOCKET_TIMEOUT, 0, &running);
}

void multi_poll::wake() const {
  const uint64_t one = 1;
  if (::write(wakeup_, &one, sizeof one) < 0) return; // full: it is awake already
}

} // namespace troupe
