#pragma once
/// Politeness across owners: each host is counted by one of the serving nodes that are there, chosen by hash;
/// the others' turns at it need its permits. Plain data, no actor, no clock.

#include "actors/turns.hpp"

#include <set>
#include <unordered_set>

namespace troupe {

/// What one owner's gate says to another's.
struct host_message {
  enum class kind : uint8_t {
    /// A new round: what was wanted before holds no more. Then, for each host with any, how many transfers
    /// are under way, whoever counted them. Then that these were all, and, in place of a host, which nodes
    /// there are for the one who says so.
    round,
    in_use,
    told,
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
  void next_round();
  /// Who counts a host.
  node_number counter_of(const std::string& host) const;
  bool is_elsewhere(const std::string& host) const { return counter_of(host) != own_; }
  /// Since the last change of members not all of them have told what they have under way: nothing starts at
  /// hosts that are counted here. For two rounds at most.
  bool is_unknown() const;

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
  /// The nodes that there are, as text.
  std::string view() const;
  void say_anew();
  bool all_told() const;
  void hear_round(node_number from, uint32_t round);
  void hear_in_use(const place& at, size_t count);
  void hear_told(node_number from, const std::string& their_view);
  void forget(node_number owner);
  /// A host that was counted here is not any more.
  void let_go(const std::string& host);

  turns& all_;
  node_number own_ = 0;
  std::set<node_number> others_;
  /// What each other one has said last that there is, and how many rounds it is waited for at most.
  std::map<node_number, std::string> told_;
  unsigned patience_ = 0;
  /// Which of them, for what they said, have been told anew.
  std::map<node_number, std::string> answered_;
  /// Of this node's asking, and of each other one's.
  uint32_t round_ = 0;
  std::map<node_number, uint32_t> rounds_;
  uint32_t next_ = 0;
  /// Of other owners: which host an item of theirs is for; those that are in transfer.
  std::unordered_map<item_key, std::string> foreign_;
  std::map<place, std::vector<item_key>> given_;
  /// Places in `given_` of which nothing has been said in their owner's round.
  std::set<place> unconfirmed_;
  std::vector<std::pair<node_number, host_message>> messages_;
};

} // namespace troupe
