#pragma once
/// An HTTP proxy (RFC 9110 sections 7.2 and 9.3.6) that checks where it connects to: the only door of a
/// program that would otherwise reach more than fetching may.

#include "model/error.hpp"
#include "model/network.hpp"
#include "model/time.hpp"

#include <atomic>
#include <cstdint>
#include <memory>

namespace troupe::media {

struct proxy_limits {
  /// Bytes to the program, over all its connections.
  uint64_t bytes = 1u << 30;
  unsigned connections = 32;
  /// For the head of a request, for a name to be resolved and connected to, and between two pieces.
  milliseconds idle{30'000};
};

/// Serves until it is destroyed, on a thread of its own.
class checked_proxy {
public:
  checked_proxy(address_policy policy, const proxy_limits& limits);
  ~checked_proxy();
  checked_proxy(const checked_proxy&) = delete;

  /// Takes over a listening TCP socket (IPv4) and serves whoever connects to it. Once; any thread.
  void serve(int listener);

  /// An address was asked for that may not be connected to: it was answered 403, and nothing was sent there.
  bool refused() const;
  /// Why the last host that could not be reached could not; `none` when all could.
  errc unreachable() const;
  /// More was asked for than `proxy_limits::bytes`.
  bool exhausted() const;

private:
  class server;
  std::unique_ptr<server> server_;
};

} // namespace troupe::media
