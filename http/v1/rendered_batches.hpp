#pragma once
/// Answers about batches as they were written last: many ask about the same batch between two of its changes.

#include "actors/questions.hpp"

#include <string>
#include <unordered_map>

namespace troupe::http {

/// The front's thread only.
class rendered_batches {
public:
  struct answer {
    std::string body;
    /// An entity tag of the body's bytes (RFC 9110 section 8.8.3).
    std::string tag;
  };
  /// Valid until the next call.
  const answer& of(const batch_view& v);

private:
  struct entry {
    batch row;
    uint32_t processing = 0;
    answer written;
  };
  static bool is_of(const entry& e, const batch_view& v);

  static constexpr size_t most_kept = 1'024;
  std::unordered_map<batch_id, entry> kept_;
};

} // namespace troupe::http
