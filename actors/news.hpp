#pragma once
/// What those who watch a batch are told of.

#include <cstdint>

namespace troupe {

enum class news : uint8_t {
  /// Synced writes with events of the batch: each once, however many events it has.
  events,
  /// Those, and items that change their stage or are further in it: nothing durable.
  stages
};

} // namespace troupe
