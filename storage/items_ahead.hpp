#pragma once
/// Rows of items that are about to be asked for: those of a batch end nearly in order, and to read a stretch
/// of them costs little more than to look one up. Used by the ledger, which tells of every row that it
/// changes.

#include "model/batch.hpp"
#include "storage/engine.hpp"

#include <deque>
#include <functional>
#include <unordered_map>

namespace troupe {

class items_ahead {
public:
  /// Items in a stretch. Of a batch with fewer open items none is read ahead.
  static constexpr uint32_t stretch = 128;

  explicit items_ahead(const engine& db)
      : db_(db) {}

  /// Reads the stretch that holds `k`, unless it was, or too many stretches are asked for in turn to keep it
  /// until it is asked for again; but not rows whose newest state is not stored yet. Throws `unreadable`.
  void read(const item_key& k, const std::function<bool(const item_key&)>& is_staged);
  /// The stored row; null: unknown here.
  const item* find(const item_key& k) const;
  /// The row is about to change.
  void forget(const item_key& k);
  void clear() { parts_.clear(); }

private:
  struct part {
    batch_id batch{};
    uint32_t number = 0;
    std::unordered_map<uint32_t, item> rows;
    /// Since it was last looked at to be dropped.
    bool was_asked_for = true;
  };
  static constexpr size_t most_parts = 64;

  bool make_room();

  const engine& db_;
  /// The newest last, behind them those that were given a second chance.
  std::deque<part> parts_;
};

} // namespace troupe
