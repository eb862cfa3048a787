#pragma once
/// Who may fetch next: batches take turns, hosts are treated politely. Plain data, no actor, no clock.

#include "model/ids.hpp"
#include "model/time.hpp"

#include <deque>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace troupe {

struct turn_limits {
  /// Items in transfer at once, in all and from one host.
  size_t transfers = 256;
  size_t per_host = 8;
  /// Items between the end of their transfer and the store.
  size_t window = 256;
  milliseconds host_delay{0};
};

class turns {
public:
  /// Any clock that does not go back.
  using time = std::chrono::steady_clock::time_point;

  explicit turns(const turn_limits& limits)
      : limits_(limits) {}

  /// An empty host is none: no limit but those of all. `first` puts it before the batch's other items for
  /// that host.
  void want(batch_id b, uint32_t index, const std::string& host, bool first = false);
  /// Takes an item out, wherever it is.
  void cancel(item_key item);
  /// Takes all items of a batch out.
  void forget(batch_id b);
  /// The item's transfer is over; it is in work until `done`.
  void leave(item_key item);
  void done(item_key item);
  /// No transfer from this host starts before `until`.
  void hold(const std::string& host, time until);
  /// At least this long between the starts of two transfers from this host.
  void pace(const std::string& host, milliseconds delay);
  /// A host's delay is over.
  void wake(const std::string& host);

  /// The items that may start now: one of each waiting batch in turn, as long as there is room. Hosts that
  /// have to be woken later are added to `wakes`.
  std::vector<item_key> grant(time now, std::vector<std::pair<std::string, time>>& wakes);

  size_t transferring() const { return active_.size(); }
  size_t working() const { return working_.size(); }

private:
  struct host_state {
    size_t active = 0;
    time next_start{};
    milliseconds delay{0};
    bool timer = false;
    /// Batches to look at when a place comes free, oldest first.
    std::deque<batch_id> waiting;
  };
  struct batch_state {
    std::unordered_map<std::string, std::deque<uint32_t>> wants;
    /// Hosts of `wants` that are not known to be busy.
    std::deque<std::string> open;
    bool ready = false;
  };

  void make_ready(batch_id b, batch_state& s);
  bool may_start(host_state& h, const std::string& name, time now,
                 std::vector<std::pair<std::string, time>>& wakes) const;
  bool grant_one(batch_id b, time now, std::vector<item_key>& granted,
                 std::vector<std::pair<std::string, time>>& wakes);
  void free_host(const std::string& name);
  void drop_idle_hosts(time now);

  static constexpr size_t most_idle_hosts = 10'000;

  turn_limits limits_;
  size_t sweep_hosts_at_ = most_idle_hosts;
  std::unordered_map<std::string, host_state> hosts_;
  std::unordered_map<batch_id, batch_state> batches_;
  std::deque<batch_id> ready_;
  std::unordered_map<item_key, std::string> active_;
  std::set<item_key> working_;
};

} // namespace troupe
