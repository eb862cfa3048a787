/// The part of the ledger that keeps records, fills the outbox of webhooks, and keeps receipts.
#include "storage/ledger.hpp"

#include <algorithm>

namespace troupe {

namespace key = layout::key;

namespace {

constexpr size_t webhook_kind = record{webhook{}}.index();
constexpr uint32_t progress_steps = 10;
constexpr uint16_t gone_for_good = 410;

template <class T>
bool has(const std::vector<T>& all, const T& x) {
  return std::find(all.begin(), all.end(), x) != all.end();
}

/// Another tenth of the items has ended.
bool is_step(const event& e) {
  const auto done = e.counts.finished();
  if (e.kind != event_kind::item_finished || done == 0 || done == e.counts.total) return false;
  const auto step = [&](uint32_t n) { return uint64_t{n} * progress_steps / e.counts.total; };
  return step(done) != step(done - 1);
}

} // namespace

void ledger::load_records() {
  const auto stored = db_.snapshot();
  const auto prefix = key::record_named(webhook_kind, {});
  for (auto row = stored->scan(table::index, prefix, key::after(prefix)); row->valid(); row->next())
    if (record r = webhook{}; layout::decode(row->value(), r)) know(std::get<webhook>(r));
  for (auto row = stored->scan(table::index, "d", "e"); row->valid(); row->next())
    if (layout::tombstone t; layout::decode(row->value(), t) && !t.swept)
      unswept_.push_back(batch_id{key::number_at(row->key(), 1)});
}

// -- webhooks ---------------------------------------------------------------------------------------

void ledger::know(const webhook& w) {
  auto& list = w.batch == batch_id{} ? standing_webhooks_ : batch_webhooks_[w.batch];
  if (!has(list, w.id)) list.push_back(w.id);
  webhooks_[w.id] = w;
}

void ledger::unlearn(uint64_t id) {
  const auto it = webhooks_.find(id);
  if (it == webhooks_.end()) return;
  std::erase(standing_webhooks_, id);
  if (const auto of = batch_webhooks_.find(it->second.batch); of != batch_webhooks_.end()) {
    std::erase(of->second, id);
    if (of->second.empty()) batch_webhooks_.erase(of);
  }
  webhooks_.erase(it);
}

void ledger::tell_webhooks(const event& e, const batch& b) {
  if (webhooks_.empty()) return;
  const auto type = type_of(e);
  const auto put = [&](uint64_t id) {
    const auto& w = webhooks_.at(id);
    if (!w.disabled.empty() || (!w.notebooks.empty() && !has(w.notebooks, raw(b.home)))) return;
    delivery d{.webhook = id, .event = e.number, .type = type, .next = e.at, .created = e.at};
    const auto send = [&] {
      told_.insert(id);
      set_->put(table::index, key::outbox(d), layout::encode(d));
    };
    if (w.events.empty() || has(w.events, type)) send();
    d.type = "batch.progress";
    if (is_step(e) && (w.events.empty() || has(w.events, d.type))) send();
  };
  std::for_each(standing_webhooks_.begin(), standing_webhooks_.end(), put);
  if (const auto of = batch_webhooks_.find(b.id); of != batch_webhooks_.end())
    std::for_each(of->second.begin(), of->second.end(), put);
}

std::vector<uint64_t> ledger::take_told() {
  const auto told = std::exchange(told_, {});
  return {told.begin(), told.end()};
}

void ledger::record_delivery(const delivery& before, const delivery& after) {
  if (!db_.get(table::index, key::outbox(before))) return;
  set_->erase(table::index, key::outbox(before));
  set_->put(table::index, after.ended ? key::sent(after) : key::outbox(after), layout::encode(after));
  const auto it = webhooks_.find(after.webhook);
  if (after.http_status != gone_for_good || it == webhooks_.end() || !it->second.disabled.empty()) return;
  auto w = it->second;
  w.disabled = "the receiver answered 410 Gone";
  keep(record{w});
}

bool ledger::redeliver(const delivery& d) {
  const auto bytes = db_.get(table::index, key::sent(d));
  delivery row;
  if (!bytes || !layout::decode(*bytes, row) || !webhooks_.contains(d.webhook)) return false;
  set_->erase(table::index, key::sent(row));
  row.attempts = 0;
  row.ended = row.succeeded = false;
  row.next = now();
  set_->put(table::index, key::outbox(row), layout::encode(row));
  return true;
}

// -- records and receipts ---------------------------------------------------------------------------

void ledger::keep(const record& r) {
  set_->put(table::index, key::record_named(r.index(), name_of(r)), layout::encode(r));
  if (const auto* w = std::get_if<webhook>(&r)) know(*w);
}

failure ledger::keep_original(const stored_original& x, const content_ref& body) {
  if (auto f = store_original(body); f.code != errc::none) return f;
  set_->put(table::index, key::content_use(x.hash, source_id{x.id}), {});
  keep(record{x});
  return fail(errc::none);
}

bool ledger::forget(size_t kind, std::string_view name) {
  const auto k = key::record_named(kind, name);
  const auto bytes = db_.get(table::index, k);
  if (!bytes) return false;
  set_->erase(table::index, k);
  if (kind == webhook_kind) {
    const auto id = std::stoull(std::string(name));
    unlearn(id);
    for (const char rows : {'w', 'x'}) {
      const auto prefix = rows + key::number(id);
      set_->erase_range(table::index, prefix, key::after(prefix));
    }
  }
  record r = stored_original{};
  if (kind == r.index() && layout::decode(*bytes, r)) {
    const auto& x = std::get<stored_original>(r);
    release(x.hash, key::content_use(x.hash, source_id{x.id}), *set_, released_);
  }
  return true;
}

void ledger::keep(const receipt& r) {
  set_->put(table::index, key::receipt(r.key), layout::encode(r));
  set_->put(table::index, key::receipt_age(r.created, r.key), {});
}

} // namespace troupe
