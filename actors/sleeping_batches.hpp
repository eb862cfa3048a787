#pragma once
/// Open batches that are not to begin yet: until then they need no supervisor. Plain data, no actor, no
/// clock.

#include "model/ids.hpp"
#include "model/time.hpp"

#include <optional>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

namespace troupe {

class sleeping_batches {
public:
  void add(batch_id b, notebook_id home, timestamp due) {
    erase(b);
    all_.emplace(b, sleeper{due, home});
    by_time_.emplace(due, b);
    ++of_[home];
  }
  void erase(batch_id b) {
    const auto gone = all_.extract(b);
    if (gone.empty()) return;
    by_time_.erase({gone.mapped().due, b});
    if (const auto it = of_.find(gone.mapped().home); --it->second == 0) of_.erase(it);
  }
  /// None: it does not sleep.
  std::optional<timestamp> due_of(batch_id b) const {
    const auto it = all_.find(b);
    return it == all_.end() ? std::nullopt : std::optional{it->second.due};
  }
  size_t size() const { return all_.size(); }
  size_t of(notebook_id home) const {
    const auto it = of_.find(home);
    return it == of_.end() ? 0 : it->second;
  }
  /// When the first of them is to begin.
  std::optional<timestamp> next() const {
    return by_time_.empty() ? std::nullopt : std::optional{by_time_.begin()->first};
  }
  /// Takes out those whose time has come, in its order, so many at most.
  std::vector<batch_id> take_due(timestamp now, size_t at_most) {
    std::vector<batch_id> due;
    while (due.size() < at_most && !by_time_.empty() && by_time_.begin()->first <= now) {
      due.push_back(by_time_.begin()->second);
      erase(due.back());
    }
    return due;
  }

private:
  struct sleeper {
    timestamp due;
    notebook_id home;
  };
  std::unordered_map<batch_id, sleeper> all_;
  std::set<std::pair<timestamp, batch_id>> by_time_;
  std::unordered_map<notebook_id, size_t> of_;
};

} // namespace troupe
