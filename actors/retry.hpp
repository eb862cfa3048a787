#pragma once
/// What follows a failed attempt.

#include "config/settings.hpp"
#include "model/batch.hpp"

namespace troupe {

struct verdict {
  /// `retry_wait` or `failed`.
  item_state to = item_state::failed;
  /// Of `retry_wait`: how long.
  milliseconds delay{};
  /// The attempt ended with the death of a parser.
  bool parser_died = false;
};

/// Decides on the attempt after `row.attempts` earlier ones: final errors fail; retryable ones wait
/// exponentially longer, or as long as the host asked (`Retry-After`), until the budget is used up; a
/// document that has killed its parser `work.parser_deaths` times is quarantined. `luck` in [0, 1) sets the
/// jitter: the delay is between half and all of the backoff.
verdict judge(const failure& error, const item& row, const settings& s, double luck);

} // namespace troupe
