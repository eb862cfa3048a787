#pragma once
/// Politeness across owners: each host is counted by one of the serving nodes that are there, chosen by hash;
/// the others' turns at it need its permits. Plain data, no actor, no clock.

#include "actors/turns.hpp"

#include <set>

namespace troupe {

/// What one owner's gate says to another's.
struct host_message {
  enum class kind : uint8_t {
    /// A new round: what was said before holds no more. Then, for each host, how many transfers are under
    /// way,
    /// whoever counted them, and what is wanted.
    round,
    in_use,
    /// So many transfers want to start.
    want,
    /// So many may start; so many are over, or will not start.
    permit,
    unused,
  };
  kind what = kind::want;
  std::string host;
  uint32_t count = 0;
  /// Of the one that asks, in answers as well: what belongs to an earlier round is ignored.
  uint32_t round = 0;
};

class shared_hosts {
public:
  /// `all` outlives it.
  explicit shared_hosts(turns& all)
      : all_(all) {}

  /// The serving nodes that are there, beside this one. Says everything anew.
  void members(node_number own, std::set<node_number> others);
  /// Says everything anew: a message may have been lost with a connection, or nodes may have disagreed for a
  /// while who is there. To be called now and then.
  void say_anew();
  /// Who counts a host.
  node_number counter_of(const std::string& host) const;
  bool is_elsewhere(const std::string& host) const { return counter_of(host) != own_; }

  void heard(node_number from, const host_message& m);
  /// A turn that was given to another owner's item.
  void granted(item_key item);
  /// What is to be said now, to whom.
  std::vector<std::pair<node_number, host_message>> take_messages();

private:
  using place = std::pair<node_number, std::string>;
  void say(node_number to, host_message::kind what, const std::string& host, size_t count);
  item_key next_item(node_number of) { return {turns::of_owner(of), next_++}; }
  void end(const place& of, size_t count);
  void forget(node_number owner);
  /// A host that was counted here is not any more.
  void let_go(const std::string& host);

  turns& all_;
  node_number own_ = 0;
  std::set<node_number> others_;
  /// Of this node's asking, and of each other one's.
  uint32_t round_ = 0;
  std::map<node_number, uint32_t> rounds_;
  uint32_t next_ = 0;
  /// Of other owners: which host an item of theirs is for; those that are in transfer.
  std::unordered_map<item_key, std::string> foreign_;
  std::map<place, std::vector<item_key>> given_;
  std::vector<std::pair<node_number, host_message>> messages_;
};

} // namespace troupe
