#pragma once
/// Who may fetch next: batches take turns, the more urgent first; hosts are treated politely. Plain data, no
/// actor, no clock.

#include "model/records.hpp"

#include <deque>
#include <map>
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
  /// that host. Among all that wait, a higher priority goes first.
  void want(batch_id b, uint32_t index, const std::string& host, bool first = false, uint8_t priority = 0);
  /// At most so many items of the batch have a turn or are in work; 0: no limit of its own.
  void limit(batch_id b, uint32_t most);
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
  /// What an operator wants of this host.
  void rule(const host_rule& r);
  /// A host's delay is over.
  void wake(const std::string& host);

  /// The items that may start now: one of each waiting batch in turn, as long as there is room. Hosts that
  /// have to be woken later are added to `wakes`.
  std::vector<item_key> grant(time now, std::vector<std::pair<std::string, time>>& wakes);

  size_t transferring() const { return active_.size(); }
  size_t working() const { return working_.size(); }
  size_t waiting() const { return items_waiting_; }

  struct host_view {
    host_rule rule;
    size_t active = 0;
    size_t waiting = 0;
    size_t max_concurrency = 0;
    milliseconds delay{};
    time next_start{};
  };
  host_view look(const std::string& host) const;
  /// Why an item of this batch for this host has no turn, as a stable word.
  std::string reason(item_key item, const std::string& host, time now) const;

private:
  struct host_state {
    size_t active = 0;
    time next_start{};
    milliseconds delay{0};
    bool timer = false;
  };
  /// Items of one batch with one priority, most urgent first in order.
  struct lane_key {
    uint8_t urgency;
    batch_id batch;
    friend auto operator<=>(const lane_key&, const lane_key&) = default;
  };
  struct lane {
    std::unordered_map<std::string, std::deque<uint32_t>> wants;
    /// Hosts of `wants` that are not known to be busy.
    std::deque<std::string> open;
    bool ready = false;
  };
  struct share {
    uint32_t limit = 0;
    uint32_t used = 0;
    bool full() const { return limit > 0 && used >= limit; }
  };

  static lane_key key_of(batch_id b, uint8_t priority) {
    return {static_cast<uint8_t>(highest_priority - priority), b};
  }
  void make_ready(lane_key k, lane& s);
  bool may_start(const std::string& name, time now, std::vector<std::pair<std::string, time>>& wakes);
  bool grant_one(lane_key k, time now, std::vector<item_key>& granted,
                 std::vector<std::pair<std::string, time>>& wakes);
  void start(lane_key k, const std::string& name, time now, std::vector<item_key>& granted);
  void free_host(const std::string& name);
  void free_share(batch_id b);
  void drop_idle_hosts(time now);
  size_t most_at(const std::string& host) const;
  milliseconds delay_at(const std::string& host) const;
  bool is_paused(const std::string& host) const;

  static constexpr size_t most_idle_hosts = 10'000;

  turn_limits limits_;
  size_t sweep_hosts_at_ = most_idle_hosts;
  size_t items_waiting_ = 0;
  std::unordered_map<std::string, host_state> hosts_;
  std::unordered_map<std::string, host_rule> rules_;
  /// Lanes to look at when a place at a host comes free: the most urgent first, then the oldest.
  std::unordered_map<std::string, std::map<uint8_t, std::deque<lane_key>>> waiting_;
  std::map<lane_key, lane> lanes_;
  std::map<uint8_t, std::deque<lane_key>> ready_;
  /// Of batches with a limit.
  std::unordered_map<batch_id, share> shares_;
  std::unordered_map<item_key, std::string> active_;
  std::set<item_key> working_;
};

} // namespace troupe
