#include "cluster/patience.hpp"

#include <algorithm>

namespace troupe::cluster {
namespace {

constexpr size_t most_sources = 4'096;
constexpr size_t network_bytes = 8;
/// Failures of all strangers together, in those of one source.
constexpr double strangers_factor = 8;

} // namespace

std::string patience::source_of(const boost::asio::ip::address& at) {
  if (at.is_v4()) return at.to_string();
  const auto v6 = at.to_v6();
  if (v6.is_v4_mapped()) return make_address_v4(boost::asio::ip::v4_mapped, v6).to_string();
  const auto bytes = v6.to_bytes();
  return {bytes.begin(), bytes.begin() + network_bytes};
}

double patience::failures::left(time now, double each_second) const {
  return std::max(0.0, count - each_second * std::chrono::duration<double>(now - at).count());
}

void patience::failures::add(time now, double each_second, double most) {
  count = std::min(left(now, each_second) + 1, most);
  at = now;
}

void patience::failed(const std::string& source, time now) {
  if (sources_.size() >= most_sources) {
    std::erase_if(sources_, [now](const auto& entry) { return entry.second.left(now, 1) == 0; });
    // The limit for all strangers stands for those that are forgotten.
    if (sources_.size() >= most_sources) sources_.clear();
  }
  sources_[source].add(now, 1, most_);
  if (!known_.contains(source)) strangers_.add(now, most_, strangers_factor * most_);
}

void patience::welcomed(const std::string& source) {
  sources_.erase(source);
  if (known_.size() >= most_sources) known_.clear();
  known_.insert(source);
}

bool patience::is_out(const std::string& source, time now) const {
  const auto it = sources_.find(source);
  if (it != sources_.end() && it->second.left(now, 1) > most_ - 1) return true;
  return !known_.contains(source) && strangers_.left(now, most_) > strangers_factor * most_ - 1;
}

} // namespace troupe::cluster
