#pragma once
/// curl's multi interface on epoll(7): a turn costs as much as there are sockets with something to do,
/// however many are open. See libcurl's curl_multi_socket_action(3).

#include "model/time.hpp"

#include <curl/curl.h>

#include <chrono>
#include <optional>

namespace troupe {

class multi_poll {
public:
  /// Takes the socket and timer callbacks of `multi`, which is cleaned up before this ends.
  explicit multi_poll(CURLM* multi);
  ~multi_poll();
  multi_poll(const multi_poll&) = delete;

  /// Waits until a socket is ready, curl's timer is due or `wake` is called, for at most so long, then lets
  /// curl do what is to be done. The thread of the loop.
  void turn(milliseconds at_most);
  /// Ends the turn that waits, or else the next one. Any thread.
  void wake() const;

private:
  static int on_socket(CURL* easy, curl_socket_t socket, int wanted, void* self, void* known);
  static int on_timer(CURLM* multi, long ms, void* self);
  int wait_ms(milliseconds at_most) const;

  CURLM* multi_;
  int epoll_;
  int wakeup_;
  /// When curl wants to be called without an event.
  std::optional<std::chrono::steady_clock::time_point> due_;
};

} // namespace troupe
