#pragma once
/// Everything that changes the store: acceptance of batches, transitions of items, removal of sources.
///
/// One thread uses a ledger: the store's writer. Transitions are staged, each whole, into one write set;
/// `flush` makes them durable together with one sync. Nothing staged may be reported before that.

#include "model/work.hpp"
#include "storage/engine.hpp"
#include "storage/file_store.hpp"
#include "storage/items_ahead.hpp"
#include "storage/layout.hpp"

#include <span>
#include <unordered_map>
#include <unordered_set>

namespace troupe {

struct ledger_options {
  node_number node = 0;
  /// Originals above this are files.
  uint64_t inline_original_bytes = 1 << 20;
};

/// How an attempt at an item, or the item itself, ended.
struct ending {
  item_key key;
  attempt_token token;
  timestamp started{};
  /// `retry_wait` or a final state.
  item_state to = item_state::failed;
  /// Of every state but `succeeded`.
  failure error{errc::none, {}, 0, std::nullopt};
  /// Of `retry_wait`.
  timestamp not_before{};
  /// Of `succeeded`: what was found, or the source that is there already.
  std::shared_ptr<const finding> found;
  source_id existing{};
  /// Of media that failed: what is known of it.
  std::string about;
  /// Of a document that could not be parsed: what was fetched.
  std::shared_ptr<const fetched> original;
  /// The attempt ended with the death of a parser.
  bool parser_died = false;
  /// The node that did the work; empty: this one.
  std::string worker;
  /// No attempt was made: nothing is counted or recorded as one.
  bool unattempted = false;
};

/// What became of a staged ending. Valid once `flush` succeeded.
struct outcome {
  /// False: the item had ended before, or another attempt is the current one; nothing was changed.
  bool applied = false;
  item row;
  batch_state batch_now = batch_state::open;
  item_counts counts;
  /// The batch's newest event.
  event_number at{};
};

class ledger {
public:
  /// Checks or writes the layout's version and the node's number, counts this start, sweeps what crashed
  /// acceptances and unfinished files left. Fails with `storage_error` and a text that says why.
  static result<std::unique_ptr<ledger>> open(engine& db, file_store& files, const ledger_options& options);

  /// Starts of this node, this one included.
  uint32_t epoch() const { return epoch_; }

  /// Begins to accept a batch. Its items exist once `accept` is durable.
  batch_id begin(notebook_id home, job_type job, const batch_options& options);
  /// Writes items, unsynced. Fails with `upload_id_taken` (the text names it), `storage_full` or
  /// `storage_error`; the caller then abandons the batch.
  failure add(batch_id id, std::span<const item_spec> items);
  /// Stages the acceptance, with the options as they are now known; items refused at the door are final from
  /// the start. A batch that is `held` does not end before it is sealed.
  batch accept(batch_id id, const batch_options& options, bool held = false);
  /// Erases what was written of a batch that is not going to be accepted, or whose acceptance was not
  /// flushed.
  void abandon(batch_id id);

  /// Stages the end of an attempt. Fails, alone, when a large original cannot be put in place.
  result<outcome> end(const ending& e);
  /// Stages the wish to cancel a batch. False: there is no such batch or it is final.
  bool cancel(batch_id id);
  /// Stages `cancelled`, or `expired`, for up to `most` items from `from` on that are not final. Returns the
  /// index to go on from; none: all are done.
  std::optional<uint32_t> end_items(batch_id id, uint32_t from, uint32_t most, item_state as);

  // Steering (ledger_steering.cpp). Each stages its change and returns the batch as it is then; what changes
  // nothing stages nothing. Fails with `not_found`, `gone`, or what stands in the way: `batch_ended`,
  // `batch_sealed`, `batch_open`, `in_progress`.

  result<batch> pause(batch_id id, bool paused);
  result<batch> seal(batch_id id);
  /// Items for a batch that is not sealed; all of them are staged, or none.
  result<batch> append(batch_id id, std::span<const item_spec> items);
  /// Begins to try items again; the batch is open from then on. `retry_items` goes on with it.
  result<batch> retry(batch_id id, retry_plan plan);
  /// The next `most` items of such a retry; `batch::retry` tells whether there are more.
  result<batch> retry_items(batch_id id, uint32_t most);
  /// One item that has ended.
  result<batch> retry_item(const item_key& k, retry_plan plan);
  /// Removes a batch that has ended, with its items and what they keep; their sources stay. Its rows go by
  /// and by, with `sweep`.
  result<batch> remove_batch(batch_id id);

  // Records, webhooks, receipts (ledger_records.cpp).

  uint64_t new_id() { return take_ids(1); }
  void keep(const record& r);
  /// An original with its bytes: fails when a large one cannot be put in place.
  failure keep_original(const stored_original& x, const content_ref& body);
  /// False: there is none.
  bool forget(size_t kind, std::string_view name);
  void keep(const receipt& r);
  /// What became of the attempt at a delivery that was `before`. Nothing, when that is no longer in the
  /// outbox.
  void record_delivery(const delivery& before, const delivery& after);
  /// One that has ended is tried again at once. False: there is none.
  bool redeliver(const delivery& d);

  // What goes by and by (ledger_sweep.cpp).

  struct retention {
    milliseconds receipts{};
    milliseconds originals{};
    /// Of deliveries that have ended, and of what tells that a batch was there.
    milliseconds traces{};
  };
  /// Erases some of what has had its time, in commits of its own. True: there is more.
  bool sweep(timestamp at, const retention& keep);

  /// Makes a source visible in another notebook. False: there is no such source.
  bool link(notebook_id n, source_id s, std::string notes);
  /// Stages that a failed upload needs its content no more. False: it keeps none.
  bool drop_upload(const item_key& k);
  /// Takes a source out of a notebook; with `force` drops it from everywhere. False: it is not there
  /// (with `force`, its home will do).
  /// Commits by itself what was staged before and what it changes.
  result<bool> remove(notebook_id n, source_id s, bool force);

  /// Writes all that is staged with one sync. On failure nothing of it happened and nothing in memory
  /// remembers it. On success the new events are moved to `events`.
  failure flush(std::vector<event>& events);
  /// Webhooks that got something into the outbox since the last call.
  std::vector<uint64_t> take_told();
  bool staged() const { return !set_->empty(); }

  /// Erases events older than `before`, at most `most` in one call. Returns how many.
  size_t trim_events(timestamp before, size_t most);

private:
  ledger(engine& db, file_store& files, const ledger_options& options);
  failure start();
  failure check_identity();
  failure sweep_acceptances();
  void load_records();
  void know(const webhook& w);
  void unlearn(uint64_t webhook);
  void sweep_rows(const batch& draft, write_set& changes, std::vector<digest>& released);

  uint64_t take_ids(uint64_t count);
  batch* load_batch(batch_id id);
  /// The row as staged or stored; a row that cannot be read is set aside and stands as pending.
  std::optional<item> load_item(const item_key& key);
  item repair_item(const item_key& key, std::string_view bytes);
  item_id id_of(const item_key& key) const;
  void recount(batch& b, const item_key& but);
  void write_item(const item& row);
  /// Those that come by name alone are stored.
  failure check_inputs(std::span<const item_spec> items) const;
  /// The rows of new items, and the counts of their batch.
  failure add_items(batch& b, std::span<const item_spec> items, uint32_t same_as_base, write_set& into);
  result<batch*> steered(batch_id id);
  bool reset_item(item& row, batch& b, retry_plan plan);
  void take_original(item& row);
  void uncount_final(batch& b, item_state was);
  void reopen(batch& b);
  failure keep_input(item& row, const ending& e);
  std::optional<source> own_source(const item& row) const;
  void replace_source(const source& old, const finding& f, const digest& text, timestamp at);
  void tell_webhooks(const event& e, const batch& b);
  bool sweep_removed();
  bool sweep_expired(timestamp at);
  bool sweep_receipts(timestamp before);
  bool sweep_originals(timestamp before);
  bool sweep_traces(timestamp before);
  void write_batch(batch& row);
  /// Writes the event and the batch after it.
  void note(event_kind kind, batch& b);
  void write_event(event e, batch& b);
  void count_final(batch& b, item_state to);
  /// Ends the batch when nothing of it is open or may come.
  void settle_batch(batch& b);
  void finish_batch(batch& b);
  void record_attempt(const ending& e, const item& row);
  ending still_true(const ending& e, const item& row, const batch& b);
  failure settle_item(item& row, batch& b, const ending& e);
  failure leave_source(item& row, const batch& b, const finding& f);
  source_id same_text(notebook_id n, const digest& text);
  failure store_original(const content_ref& body);
  /// Puts an upload in place, owned by its item. Not yet synced rows, a synced file.
  failure store_upload(const item& row, const content_ref& body, batch_id draft, write_set& changes);
  void end_upload(item& row);
  void drop_input(item& row);
  void write_source(const source& row);
  void write_images(source_id s, const std::vector<document::image>& images);
  void remember_url(const item& row, const batch& b, const fetched& original, source_id s);
  void touch_url(const item& row, const batch& b);
  void erase_text(notebook_id n, const source& row);
  failure drop_source(const source& row);
  /// Stages that this user of a content needs it no more.
  static void release(const digest& hash, const std::string& use, write_set& changes,
                      std::vector<digest>& into);
  /// Erases those of the released contents that have no user left. After their release was committed.
  void collect(std::vector<digest> released);
  failure commit();
  void forget_staged();
  void forget_changes();

  engine& db_;
  file_store& files_;
  ledger_options options_;
  uint32_t epoch_ = 0;
  layout::counters next_;
  std::unique_ptr<write_set> set_;
  std::vector<event> events_;
  std::unordered_map<batch_id, batch> batches_;
  /// Batches being accepted, with the counts so far.
  std::unordered_map<batch_id, batch> acceptances_;
  /// What this write set has changed already, for those staged behind it.
  std::unordered_map<item_key, item> items_;
  items_ahead ahead_;
  /// Sources by the keys of their texts, as of this write set; 0: there is none.
  std::unordered_map<std::string, source_id> texts_;
  std::unordered_set<batch_id> dirty_;
  /// Removed by this write set.
  std::unordered_set<batch_id> removed_;
  std::vector<digest> kept_files_;
  std::vector<digest> released_;
  /// Released for good, and not yet looked at: while a copy of the store is made they stay.
  std::vector<digest> uncollected_;
  /// Files put in place for batches that are not accepted yet.
  std::unordered_map<batch_id, std::vector<digest>> uploads_;
  /// Acceptances staged: abandoned like any other should the write fail.
  std::vector<batch_id> accepted_;
  /// By id.
  std::unordered_map<uint64_t, webhook> webhooks_;
  /// Of them: those for all batches, and those of one.
  std::vector<uint64_t> standing_webhooks_;
  std::unordered_map<batch_id, std::vector<uint64_t>> batch_webhooks_;
  std::unordered_set<uint64_t> told_;
  /// Batches that were removed, whose items are still there.
  std::vector<batch_id> unswept_;
};

} // namespace troupe
