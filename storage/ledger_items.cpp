/// The part of the ledger that ends items.
#include "storage/ledger.hpp"

namespace troupe {

namespace key = layout::key;

// -- items ------------------------------------------------------------------------------------------

std::optional<item> ledger::load_item(const item_key& k) {
  if (const auto it = items_.find(k); it != items_.end()) return it->second;
  if (const auto* b = load_batch(k.batch)) {
    if (b->counts.open() >= items_ahead::stretch)
      ahead_.read(k, [this](const item_key& x) { return items_.contains(x); });
    if (const auto* row = ahead_.find(k)) return *row;
  }
  const auto bytes = db_.get(table::items, key::item(k));
  if (!bytes) return std::nullopt;
  item row;
  if (!layout::decode(*bytes, row)) return repair_item(k, *bytes);
  row.key = k;
  return row;
}

void ledger::write_item(const item& row) {
  set_->put(table::items, key::item(row.key), layout::encode(row));
  items_[row.key] = row;
  ahead_.forget(row.key);
}

void ledger::count_final(batch& b, item_state to) {
  auto& c = b.counts;
  ++(to == item_state::succeeded   ? c.succeeded
     : to == item_state::cancelled ? c.cancelled
     : to == item_state::expired   ? c.expired
                                   : c.failed);
}

void ledger::record_attempt(const ending& e, const item& row) {
  const attempt a{.token = {e.token.epoch, row.attempts},
                  .started = e.started,
                  .ended = row.updated,
                  .error = e.error,
                  .node = options_.node,
                  .worker = e.worker};
  set_->put(table::attempts, key::attempt(row.key, row.attempts), layout::encode(a));
}

result<outcome> ledger::end(const ending& e) {
  outcome out;
  auto* b = load_batch(e.key.batch);
  auto row = b ? load_item(e.key) : std::nullopt;
  if (!row) return out;
  out.row = *row;
  const bool current = e.token.epoch == epoch_ && e.token.number == row->attempts + 1;
  if (!terminal(row->state) && current) {
    if (auto f = settle_item(*row, *b, still_true(e, *row, *b)); f.code != errc::none) return f;
    out.applied = true;
    out.row = *row;
  }
  out.batch_now = b->state;
  out.counts = b->counts;
  out.at = b->last_event;
  return out;
}

/// The source that an item was to share may have been dropped since: then the item is tried on its own.
ending ledger::still_true(const ending& e, const item& row, const batch& b) {
  if (e.to != item_state::succeeded || e.found) return e;
  if (db_.get(table::sources, key::number(raw(e.existing)))) return e;
  set_->erase(table::index, key::url(b.home, b.job, row.url));
  auto other = e;
  other.to = item_state::retry_wait;
  other.error = fail(errc::not_found, "the source that it was to share is gone");
  other.not_before = now();
  other.unattempted = true;
  return other;
}

failure ledger::settle_item(item& row, batch& b, const ending& e) {
  row.state = e.to;
  row.updated = now();
  row.not_before = e.not_before;
  row.error = e.error;
  row.about = e.about;
  row.parser_deaths += e.parser_died;
  if (e.to == item_state::succeeded && e.found) {
    if (auto f = leave_source(row, b, *e.found); f.code != errc::none) return f;
  } else if (e.to == item_state::succeeded) {
    row.source = e.existing;
    row.duplicate = true;
    if (!e.unattempted) touch_url(row, b);
  }
  if (!e.unattempted) {
    ++row.attempts;
    // A node that is gone is not the item's fault.
    row.forgiven += e.error.code == errc::node_lost;
    record_attempt(e, row);
  }
  if (auto f = keep_input(row, e); f.code != errc::none) return f;
  end_upload(row);
  const bool ended = terminal(e.to);
  if (ended) {
    count_final(b, e.to);
    row.finished = event_number{next_.event};
    set_->put(table::index, key::finished(row.key, row.finished), {});
  }
  write_item(row);
  write_event({.kind = ended ? event_kind::item_finished : event_kind::attempt_failed,
               .index = row.key.index,
               .item = row.id,
               .item_now = row.state,
               .code = row.error.code,
               .source = row.source},
              b);
  if (e.to == item_state::failed && b.options.cancel_on_error) cancel(b.id);
  settle_batch(b);
  write_batch(b);
  return fail(errc::none);
}

/// What was fetched and could not be parsed is kept, to be parsed again.
failure ledger::keep_input(item& row, const ending& e) {
  if (e.to != item_state::failed || !e.original || !row.input.empty()) return fail(errc::none);
  const auto& body = e.original->body;
  if (auto f = store_original(body); f.code != errc::none) return f;
  set_->put(table::index, key::content_use(body.hash, row.id), {});
  row.input = body.hash;
  row.input_size = body.size;
  row.input_url = e.original->final_url;
  row.input_type = e.original->content_type;
  return fail(errc::none);
}

std::optional<uint32_t> ledger::end_items(batch_id id, uint32_t from, uint32_t most, item_state as) {
  const auto* b = load_batch(id);
  if (!b) return std::nullopt;
  const uint32_t end_index = b->counts.total;
  for (uint32_t index = from; index < end_index; ++index) {
    if (index - from == most) return index;
    const auto row = load_item({id, index});
    if (!row || terminal(row->state)) continue;
    (void)end({.key = row->key,
               .token = {epoch_, row->attempts + 1},
               .to = as,
               .error = fail(as == item_state::expired ? errc::deadline_exceeded : errc::cancelled),
               .unattempted = true});
  }
  // Whatever was to come has come too late.
  auto* all = load_batch(id);
  if (!all || terminal(all->state)) return std::nullopt;
  all->held = false;
  settle_batch(*all);
  write_batch(*all);
  return std::nullopt;
}

} // namespace troupe
