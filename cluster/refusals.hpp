#pragma once
/// The log of those that were not let in: a line for each reason and second, however many knock.

#include <chrono>
#include <string>
#include <unordered_map>

namespace troupe::cluster {

/// One thread at a time.
class refusals {
public:
  void note(const std::string& from, const std::string& why);

private:
  struct seen {
    std::chrono::steady_clock::time_point logged{};
    int64_t unsaid = 0;
  };
  static constexpr size_t most_reasons = 256;
  std::unordered_map<std::string, seen> reasons_;
};

} // namespace troupe::cluster
