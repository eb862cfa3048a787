#pragma once
/// Messages between actor systems, seen from outside: their heads are read as they pass, so that none is
/// longer than allowed. BASP of CAF 0.17 (caf/io/basp/header.hpp): a head of 32 bytes, the payload's length
/// in bytes 4 to 7, in network order.

#include <cstdint>
#include <string_view>

namespace troupe::cluster {

/// Follows one direction of one stream. One thread at a time.
class frame_guard {
public:
  explicit frame_guard(uint64_t longest)
      : longest_(longest) {}

  /// The bytes that come next. False: a message in them claims to be longer than allowed; nothing of them
  /// may be passed on.
  bool pass(std::string_view bytes);
  /// What the last head claimed.
  uint64_t claimed() const { return payload_; }

private:
  static constexpr size_t head_bytes = 32;
  uint64_t longest_;
  size_t in_head_ = 0;
  uint64_t payload_ = 0;
  uint64_t left_ = 0;
};

} // namespace troupe::cluster
