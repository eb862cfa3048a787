/// The part of the ledger that goes on after an item's row could not be read.
#include "storage/ledger.hpp"

namespace troupe {

namespace key = layout::key;

/// Sets the bytes aside; the item stands as pending. Whether it had been counted as final is lost with its
/// row: the batch is counted anew from the others.
item ledger::repair_item(const item_key& k, std::string_view bytes) {
  set_->put(table::quarantine, key::quarantined(table::items, key::item(k)), bytes);
  item row;
  row.key = k;
  row.id = id_of(k);
  items_[k] = row;
  if (auto* b = load_batch(k.batch)) recount(*b, k);
  return row;
}

item_id ledger::id_of(const item_key& k) const {
  const auto stored = db_.snapshot();
  for (auto row = stored->scan(table::index, key::item_range(item_id{raw(k.batch)}), "s"); row->valid();
       row->next()) {
    layout::item_range range;
    if (layout::decode(row->value(), range) && range.batch == k.batch && k.index - range.first < range.count)
      return item_id{key::number_at(row->key(), 1) + k.index - range.first};
  }
  return {};
}

void ledger::recount(batch& b, const item_key& but) {
  b.counts = {.total = b.counts.total};
  for (uint32_t index = 0; index < b.counts.total; ++index) {
    const item_key k{b.id, index};
    if (k == but) continue;
    item row;
    if (const auto staged = items_.find(k); staged != items_.end()) {
      row = staged->second;
    } else {
      const auto bytes = db_.get(table::items, key::item(k));
      if (!bytes || !layout::decode(*bytes, row)) continue;
    }
    if (terminal(row.state)) count_final(b, row.state);
  }
  write_batch(b);
}

} // namespace troupe
