#pragma once
/// An open stream: what comes over a channel goes to a socket of this process, and the other way round. The
/// gate's thread only.

#include "cluster/channel.hpp"
#include "cluster/frames.hpp"

#include <functional>
#include <optional>
#include <string>

namespace troupe::cluster {

struct relay_plan {
  channel from;
  /// What was read of the stream already.
  std::string begun;
  /// Of streams of actors: how long a message may be.
  std::optional<frame_guard> guard;
  /// Told when a message is longer, with what it claims to be.
  std::function<void(uint64_t)> too_long;
};

/// Carries bytes until one side ends, then ends the other. Returns the socket for this process, -1 when there
/// are no descriptors left. Memory: 128 KiB a stream.
int relay(relay_plan plan);

} // namespace troupe::cluster
