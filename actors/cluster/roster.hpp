#pragma once
/// The nodes as they are known to this one, for whoever asks from any thread.

#include "actors/messages.hpp"

#include <atomic>
#include <map>
#include <memory>
#include <mutex>

namespace troupe {

/// Written by a link, read by anyone.
struct link_counts {
  std::atomic<uint64_t> in_flight{0};
  std::atomic<uint64_t> done{0};
  std::atomic<uint64_t> lost{0};
};

/// Another node by what it says of itself, from now on.
node_view view_of(const node_card& c);

class roster {
public:
  /// Keeps at most this many nodes that are away: the oldest go first.
  static constexpr size_t most_away = 1'000;

  /// A node is as it says.
  void put(node_view x, std::shared_ptr<const link_counts> counts);
  /// It is gone since now.
  void away(const std::string& name, const std::string& why);
  /// Why a node of this name and number cannot come in, in words; empty: it can.
  std::string conflict(const std::string& name, const std::string& instance, bool serves,
                       uint32_t number) const;
  std::vector<node_view> all() const;

private:
  struct entry {
    node_view view;
    std::shared_ptr<const link_counts> counts;
  };
  mutable std::mutex mutex_;
  std::map<std::string, entry> nodes_;
};

} // namespace troupe
