#pragma once
/// Work for a cluster, and a look at what came of it.

#include "tests/fixtures/origin.hpp"
#include "tests/support/cluster.hpp"

#include "model/time.hpp"

#include <map>
#include <optional>
#include <random>

namespace troupe::test {

/// Notebooks that live on different nodes.
constexpr unsigned notebooks = 9;

/// Batches of pages that each take a while, and how many items each has.
class load {
public:
  load(cluster& on, unsigned delay_ms)
      : on_(on)
      , delay_ms_(delay_ms) {}

  /// A batch for each notebook, through any front.
  void submit_to_all(unsigned items_each, std::minstd_rand& random);
  /// Some batch has items in work.
  bool is_in_work() const;
  const std::map<std::string, unsigned>& batches() const { return batches_; }
  const origin& site() const { return site_; }
  void forget() { batches_.clear(); }

  /// Waits for all batches, and compares rows, counts and events: every item succeeded, once.
  void check();
  /// The time from the failure to the last begin of an attempt that took something over from this node; none:
  /// nothing was.
  std::optional<milliseconds> taken_over(const std::string& lost, timestamp failed);

private:
  cluster& on_;
  unsigned delay_ms_;
  origin site_;
  unsigned next_page_ = 0;
  std::map<std::string, unsigned> batches_;
};

} // namespace troupe::test
