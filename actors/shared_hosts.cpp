#include "actors/shared_hosts.hpp"

#include "cluster/homes.hpp"

namespace troupe {
namespace {

using kind = host_message::kind;

/// For what others have under way, after a change of members.
constexpr unsigned rounds_of_patience = 2;

/// FNV-1a (Fowler, Noll, Vo): the same on every node.
uint64_t hash_of(std::string_view text) {
  uint64_t h = 0xcbf29ce484222325ull;
  for (const char c : text)
    h = (h ^ static_cast<uint8_t>(c)) * 0x100000001b3ull;
  return h;
}

} // namespace

node_number shared_hosts::counter_of(const std::string& host) const {
  if (others_.empty()) return own_;
  std::vector<int64_t> all(others_.begin(), others_.end());
  all.push_back(own_);
  return cluster::rendezvous(notebook_id{hash_of(host)}, all);
}

std::string shared_hosts::view() const {
  auto all = others_;
  all.insert(own_);
  std::string out;
  for (const auto n : all)
    out += std::to_string(n) + ' ';
  return out;
}

bool shared_hosts::all_told() const {
  const auto now = view();
  return std::all_of(others_.begin(), others_.end(), [&](node_number n) {
    const auto it = told_.find(n);
    return it != told_.end() && it->second == now;
  });
}

bool shared_hosts::is_unknown() const {
  return patience_ > 0 && !all_told();
}

void shared_hosts::members(node_number own, std::set<node_number> others) {
  std::vector<std::string> counted;
  for (const auto& [host, active] : all_.hosts_in_use())
    if (!is_elsewhere(host)) counted.push_back(host);
  if (others != others_) {
    patience_ = rounds_of_patience;
    answered_.clear();
  }
  const auto gone = std::exchange(others_, std::move(others));
  own_ = own;
  for (const auto n : gone)
    if (!others_.contains(n)) forget(n);
  for (const auto& host : counted)
    if (is_elsewhere(host)) let_go(host);
  say_anew();
}

void shared_hosts::say_anew() {
  // What was about to be said is said again.
  all_.take_permit_traffic();
  messages_.clear();
  ++round_;
  for (const auto n : others_)
    messages_.push_back({n, {kind::round, {}, 0, round_}});
  const auto in_use = all_.hosts_in_use();
  for (const auto& [host, active] : in_use)
    if (is_elsewhere(host)) say(counter_of(host), kind::in_use, host, active);
  for (const auto n : others_)
    messages_.push_back({n, {kind::told, view(), 0, round_}});
  for (const auto& [host, active] : in_use)
    all_.recount(host);
}

void shared_hosts::next_round() {
  if (patience_ > 0) --patience_;
  say_anew();
}

void shared_hosts::forget(node_number owner) {
  rounds_.erase(owner);
  told_.erase(owner);
  all_.forget(turns::of_owner(owner));
  std::erase_if(unconfirmed_, [owner](const place& p) { return p.first == owner; });
  std::erase_if(given_, [owner](const auto& entry) { return entry.first.first == owner; });
  std::erase_if(foreign_, [owner](const auto& entry) { return entry.first.batch == turns::of_owner(owner); });
}

/// What is under way goes on being counted until it is told anew: in between a host must not seem free.
void shared_hosts::hear_round(node_number from, uint32_t round) {
  rounds_[from] = round;
  std::unordered_set<item_key> under_way;
  for (auto it = given_.lower_bound({from, {}}); it != given_.end() && it->first.first == from; ++it) {
    unconfirmed_.insert(it->first);
    under_way.insert(it->second.begin(), it->second.end());
  }
  std::erase_if(foreign_, [&](const auto& entry) {
    return entry.first.batch == turns::of_owner(from) && !under_way.contains(entry.first);
  });
  all_.forget_wants(turns::of_owner(from));
}

void shared_hosts::hear_in_use(const place& at, size_t count) {
  unconfirmed_.erase(at);
  auto& now = given_[at];
  while (now.size() < count) {
    const auto item = now.emplace_back(next_item(at.first));
    foreign_[item] = at.second;
    all_.in_transfer(item, at.second);
  }
  if (now.size() > count) end(at, now.size() - count);
}

void shared_hosts::hear_told(node_number from, const std::string& their_view) {
  for (auto it = unconfirmed_.lower_bound({from, {}}); it != unconfirmed_.end() && it->first == from;) {
    end(*it, ~size_t{0});
    it = unconfirmed_.erase(it);
  }
  // What this one has told it may have come before it knew who tells: once more, then, and once for each
  // view.
  if (their_view == view() && std::exchange(answered_[from], their_view) != their_view) say_anew();
  const bool knew = all_told();
  told_[from] = their_view;
  if (knew || !all_told()) return;
  for (const auto& [host, active] : all_.hosts_in_use())
    if (!is_elsewhere(host)) all_.recount(host);
}

void shared_hosts::let_go(const std::string& host) {
  std::vector<item_key> theirs;
  for (const auto& [item, of] : foreign_)
    if (of == host) theirs.push_back(item);
  for (const auto& item : theirs) {
    all_.cancel(item);
    foreign_.erase(item);
  }
  std::erase_if(unconfirmed_, [&](const place& p) { return p.second == host; });
  std::erase_if(given_, [&](const auto& entry) { return entry.first.second == host; });
}

void shared_hosts::heard(node_number from, const host_message& m) {
  if (m.what == kind::round) return hear_round(from, m.round);
  if (m.what == kind::permit) {
    if (m.round == round_ && counter_of(m.host) == from) all_.permit(m.host, m.count);
    return;
  }
  const auto known = rounds_.find(from);
  if (known == rounds_.end() || known->second != m.round) return;
  if (m.what == kind::unused) return end({from, m.host}, m.count);
  if (m.what == kind::in_use) return hear_in_use({from, m.host}, m.count);
  if (m.what == kind::told) return hear_told(from, m.host);
  for (uint32_t i = 0; i < m.count; ++i) {
    const auto item = next_item(from);
    foreign_[item] = m.host;
    all_.want(item.batch, item.index, m.host);
  }
}

void shared_hosts::granted(item_key item) {
  const auto it = foreign_.find(item);
  if (it == foreign_.end()) return;
  const auto owner = node_of(raw(item.batch));
  given_[{owner, it->second}].push_back(item);
  say(owner, kind::permit, it->second, 1);
}

void shared_hosts::end(const place& of, size_t count) {
  const auto it = given_.find(of);
  if (it == given_.end()) return;
  for (; count > 0 && !it->second.empty(); --count) {
    const auto item = it->second.back();
    it->second.pop_back();
    foreign_.erase(item);
    all_.leave(item);
  }
  if (it->second.empty()) given_.erase(it);
}

void shared_hosts::say(node_number to, host_message::kind what, const std::string& host, size_t count) {
  if (count == 0) return;
  const auto round = what == kind::permit ? rounds_[to] : round_;
  if (!messages_.empty()) {
    auto& last = messages_.back();
    if (last.first == to && last.second.what == what && last.second.host == host &&
        last.second.round == round) {
      last.second.count += static_cast<uint32_t>(count);
      return;
    }
  }
  messages_.push_back({to, {what, host, static_cast<uint32_t>(count), round}});
}

std::vector<std::pair<node_number, host_message>> shared_hosts::take_messages() {
  const auto traffic = all_.take_permit_traffic();
  for (const auto& [host, count] : traffic.unused)
    if (is_elsewhere(host)) say(counter_of(host), kind::unused, host, count);
  for (const auto& [host, count] : traffic.wanted)
    if (is_elsewhere(host)) say(counter_of(host), kind::want, host, count);
  return std::exchange(messages_, {});
}

} // namespace troupe
