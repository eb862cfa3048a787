#pragma once
/// Who may fetch next: batches take turns, the more urgent first; hosts are treated politely. Plain data, no
/// actor, no clock.

#include "model/records.hpp"

#include <boost/container/deque.hpp>

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace troupe {

struct turn_limits {
  /// Items in transfer at once, in all and from one host.
  size_t transfers = 256;
  size_t per_host = 8;
  /// Items between the end of their transfer and the store.
  size_t window = 256;
  milliseconds host_delay{0};
  /// How long a node that fails what others can do gets nothing.
  milliseconds set_aside{30'000};
};

/// A node as turns know it; `here` is this one. What is `foreign` is worked on wherever its owner says: only
/// its host is counted here.
enum class node_ref : uint32_t { here = 0, foreign = ~uint32_t{0} };

/// What a node has room for, and what it can do.
struct node_room {
  size_t transfers = 0;
  size_t window = 0;
  bool media = true;
};

/// What an item wants of the node that it is given to.
struct wish {
  uint32_t index = 0;
  bool media = false;
  /// Where it failed before: another one is better.
  std::optional<node_ref> not_at;
};

/// An item that may start, and where.
struct granted_turn {
  item_key item;
  node_ref at = node_ref::here;
};

class turns {
public:
  /// Any clock that does not go back.
  using time = std::chrono::steady_clock::time_point;

  explicit turns(const turn_limits& limits);

  /// A node with room for work, or with other room than before.
  void node(node_ref n, const node_room& room);
  /// It gets no more; what it has in hand is ended by whoever waits for it.
  void drop_node(node_ref n);

  /// An empty host is none: no limit but those of all. `first` puts it before the batch's other items for
  /// that host. Among all that wait, a higher priority goes first.
  void want(batch_id b, const wish& w, const std::string& host, bool first = false, uint8_t priority = 0);
  void want(batch_id b, uint32_t index, const std::string& host, bool first = false, uint8_t priority = 0) {
    want(b, wish{.index = index}, host, first, priority);
  }
  /// At most so many items of the batch have a turn or are in work; 0: no limit of its own.
  void limit(batch_id b, uint32_t most);
  /// Takes an item out, wherever it is.
  void cancel(item_key item);
  /// Takes all items of a batch out.
  void forget(batch_id b);
  /// Those that wait for a turn.
  void forget_wants(batch_id b);
  /// The item's transfer is over; it is in work until `done`.
  void leave(item_key item);
  void done(item_key item);
  /// The same, and how its work went. A node where items fail again and again that others then do is set
  /// aside for a while: then it is returned.
  std::optional<node_ref> done(item_key item, bool failed, time now);
  /// No transfer from this host starts before `until`.
  void hold(const std::string& host, time until);
  /// At least this long between the starts of two transfers from this host.
  void pace(const std::string& host, milliseconds delay);
  /// What an operator wants of this host.
  void rule(const host_rule& r);
  /// A host's delay is over.
  void wake(const std::string& host);

  // Hosts that another node counts transfers for: turns there need its permits.

  /// Tells whether a host is counted elsewhere.
  void counted_elsewhere(std::function<bool(const std::string&)> call) { elsewhere_ = std::move(call); }
  /// Tells whether what others have under way at hosts that are counted here is not known yet: nothing starts
  /// there.
  void unknown_yet(std::function<bool()> call) { unknown_ = std::move(call); }
  /// So many transfers of this host may start.
  void permit(const std::string& host, size_t count);
  /// Asked for, or handed back: by host.
  struct permit_traffic {
    std::map<std::string, size_t> wanted;
    std::map<std::string, size_t> unused;
  };
  /// Since the last call.
  permit_traffic take_permit_traffic() { return std::exchange(traffic_, {}); }
  /// Another node counts this host from now on, or this one does: asks anew for what waits.
  void recount(const std::string& host);
  /// Hosts with transfers, and how many.
  std::vector<std::pair<std::string, size_t>> hosts_in_use() const;

  // The other way round: what other nodes want of a host that is counted here is a batch of theirs.

  /// Stands for the items of another owner. It never is a real batch's.
  static batch_id of_owner(node_number n) { return batch_id{make_id(n, 0)}; }
  static bool is_of_owner(batch_id b) { return sequence_of(raw(b)) == 0; }
  /// An item of another owner is in transfer already.
  void in_transfer(item_key item, const std::string& host);

  /// The items that may start now: one of each waiting batch in turn, as long as there is room. Hosts that
  /// have to be woken later are added to `wakes`.
  std::vector<granted_turn> grant(time now, std::vector<std::pair<std::string, time>>& wakes);

  /// On all nodes, and on one.
  size_t transferring() const { return active_.size(); }
  size_t working() const { return working_.size(); }
  size_t in_hand(node_ref n) const;
  bool set_aside(node_ref n, time now) const;
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
  static constexpr size_t queue_block = 8;
  /// With little in it it is small: there are more than open batches.
  template <class T>
  using queue =
      boost::container::deque<T, void,
                              boost::container::deque_options_t<boost::container::block_size<queue_block>>>;

  struct host_state {
    size_t active = 0;
    /// Items that want it.
    size_t wanted = 0;
    /// Of one that is counted elsewhere: permits asked for, and given and not used.
    size_t asked = 0;
    size_t permits = 0;
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
    std::unordered_map<std::string, queue<wish>> wants;
    /// Hosts of `wants` that are not known to be busy.
    queue<std::string> open;
    bool ready = false;
  };
  struct node_state {
    node_room room;
    bool here = true;
    size_t active = 0;
    size_t working = 0;
    /// Items that failed here and that another one did well, since it did one well itself.
    uint32_t blame = 0;
    time aside_until{};
    bool has_room() const { return here && active < room.transfers && working < room.window; }
    double load() const {
      return std::max(double(active) / double(room.transfers), double(working) / double(room.window));
    }
  };
  struct started {
    std::string host;
    node_ref at;
    std::optional<node_ref> failed_at;
  };
  struct work {
    node_ref at;
    std::optional<node_ref> failed_at;
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
  bool grant_one(lane_key k, time now, std::vector<granted_turn>& granted,
                 std::vector<std::pair<std::string, time>>& wakes);
  void grant_own(time now, std::vector<granted_turn>& granted,
                 std::vector<std::pair<std::string, time>>& wakes);
  void grant_foreign(time now, std::vector<granted_turn>& granted,
                     std::vector<std::pair<std::string, time>>& wakes);
  void grant_from(lane_key k, time now, std::vector<granted_turn>& granted,
                  std::vector<std::pair<std::string, time>>& wakes);
  void start(lane_key k, const std::string& name, node_ref at, time now, std::vector<granted_turn>& granted);
  bool any_room(time now) const;
  std::optional<node_ref> praise(node_ref here, std::optional<node_ref> before, time now);
  std::optional<node_ref> best_for(const wish& w, time now) const;
  void drop_if_empty(node_ref n);
  void free_host(const std::string& name);
  void waits_no_more(lane_key k, const std::string& host);
  void free_share(batch_id b);
  void drop_idle_hosts(time now);
  bool has_permit(const std::string& name, host_state& h);
  bool is_elsewhere(const std::string& host) const { return elsewhere_ && !host.empty() && elsewhere_(host); }
  void hand_back_unused();
  void erase_want(const std::string& host, size_t count);
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
  std::unordered_map<std::string, std::map<uint8_t, queue<lane_key>>> waiting_;
  std::map<lane_key, lane> lanes_;
  std::map<uint8_t, queue<lane_key>> ready_;
  queue<lane_key> ready_foreign_;
  std::minstd_rand lots_;
  std::function<bool(const std::string&)> elsewhere_;
  std::function<bool()> unknown_;
  permit_traffic traffic_;
  /// Hosts that have permits which nobody may want any more.
  std::set<std::string> permitted_;
  /// Of batches with a limit.
  std::unordered_map<batch_id, share> shares_;
  std::map<node_ref, node_state> nodes_;
  /// Lanes whose next item finds no node with room that can do it.
  std::vector<lane_key> stalled_;
  std::unordered_map<item_key, started> active_;
  std::map<item_key, work> working_;
};

} // namespace troupe
