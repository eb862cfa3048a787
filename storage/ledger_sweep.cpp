/// The part of the ledger that erases what has had its time, a little at each call.
#include "storage/ledger.hpp"

namespace troupe {

namespace key = layout::key;

namespace {

constexpr uint32_t rows_at_once = 5'000;

} // namespace

bool ledger::sweep(timestamp at, const retention& keep) {
  // What was staged may have changed what is looked at.
  if (commit().code != errc::none) return false;
  const bool more = sweep_removed() | sweep_expired(at) | sweep_receipts(at - keep.receipts) |
                    sweep_originals(at - keep.originals) | sweep_traces(at - keep.traces);
  return commit().code == errc::none && more;
}

/// The rows of removed batches.
bool ledger::sweep_removed() {
  if (unswept_.empty()) return false;
  const auto id = unswept_.front();
  const auto stored = db_.snapshot();
  layout::tombstone stone;
  const auto bytes = stored->get(table::index, key::removed(id));
  if (!bytes || !layout::decode(*bytes, stone)) {
    unswept_.erase(unswept_.begin());
    return true;
  }
  const auto prefix = key::number(raw(id));
  auto row = stored->scan(table::items, prefix, key::after(prefix));
  uint32_t rows = 0;
  for (; row->valid() && rows < rows_at_once; row->next(), ++rows) {
    set_->erase(table::items, row->key());
    item x;
    if (!layout::decode(row->value(), x)) continue;
    if (stone.first == item_id{}) stone.first = x.id;
    stone.last = x.id;
    drop_input(x);
    if (!x.upload_id.empty()) set_->erase(table::index, key::upload(stone.home, x.upload_id));
  }
  if (!row->valid()) {
    stone.swept = true;
    set_->erase_range(table::attempts, prefix, key::after(prefix));
    for (const char kind : {'f', 'p'})
      set_->erase_range(table::index, kind + prefix, key::after(kind + prefix));
    unswept_.erase(unswept_.begin());
  }
  set_->put(table::index, key::removed(id), layout::encode(stone));
  return true;
}

/// Batches whose `expires_after` is over.
bool ledger::sweep_expired(timestamp at) {
  const auto stored = db_.snapshot();
  uint32_t rows = 0;
  for (auto row = stored->scan(table::index, "e", key::expiry(at, {})); row->valid() && rows < rows_at_once;
       row->next(), ++rows) {
    set_->erase(table::index, row->key());
    const batch_id id{key::number_at(row->key(), 9)};
    const auto* b = load_batch(id);
    // Tried again since, it has another row here, or will have one.
    const auto& after = b ? b->options.expires_after : std::nullopt;
    if (after && terminal(b->state) && b->updated + *after <= at) (void)remove_batch(id);
  }
  return rows == rows_at_once;
}

bool ledger::sweep_receipts(timestamp before) {
  const auto stored = db_.snapshot();
  uint32_t rows = 0;
  for (auto row = stored->scan(table::index, "j", key::receipt_age(before, {}));
       row->valid() && rows < rows_at_once; row->next(), ++rows) {
    set_->erase(table::index, row->key());
    set_->erase(table::index, std::string("k").append(row->key().substr(9)));
  }
  return rows == rows_at_once;
}

bool ledger::sweep_originals(timestamp before) {
  const auto stored = db_.snapshot();
  record r = stored_original{};
  const auto prefix = key::record_named(r.index(), {});
  for (auto row = stored->scan(table::index, prefix, key::after(prefix)); row->valid(); row->next())
    if (layout::decode(row->value(), r) && std::get<stored_original>(r).created < before)
      forget(r.index(), name_of(r));
  return false;
}

/// Deliveries and bulk actions that have ended, and what tells that a batch was there.
bool ledger::sweep_traces(timestamp before) {
  const auto stored = db_.snapshot();
  for (auto row = stored->scan(table::index, "x", "y"); row->valid(); row->next())
    if (delivery d; layout::decode(row->value(), d) && d.next < before) set_->erase(table::index, row->key());
  record action = bulk_action{};
  const auto bulk = key::record_named(action.index(), {});
  for (auto row = stored->scan(table::index, bulk, key::after(bulk)); row->valid(); row->next())
    if (layout::decode(row->value(), action = bulk_action{}) && std::get<bulk_action>(action).ended &&
        std::get<bulk_action>(action).updated < before)
      set_->erase(table::index, row->key());
  for (auto row = stored->scan(table::index, "d", "e"); row->valid(); row->next()) {
    layout::tombstone stone;
    if (!layout::decode(row->value(), stone) || !stone.swept || stone.removed >= before) continue;
    const batch_id id{key::number_at(row->key(), 1)};
    set_->erase(table::index, row->key());
    const auto end = key::item_range(item_id{raw(stone.last) + 1});
    for (auto r = stored->scan(table::index, key::item_range(stone.first), end); r->valid(); r->next())
      if (layout::item_range range; layout::decode(r->value(), range) && range.batch == id)
        set_->erase(table::index, r->key());
    const auto of = batch_webhooks_.find(id);
    const auto ids = of == batch_webhooks_.end() ? std::vector<uint64_t>{} : of->second;
    for (const auto w : ids)
      forget(record{webhook{}}.index(), std::to_string(w));
  }
  return false;
}

} // namespace troupe
