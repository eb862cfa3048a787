#include "storage/ledger.hpp"

#include <algorithm>

namespace troupe {

namespace key = layout::key;

namespace {

/// Texts whose source is remembered from one commit to the next.
constexpr size_t most_texts = 4'096;

} // namespace

ledger::ledger(engine& db, file_store& files, const ledger_options& options)
    : db_(db)
    , files_(files)
    , options_(options)
    , set_(db.new_write_set())
    , ahead_(db) {}

// -- start ------------------------------------------------------------------------------------------

result<std::unique_ptr<ledger>> ledger::open(engine& db, file_store& files, const ledger_options& options) {
  std::unique_ptr<ledger> made{new ledger(db, files, options)};
  if (auto f = made->start(); f.code != errc::none) return f;
  return made;
}

failure ledger::start() {
  if (auto f = check_identity(); f.code != errc::none) return f;
  if (const auto row = db_.get(table::meta, key::next); row && !layout::decode(*row, next_))
    return fail(errc::storage_error, "the row of the counters cannot be read");
  const auto epoch = db_.get(table::meta, key::epoch);
  uint64_t starts = 0;
  if (epoch && !parse_id(*epoch, starts))
    return fail(errc::storage_error, "the row of the epoch cannot be read");
  epoch_ = static_cast<uint32_t>(starts) + 1;
  set_->put(table::meta, key::epoch, std::to_string(epoch_));
  if (auto f = db_.write(*set_, true); f.code != errc::none) return f;
  files_.sweep([&](const digest& hash) {
    const auto prefix = std::string("c").append(hash.view());
    return db_.snapshot()->scan(table::index, prefix, key::after(prefix))->valid();
  });
  load_records();
  return sweep_acceptances();
}

failure ledger::check_identity() {
  const auto schema = db_.get(table::meta, key::schema);
  const auto wanted = std::to_string(layout::schema_version);
  if (schema && *schema != wanted)
    return fail(errc::storage_error, "the store has layout " + *schema + ", this program knows " + wanted);
  const auto node = db_.get(table::meta, key::node);
  if (node && *node != std::to_string(options_.node))
    return fail(errc::storage_error,
                "the store belongs to node " + *node + ", store.node says " + std::to_string(options_.node));
  if (!schema) set_->put(table::meta, key::schema, wanted);
  if (!node) set_->put(table::meta, key::node, std::to_string(options_.node));
  return fail(errc::none);
}

failure ledger::sweep_acceptances() {
  const auto at_start = db_.snapshot();
  std::vector<digest> released;
  for (auto row = at_start->scan(table::index, "a", "b"); row->valid(); row->next()) {
    batch draft;
    layout::decode(row->value(), draft);
    draft.id = batch_id{key::number_at(row->key(), 1)};
    if (!db_.get(table::batches, key::number(raw(draft.id)))) sweep_rows(draft, *set_, released);
    set_->erase(table::index, row->key());
  }
  if (!set_->empty())
    if (auto f = db_.write(*set_, true); f.code != errc::none) return f;
  const auto stored = db_.snapshot();
  for (auto row = stored->scan(table::index, "g", "h"); row->valid(); row->next()) {
    digest hash;
    if (row->key().size() != 1 + hash.bytes.size()) continue;
    std::copy(row->key().begin() + 1, row->key().end(), hash.bytes.begin());
    released.push_back(hash);
  }
  collect(released);
  return fail(errc::none);
}

void ledger::sweep_rows(const batch& draft, write_set& changes, std::vector<digest>& released) {
  const auto stored = db_.snapshot();
  const auto first = key::number(raw(draft.id));
  for (auto row = stored->scan(table::items, first, key::after(first)); row->valid(); row->next()) {
    item x;
    if (!layout::decode(row->value(), x)) continue;
    if (!x.input.empty()) release(x.input, key::content_use(x.input, x.id), changes, released);
    if (x.upload_id.empty()) continue;
    const auto upload = key::upload(draft.home, x.upload_id);
    const auto leads_to = stored->get(table::index, upload);
    item_key k;
    if (leads_to && layout::decode(*leads_to, k) && k.batch == draft.id) changes.erase(table::index, upload);
  }
  for (auto row = stored->scan(table::index, key::item_range(item_id{raw(draft.id)}), "s"); row->valid();
       row->next()) {
    layout::item_range range;
    if (layout::decode(row->value(), range) && range.batch == draft.id)
      changes.erase(table::index, row->key());
  }
  changes.erase_range(table::items, first, key::after(first));
}

// -- acceptance -------------------------------------------------------------------------------------

uint64_t ledger::take_ids(uint64_t count) {
  const auto first = next_.sequence;
  next_.sequence += count;
  return make_id(options_.node, first);
}

batch_id ledger::begin(notebook_id home, job_type job, const batch_options& options) {
  const auto at = now();
  const batch_id id{take_ids(1)};
  acceptances_.emplace(
      id, batch{.id = id, .home = home, .job = job, .options = options, .created = at, .updated = at});
  return id;
}

failure ledger::add(batch_id id, std::span<const item_spec> specs) {
  const auto found = acceptances_.find(id);
  if (found == acceptances_.end()) return fail(errc::not_found, "no such batch is being accepted");
  if (auto f = check_inputs(specs); f.code != errc::none) return f;
  const auto chunk = db_.new_write_set();
  chunk->put(table::index, key::acceptance(id), layout::encode(found->second));
  if (auto f = add_items(found->second, specs, 0, *chunk); f.code != errc::none) return f;
  chunk->put(table::meta, key::next, layout::encode(next_));
  return db_.write(*chunk, false);
}

namespace {

item row_of(const item_spec& spec, const item_key& k, item_id id, timestamp at) {
  item row{.key = k,
           .id = id,
           .url = spec.url,
           .upload_id = spec.upload_id,
           .custom_id = spec.custom_id,
           .same_as = spec.same_as,
           .filename = spec.filename,
           .input = spec.body.hash,
           .input_size = spec.body.size,
           .options = spec.options,
           .not_before = spec.not_before,
           .created = at,
           .updated = at};
  if (spec.refused.code != errc::none) {
    row.state = item_state::failed;
    row.error = spec.refused;
  }
  return row;
}

} // namespace

failure ledger::check_inputs(std::span<const item_spec> specs) const {
  for (const auto& x : specs) {
    const bool by_name = !x.body.hash.empty() && !x.body.bytes && x.body.path.empty();
    if (by_name && !db_.get(table::content, x.body.hash.view()) && !files_.holds(x.body.hash))
      return fail(errc::not_found, "original: its bytes are no longer kept");
  }
  return fail(errc::none);
}

failure ledger::add_items(batch& b, std::span<const item_spec> specs, uint32_t same_as_base,
                          write_set& into) {
  const item_id first{take_ids(specs.size())};
  into.put(table::index, key::item_range(first),
           layout::encode(layout::item_range{b.id, b.counts.total, static_cast<uint32_t>(specs.size())}));
  std::unordered_set<std::string_view> taken;
  const auto at = now();
  for (size_t i = 0; i < specs.size(); ++i) {
    auto row = row_of(specs[i], {b.id, b.counts.total++}, item_id{raw(first) + i}, at);
    if (row.same_as) *row.same_as += same_as_base;
    if (row.state == item_state::failed) {
      ++b.counts.failed;
      into.put(table::index, key::finished(row.key, row.finished), {});
    }
    if (row.options.priority > b.options.priority)
      into.put(table::index, key::urgent(row.key, row.options.priority), {});
    if (auto f = store_upload(row, specs[i].body, b.id, into); f.code != errc::none) return f;
    if (!row.upload_id.empty()) {
      const auto upload = key::upload(b.home, row.upload_id);
      if (!taken.insert(specs[i].upload_id).second || db_.get(table::index, upload))
        return fail(errc::upload_id_taken,
                    "the upload id \"" + row.upload_id + "\" is in use in this notebook");
      into.put(table::index, upload, layout::encode(row.key));
    }
    into.put(table::items, key::item(row.key), layout::encode(row));
  }
  return fail(errc::none);
}

batch ledger::accept(batch_id id, const batch_options& options, bool held) {
  auto row = acceptances_.at(id);
  accepted_.push_back(id);
  if (const auto files = uploads_.find(id); files != uploads_.end())
    kept_files_.insert(kept_files_.end(), files->second.begin(), files->second.end());
  row.options = options;
  row.held = held;
  set_->erase(table::index, key::acceptance(id));
  set_->put(table::index, key::batch_of(row.home, id), {});
  if (!db_.get(table::index, key::notebook(row.home)))
    set_->put(table::index, key::notebook(row.home), layout::encode(notebook{row.home, row.created}));
  row.first_event = event_number{next_.event};
  auto& kept = batches_[id] = row;
  set_->put(table::index, key::open_batch(id), {});
  write_event({.kind = event_kind::batch_accepted}, kept);
  settle_batch(kept);
  write_batch(kept);
  return kept;
}

void ledger::abandon(batch_id id) {
  const auto draft = acceptances_.extract(id);
  if (draft.empty()) return;
  const auto changes = db_.new_write_set();
  std::vector<digest> released;
  sweep_rows(draft.mapped(), *changes, released);
  // Files whose rows were not written are of no one's.
  if (const auto files = uploads_.extract(id); !files.empty())
    released.insert(released.end(), files.mapped().begin(), files.mapped().end());
  changes->erase(table::index, key::acceptance(id));
  // A failure here is no loss: the marker stays, and the next start sweeps.
  if (db_.write(*changes, false).code == errc::none) collect(released);
}

// -- batches ----------------------------------------------------------------------------------------

batch* ledger::load_batch(batch_id id) {
  if (const auto it = batches_.find(id); it != batches_.end()) return &it->second;
  if (removed_.contains(id)) return nullptr;
  const auto row = db_.get(table::batches, key::number(raw(id)));
  batch b;
  if (!row || !layout::decode(*row, b)) return nullptr;
  return &batches_.emplace(id, std::move(b)).first->second;
}

void ledger::write_batch(batch& row) {
  row.updated = now();
  dirty_.insert(row.id);
}

void ledger::write_event(event e, batch& b) {
  e.number = event_number{next_.event++};
  b.last_event = e.number;
  e.home = b.home;
  e.batch = b.id;
  e.batch_now = b.state;
  e.counts = b.counts;
  e.at = now();
  set_->put(table::events, key::number(raw(e.number)), layout::encode(e));
  tell_webhooks(e, b);
  events_.push_back(std::move(e));
}

void ledger::settle_batch(batch& b) {
  const bool may_grow = b.held && b.state == batch_state::open;
  if (b.counts.open() == 0 && !terminal(b.state) && !may_grow && b.retry.next == 0) finish_batch(b);
}

namespace {

batch_state end_of(const batch& b) {
  const auto& c = b.counts;
  if (b.state == batch_state::cancelling) return batch_state::cancelled;
  if (b.options.deadline != timestamp{} && c.expired > 0 && now() >= b.options.deadline)
    return batch_state::expired;
  if (c.succeeded == c.total) return batch_state::completed;
  return c.succeeded == 0 ? batch_state::failed : batch_state::completed_with_errors;
}

} // namespace

void ledger::finish_batch(batch& b) {
  b.state = end_of(b);
  b.paused = false;
  if (const auto& after = b.options.expires_after)
    set_->put(table::index, key::expiry(now() + *after, b.id), {});
  set_->erase(table::index, key::open_batch(b.id));
  write_event({.kind = event_kind::batch_changed}, b);
}

bool ledger::cancel(batch_id id) {
  auto* b = load_batch(id);
  if (!b || terminal(b->state)) return false;
  if (b->state == batch_state::cancelling) return true;
  b->state = batch_state::cancelling;
  b->paused = false;
  b->retry = {};
  write_event({.kind = event_kind::batch_changed}, *b);
  settle_batch(*b);
  write_batch(*b);
  return true;
}

// -- commit -----------------------------------------------------------------------------------------

failure ledger::commit() {
  for (const auto id : dirty_)
    set_->put(table::batches, key::number(raw(id)), layout::encode(batches_.at(id)));
  set_->put(table::meta, key::next, layout::encode(next_));
  if (auto f = db_.write(*set_, true); f.code != errc::none) {
    forget_staged();
    return f;
  }
  for (const auto& hash : kept_files_)
    files_.settle(hash);
  for (const auto id : accepted_) {
    acceptances_.erase(id);
    uploads_.erase(id);
  }
  for (const auto id : dirty_)
    if (terminal(batches_.at(id).state)) batches_.erase(id);
  collect(std::exchange(released_, {}));
  forget_changes();
  return fail(errc::none);
}

failure ledger::flush(std::vector<event>& events) {
  if (!set_->empty())
    if (auto f = commit(); f.code != errc::none) return f;
  std::move(events_.begin(), events_.end(), std::back_inserter(events));
  events_.clear();
  return fail(errc::none);
}

void ledger::forget_staged() {
  // Numbers taken stay taken: a gap is harmless, a number used twice is not.
  set_ = db_.new_write_set();
  events_.clear();
  batches_.clear();
  texts_.clear();
  ahead_.clear();
  forget_changes();
  webhooks_.clear();
  standing_webhooks_.clear();
  batch_webhooks_.clear();
  unswept_.clear();
  load_records();
}

void ledger::forget_changes() {
  dirty_.clear();
  removed_.clear();
  items_.clear();
  if (texts_.size() > most_texts) texts_.clear();
  kept_files_.clear();
  released_.clear();
  accepted_.clear();
}

size_t ledger::trim_events(timestamp before, size_t most) {
  const auto stored = db_.snapshot();
  size_t trimmed = 0;
  std::string last;
  for (auto row = stored->scan(table::events, {}, key::number(~uint64_t{0})); row->valid() && trimmed < most;
       row->next()) {
    event e;
    if (layout::decode(row->value(), e) && e.at >= before) break;
    last = row->key();
    ++trimmed;
  }
  if (!trimmed) return 0;
  const auto changes = db_.new_write_set();
  changes->erase_range(table::events, {}, key::number(key::number_at(last, 0) + 1));
  return db_.write(*changes, false).code == errc::none ? trimmed : 0;
}

} // namespace troupe
