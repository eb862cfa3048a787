/// The part of the ledger that steers batches after their acceptance.
#include "storage/ledger.hpp"

namespace troupe {

namespace key = layout::key;

result<batch*> ledger::steered(batch_id id) {
  if (auto* b = load_batch(id)) return b;
  if (db_.get(table::index, key::removed(id))) return fail(errc::gone, "the batch has been removed");
  return fail(errc::not_found, "there is no such batch");
}

void ledger::note(event_kind kind, batch& b) {
  write_event({.kind = kind}, b);
  write_batch(b);
}

result<batch> ledger::pause(batch_id id, bool paused) {
  const auto b = steered(id);
  if (!b) return b.error();
  auto& row = **b;
  if (terminal(row.state) || row.state == batch_state::cancelling) return fail(errc::batch_ended);
  if (row.paused == paused) return row;
  row.paused = paused;
  note(paused ? event_kind::batch_paused : event_kind::batch_resumed, row);
  return row;
}

result<batch> ledger::seal(batch_id id) {
  const auto b = steered(id);
  if (!b) return b.error();
  auto& row = **b;
  if (row.sealed) return row;
  if (terminal(row.state)) return fail(errc::batch_ended);
  row.sealed = true;
  row.held = false;
  note(event_kind::batch_sealed, row);
  settle_batch(row);
  return row;
}

result<batch> ledger::append(batch_id id, std::span<const item_spec> items) {
  const auto b = steered(id);
  if (!b) return b.error();
  auto& row = **b;
  if (terminal(row.state) || row.state == batch_state::cancelling) return fail(errc::batch_ended);
  if (row.sealed) return fail(errc::batch_sealed);
  if (auto f = check_inputs(items); f.code != errc::none) return f;
  // Its items have no upload ids: nothing here can fail when only half of it is staged.
  if (auto f = add_items(row, items, row.counts.total, *set_); f.code != errc::none) return f;
  note(event_kind::batch_extended, row);
  settle_batch(row);
  return row;
}

// -- trying again -----------------------------------------------------------------------------------

void ledger::reopen(batch& b) {
  if (!terminal(b.state)) return;
  b.state = batch_state::open;
  // It was for the first time; what had succeeded by then is not to expire now.
  if (b.options.deadline <= now()) b.options.deadline = {};
  set_->put(table::index, key::open_batch(b.id), {});
}

result<batch> ledger::retry(batch_id id, retry_plan plan) {
  const auto b = steered(id);
  if (!b) return b.error();
  auto& row = **b;
  if (row.state == batch_state::cancelling) return fail(errc::in_progress, "the batch is being cancelled");
  const auto& c = row.counts;
  const auto candidates = plan.all ? c.finished() : c.failed + c.expired;
  if (row.retry.next != 0 || candidates == 0) return row;
  reopen(row);
  row.retry = {1, plan};
  note(event_kind::batch_retried, row);
  return row;
}

result<batch> ledger::retry_items(batch_id id, uint32_t most) {
  const auto b = steered(id);
  if (!b) return b.error();
  auto& row = **b;
  const auto plan = row.retry.plan;
  auto index = row.retry.next == 0 ? row.counts.total : row.retry.next - 1;
  for (uint32_t looked = 0; index < row.counts.total && looked < most; ++index, ++looked)
    if (auto x = load_item({id, index})) reset_item(*x, row, plan);
  row.retry = index < row.counts.total ? retry_mark{index + 1, plan} : retry_mark{};
  write_batch(row);
  settle_batch(row);
  return row;
}

result<batch> ledger::retry_item(const item_key& k, retry_plan plan) {
  const auto b = steered(k.batch);
  if (!b) return b.error();
  auto& row = **b;
  auto x = load_item(k);
  if (!x) return fail(errc::not_found, "there is no such item");
  if (!terminal(x->state)) return row;
  if (row.state == batch_state::cancelling) return fail(errc::in_progress, "the batch is being cancelled");
  plan.all = true;
  if (!reset_item(*x, row, plan))
    return fail(x->error.code, "the item was refused when it came in: it can only be sent anew");
  reopen(row);
  write_batch(row);
  return row;
}

bool ledger::reset_item(item& row, batch& b, retry_plan plan) {
  const bool wanted = plan.all || row.state == item_state::failed || row.state == item_state::expired;
  const bool refused = row.state == item_state::failed && info(row.error.code).at == stage::accept;
  if (!terminal(row.state) || !wanted || refused) return false;
  uncount_final(b, row.state);
  set_->erase(table::index, key::finished(row.key, row.finished));
  if (plan.reparse)
    take_original(row);
  else if (!row.input_url.empty())
    drop_input(row);
  row.state = item_state::pending;
  row.error = fail(errc::none);
  row.about.clear();
  row.finished = {};
  row.not_before = {};
  row.duplicate = false;
  row.parser_deaths = 0;
  row.forgiven = row.attempts;
  if (row.options.deadline <= now()) row.options.deadline = {};
  row.updated = now();
  write_item(row);
  write_event({.kind = event_kind::item_retried, .index = row.key.index, .item = row.id}, b);
  return true;
}

/// An item that left a source has its original parsed again; one that failed has kept what it fetched.
void ledger::take_original(item& row) {
  if (!row.input.empty() || row.source == source_id{}) return;
  const auto bytes = db_.get(table::sources, key::number(raw(row.source)));
  source s;
  if (!bytes || !layout::decode(*bytes, s) || s.original.empty()) return;
  set_->put(table::index, key::content_use(s.original, row.id), {});
  row.input = s.original;
  row.input_size = s.original_size;
  row.input_type = s.content_type;
  row.input_url = s.final_url.empty() ? s.url : s.final_url;
}

void ledger::uncount_final(batch& b, item_state was) {
  auto& c = b.counts;
  --(was == item_state::succeeded   ? c.succeeded
     : was == item_state::cancelled ? c.cancelled
     : was == item_state::expired   ? c.expired
                                    : c.failed);
}

// -- removing ---------------------------------------------------------------------------------------

result<batch> ledger::remove_batch(batch_id id) {
  const auto b = steered(id);
  if (!b) return b.error();
  auto row = **b;
  if (!terminal(row.state)) return fail(errc::batch_open);
  write_event({.kind = event_kind::batch_removed}, row);
  dirty_.erase(id);
  batches_.erase(id);
  removed_.insert(id);
  set_->erase(table::batches, key::number(raw(id)));
  set_->erase(table::index, key::batch_of(row.home, id));
  set_->put(table::index, key::removed(id), layout::encode(layout::tombstone{row.home, now()}));
  unswept_.push_back(id);
  return row;
}

} // namespace troupe
