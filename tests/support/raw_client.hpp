#pragma once
/// A socket to a server, for what a proper client would not send.

#include <chrono>
#include <string>

namespace troupe::test {

class raw_client {
public:
  /// `base` as `http://127.0.0.1:1234`. `receive_buffer`: bytes that the kernel takes unread (socket(7),
  /// SO_RCVBUF); 0: as many as it likes.
  explicit raw_client(const std::string& base, int receive_buffer = 0);
  ~raw_client();
  raw_client(const raw_client&) = delete;

  void send(const std::string& bytes) const;
  /// Sends no more; still reads.
  void finish() const;
  /// Reads until `text` has come, the server closes, or the time is up; all that was read so far.
  const std::string& read_until(const std::string& text,
                                std::chrono::milliseconds at_most = std::chrono::seconds{10});
  /// Reads until the server closes. False: it did not within the time.
  bool closed(std::chrono::milliseconds at_most = std::chrono::seconds{10});
  const std::string& received() const { return received_; }

private:
  bool read_some(std::chrono::steady_clock::time_point deadline);
  int socket_ = -1;
  bool at_end_ = false;
  std::string received_;
};

} // namespace troupe::test
