#include "actors/retry.hpp"

#include <algorithm>

namespace troupe {
namespace {

/// An item that loses one node after the other may be why they die.
constexpr uint32_t most_nodes_lost = 100;
/// Not at once: whoever refuses must not be asked without a pause.
constexpr milliseconds after_lost_node{200};

} // namespace

verdict judge(const failure& error, const item& row, const settings& s, double luck) {
  verdict v;
  if (error.code == errc::node_lost && row.forgiven < most_nodes_lost) {
    v.to = item_state::retry_wait;
    v.delay = milliseconds{static_cast<int64_t>(double(after_lost_node.count()) * (0.5 + luck / 2))};
    return v;
  }
  v.parser_died = error.code == errc::parse_crashed || error.code == errc::parse_timeout;
  const bool quarantined = v.parser_died && row.parser_deaths + 1 >= s.work.parser_deaths;
  if (!error.retryable() || quarantined || row.attempts - row.forgiven + 1 >= s.work.attempts) return v;
  v.to = item_state::retry_wait;
  const auto doubled = s.work.backoff.count() << std::min(row.attempts - row.forgiven, 20u);
  const auto backoff = std::min(doubled, s.work.backoff_limit.count());
  v.delay = milliseconds{static_cast<int64_t>(double(backoff) * (0.5 + luck / 2))};
  if (error.retry_after) v.delay = std::max(v.delay, std::min(*error.retry_after, s.work.retry_after_limit));
  return v;
}

} // namespace troupe
