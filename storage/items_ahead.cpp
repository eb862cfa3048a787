#include "storage/items_ahead.hpp"

#include "storage/layout.hpp"

#include <algorithm>
#include <utility>

namespace troupe {

namespace key = layout::key;

namespace {

/// From the end: the newest part is the one that is mostly asked for.
template <class Parts>
auto part_of(Parts& parts, const item_key& k) {
  return std::find_if(parts.rbegin(), parts.rend(), [&](const auto& p) {
    return p.batch == k.batch && p.number == k.index / items_ahead::stretch;
  });
}

} // namespace

void items_ahead::read(const item_key& k, const std::function<bool(const item_key&)>& is_staged) {
  if (const auto known = part_of(parts_, k); known != parts_.rend()) {
    known->was_asked_for = true;
    return;
  }
  if (!make_room()) return;
  auto& p = parts_.emplace_back(part{k.batch, k.index / stretch, {}});
  const auto first = p.number * stretch;
  const auto at = db_.snapshot();
  for (auto row = at->scan(table::items, key::item({k.batch, first}), key::item({k.batch, first + stretch}));
       row->valid(); row->next()) {
    item x;
    x.key = {k.batch, key::index_of(row->key())};
    if (!is_staged(x.key) && layout::decode(row->value(), x)) p.rows.emplace(x.key.index, std::move(x));
  }
}

/// By second chance (the "clock" algorithm, F. J. Corbató, A Paging Experiment with the Multics System,
/// 1968), where what is given one keeps the newcomer out: batches that end their items in turn would
/// otherwise drop each other's stretches, and read one for every item.
bool items_ahead::make_room() {
  if (parts_.size() < most_parts) return true;
  const auto spent = std::find_if(parts_.begin(), parts_.end(), [](const auto& p) { return p.rows.empty(); });
  if (spent != parts_.end()) {
    parts_.erase(spent);
    return true;
  }
  auto oldest = std::move(parts_.front());
  parts_.pop_front();
  if (!std::exchange(oldest.was_asked_for, false)) return true;
  parts_.push_back(std::move(oldest));
  return false;
}

const item* items_ahead::find(const item_key& k) const {
  const auto p = part_of(parts_, k);
  if (p == parts_.rend()) return nullptr;
  const auto it = p->rows.find(k.index);
  return it == p->rows.end() ? nullptr : &it->second;
}

void items_ahead::forget(const item_key& k) {
  if (const auto p = part_of(parts_, k); p != parts_.rend()) p->rows.erase(k.index);
}

} // namespace troupe
