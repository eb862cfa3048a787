#pragma once
/// How many items the supervisors of a node hold in memory together, so that many open batches cost no more
/// than one long one.

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace troupe {

/// Shared by all supervisors of a node. Any thread.
struct held_items {
  explicit held_items(size_t at_most)
      : most(at_most) {}
  const size_t most;
  std::atomic<size_t> count = 0;
  /// Supervisors that hold some.
  std::atomic<size_t> holders = 0;
};

/// What one supervisor holds of them; given back with this object. One thread.
class held_share {
public:
  /// Every supervisor may hold these: one host that is left alone keeps no batch from others.
  static constexpr size_t least = 2;

  explicit held_share(std::shared_ptr<held_items> of = nullptr)
      : of_(std::move(of)) {}
  held_share(held_share&& x) noexcept
      : of_(std::move(x.of_))
      , own_(std::exchange(x.own_, 0)) {}
  held_share& operator=(held_share&& x) noexcept {
    set(0);
    of_ = std::move(x.of_);
    own_ = std::exchange(x.own_, 0);
    return *this;
  }
  ~held_share() { set(0); }

  /// It holds so many, or is about to.
  void set(size_t items) {
    if (!of_ || items == own_) return;
    // Unsigned numbers wrap around: the sums are right whichever is larger.
    of_->count += items - own_;
    of_->holders += size_t{items > 0} - size_t{own_ > 0};
    own_ = items;
  }
  /// How many it may hold: what the others leave; when little is left, its part among all that hold some.
  size_t room() const {
    if (!of_) return SIZE_MAX;
    const auto others = of_->count - own_;
    const auto left = others < of_->most ? of_->most - others : 0;
    const auto fair = of_->most / std::max<size_t>(1, of_->holders + (own_ == 0));
    const bool scarce = of_->count > of_->most / 4 * 3;
    return std::max(least, scarce ? std::min(left, fair) : left);
  }

private:
  std::shared_ptr<held_items> of_;
  size_t own_ = 0;
};

} // namespace troupe
