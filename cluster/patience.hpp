#pragma once
/// Who has failed too often at the door: what handshakes of strangers cost is limited for each source, an
/// IPv4 address or the first 64 bits of an IPv6 one.

#include <boost/asio/ip/address.hpp>

#include <chrono>
#include <string>
#include <unordered_map>

namespace troupe::cluster {

/// One thread at a time.
class patience {
public:
  using time = std::chrono::steady_clock::time_point;

  /// For so many failures of a source at once, and one more each second.
  explicit patience(size_t most)
      : most_(static_cast<double>(most)) {}

  static std::string source_of(const boost::asio::ip::address& at);
  void failed(const std::string& source, time now);
  /// The source is not listened to now.
  bool is_out(const std::string& source, time now) const;

private:
  struct failures {
    double count = 0;
    time at{};
    /// What is left of them.
    double left(time now) const;
  };
  void make_room(time now);

  double most_;
  std::unordered_map<std::string, failures> sources_;
};

} // namespace troupe::cluster
