#pragma once
/// Where bytes go that are too many to be held in memory.

#include "model/error.hpp"

#include <functional>
#include <memory>

namespace troupe {

/// A file that was written. It is removed when the last holder of `keeper` lets go, unless it was moved.
struct spooled {
  std::string path;
  std::shared_ptr<const void> keeper;
};

/// A file being written. Destroying it before `close` removes the file. One thread at a time.
class spool {
public:
  virtual ~spool() = default;
  /// Returns `errc::none`, `storage_full` or `storage_error`.
  virtual failure append(std::string_view data) = 0;
  /// Ends the file and hands it over; with `sync` its bytes are on disk by then.
  virtual result<spooled> close(bool sync = false) = 0;
};

/// Makes a spool; any thread.
using spool_factory = std::function<result<std::unique_ptr<spool>>()>;

} // namespace troupe
