#include "cluster/refusals.hpp"

#include "config/log.hpp"

namespace troupe::cluster {

void refusals::note(const std::string& from, const std::string& why) {
  // A reason may hold a stranger's words: what is remembered of them has an end.
  if (reasons_.size() >= most_reasons) reasons_.clear();
  auto& s = reasons_[why];
  const auto now = std::chrono::steady_clock::now();
  if (s.logged != decltype(now){} && now - s.logged < std::chrono::seconds{1}) {
    ++s.unsaid;
    return;
  }
  log::warn("a node was not let in", {{"from", from}, {"reason", why}, {"more_like_it", s.unsaid}});
  s = {now, 0};
}

} // namespace troupe::cluster
