#pragma once
/// How long a timer may be.

#include "model/time.hpp"

#include <algorithm>

namespace troupe {

/// Timers are set for no longer: the clock of actors counts nanoseconds, which end after 292 years. Who wakes
/// looks whether its time has come.
constexpr milliseconds longest_timer{3'600'000};

inline milliseconds timer_for(milliseconds wait) {
  return std::clamp(wait, milliseconds{0}, longest_timer);
}

} // namespace troupe
