/// The part of turns that is about hosts which another node counts, and about what other nodes want here.
#include "actors/turns.hpp"

#include <algorithm>
#include <utility>

namespace troupe {

void turns::erase_want(const std::string& host, size_t count) {
  items_waiting_ -= count;
  if (const auto h = hosts_.find(host); h != hosts_.end())
    h->second.wanted -= std::min(h->second.wanted, count);
}

/// Asks for as many as could start at once.
bool turns::has_permit(const std::string& name, host_state& h) {
  if (h.permits > 0) return true;
  const auto useful = std::min(h.wanted, most_at(name));
  if (useful > h.asked) {
    traffic_.wanted[name] += useful - h.asked;
    h.asked = useful;
  }
  return false;
}

void turns::permit(const std::string& host, size_t count) {
  auto& h = hosts_[host];
  h.asked -= std::min(h.asked, count);
  h.permits += count;
  permitted_.insert(host);
  for (auto n = count; n > 0; --n)
    free_host(host);
}

void turns::hand_back_unused() {
  std::erase_if(permitted_, [this](const std::string& host) {
    auto& h = hosts_[host];
    // An item of it may wait for room on a node: the permit is not kept from others meanwhile.
    if (h.permits > 0) traffic_.unused[host] += std::exchange(h.permits, 0);
    return true;
  });
}

void turns::recount(const std::string& host) {
  const auto h = hosts_.find(host);
  if (h == hosts_.end()) return;
  h->second.asked = h->second.permits = 0;
  for (auto n = most_at(host); n > 0; --n)
    free_host(host);
}

std::vector<std::pair<std::string, size_t>> turns::hosts_in_use() const {
  std::vector<std::pair<std::string, size_t>> out;
  for (const auto& [name, h] : hosts_)
    if (!name.empty() && (h.active > 0 || h.wanted > 0 || h.asked > 0)) out.emplace_back(name, h.active);
  return out;
}

void turns::in_transfer(item_key item, const std::string& host) {
  if (active_.emplace(item, started{host, node_ref::foreign, std::nullopt}).second) ++hosts_[host].active;
}

} // namespace troupe
