#pragma once
/// What curl tells of transfers that have ended, as metrics. The loop's thread only.

#include "config/metrics.hpp"

#include <curl/curl.h>

#include <array>

namespace troupe {

class transfer_meter {
public:
  /// Null: nothing is measured.
  explicit transfer_meter(metrics* into);
  void ended(CURL* transfer) const;

private:
  /// By the first digit of the status; the first without an answer.
  std::array<metrics::counter, 6> responses_;
  metrics::counter connections_;
  metrics::histogram name_lookup_, connect_, tls_, first_byte_, total_;
};

} // namespace troupe
