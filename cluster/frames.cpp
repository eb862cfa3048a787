#include "cluster/frames.hpp"

#include <algorithm>

namespace troupe::cluster {

bool frame_guard::pass(std::string_view bytes) {
  while (!bytes.empty()) {
    if (left_ > 0) {
      const auto n = std::min<uint64_t>(left_, bytes.size());
      left_ -= n;
      bytes.remove_prefix(n);
      continue;
    }
    if (in_head_ == 0) payload_ = 0;
    if (in_head_ >= 4 && in_head_ < 8) payload_ = payload_ << 8 | static_cast<uint8_t>(bytes.front());
    bytes.remove_prefix(1);
    if (++in_head_ < head_bytes) continue;
    in_head_ = 0;
    if (payload_ > longest_) return false;
    left_ = payload_;
  }
  return true;
}

} // namespace troupe::cluster
