#include "cluster/patience.hpp"

#include <algorithm>

namespace troupe::cluster {
namespace {

constexpr size_t most_sources = 4'096;
constexpr size_t network_bytes = 8;

} // namespace

std::string patience::source_of(const boost::asio::ip::address& at) {
  if (at.is_v4()) return at.to_string();
  const auto bytes = at.to_v6().to_bytes();
  return {bytes.begin(), bytes.begin() + network_bytes};
}

double patience::failures::left(time now) const {
  return std::max(0.0, count - std::chrono::duration<double>(now - at).count());
}

void patience::failed(const std::string& source, time now) {
  if (sources_.size() >= most_sources) make_room(now);
  auto& f = sources_[source];
  f = {f.left(now) + 1, now};
}

bool patience::is_out(const std::string& source, time now) const {
  const auto it = sources_.find(source);
  return it != sources_.end() && it->second.left(now) > most_ - 1;
}

void patience::make_room(time now) {
  std::erase_if(sources_, [now](const auto& entry) { return entry.second.left(now) == 0; });
  // From so many sources at once it is not theirs that wears out.
  if (sources_.size() >= most_sources) sources_.clear();
}

} // namespace troupe::cluster
