#pragma once
/// A copy of a whole store, as it was at one moment.

#include "model/ids.hpp"
#include "model/time.hpp"

#include <string>

namespace troupe {

enum class backup_state : uint8_t { running, completed, failed };

struct backup {
  /// `bak_` and the time it was begun; the name of its directory.
  std::string id;
  std::string directory;
  backup_state state = backup_state::running;
  timestamp created{};
  timestamp ended{};
  /// The last event that is in it.
  event_number reached{};
  uint64_t batches = 0;
  /// Large originals, which are files; rows are not counted.
  uint64_t files = 0;
  /// Of everything in it. Most of it is shared with the store until that rewrites it.
  uint64_t bytes = 0;
  /// Of the program that made it.
  std::string version;
  /// In `failed`: why.
  std::string error;
};

} // namespace troupe
