#include "tests/support/raw_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

namespace troupe::test {

raw_client::raw_client(const std::string& base, int receive_buffer)
    : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  if (receive_buffer > 0)
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<uint16_t>(std::stoi(base.substr(base.rfind(':') + 1))));
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket_, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0)
    throw std::runtime_error("connect");
}
raw_client::~raw_client() {
  ::close(socket_);
}

void raw_client::finish() const {
  ::shutdown(socket_, SHUT_WR);
}

void raw_client::send(const std::string& bytes) const {
  for (size_t sent = 0; sent < bytes.size();) {
    const auto n = ::send(socket_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (n <= 0) return;
    sent += static_cast<size_t>(n);
  }
}

bool raw_client::read_some(std::chrono::steady_clock::time_point deadline) {
  const auto left =
      std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now())
          .count();
  pollfd fd{socket_, POLLIN, 0};
  if (left <= 0 || poll(&fd, 1, static_cast<int>(left)) <= 0) return false;
  char block[65'536];
  const auto n = ::recv(socket_, block, sizeof block, 0);
  if (n <= 0)
    at_end_ = true;
  else
    received_.append(block, static_cast<size_t>(n));
  return true;
}

const std::string& raw_client::read_until(const std::string& text, std::chrono::milliseconds at_most) {
  const auto deadline = std::chrono::steady_clock::now() + at_most;
  while (!at_end_ && received_.find(text) == std::string::npos && read_some(deadline)) {
  }
  return received_;
}

bool raw_client::closed(std::chrono::milliseconds at_most) {
  const auto deadline = std::chrono::steady_clock::now() + at_most;
  while (!at_end_ && read_some(deadline)) {
  }
  return at_end_;
}

} // namespace troupe::test
