#pragma once
/// Counts requests and how long they took, by route. The front's thread only.

#include "config/metrics.hpp"
#include "http/router.hpp"

#include <unordered_map>

namespace troupe::http {

class request_meter {
public:
  explicit request_meter(metrics& into)
      : into_(into) {}
  /// `to` null: there was no such route, or the request came no further than the door.
  void answered(const route* to, unsigned status, std::chrono::steady_clock::duration took);

private:
  struct of_route {
    metrics::histogram took;
    std::unordered_map<unsigned, metrics::counter> answers;
  };

  metrics& into_;
  std::unordered_map<const route*, of_route> routes_;
};

} // namespace troupe::http
