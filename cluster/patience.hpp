#pragma once
/// Who has failed too often at the door: what handshakes of strangers cost is limited for each source, an
/// IPv4 address or the first 64 bits of an IPv6 one, and for all strangers together.

#include <boost/asio/ip/address.hpp>

#include <chrono>
#include <string>
#include <unordered_map>
#include <unordered_set>

namespace troupe::cluster {

/// One thread at a time.
class patience {
public:
  using time = std::chrono::steady_clock::time_point;

  /// For so many failures of a source at once, and one more each second; of sources from which nobody has
  /// been let in, eight times as many at once, and as many as of one source more each second.
  explicit patience(size_t most)
      : most_(static_cast<double>(most)) {}

  static std::string source_of(const boost::asio::ip::address& at);
  void failed(const std::string& source, time now);
  /// Somebody from there was let in: what failed before is forgiven.
  void welcomed(const std::string& source);
  /// The source is not listened to now.
  bool is_out(const std::string& source, time now) const;

private:
  struct failures {
    double count = 0;
    time at{};
    /// What is left of them when so many are forgiven in a second.
    double left(time now, double each_second) const;
    /// No more than `most` are counted: who was out is listened to soon after the last of them.
    void add(time now, double each_second, double most);
  };

  double most_;
  failures strangers_;
  std::unordered_map<std::string, failures> sources_;
  std::unordered_set<std::string> known_;
};

} // namespace troupe::cluster
