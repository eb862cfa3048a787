#pragma once
/// What the front asks of a node: no CAF, no store, plain questions with answers by callback.
///
/// Every function may be called from any thread and returns at once. Callbacks come on a thread of the
/// store's readers; they may take their time to render what they were given, must not wait for anything, and
/// may call any function. A question that cannot be answered now is answered `overloaded`, one about
/// something that does not exist `not_found`, one that the store cannot read `storage_error`.

#include "model/records.hpp"
#include "model/work.hpp"

#include <functional>

namespace troupe {

/// An item with what is being done with it now; `waiting` when nothing is.
struct item_view {
  item row;
  phase now = phase::waiting;
  /// Of that phase, where it is known.
  uint8_t percent = 0;
};

/// A batch and some of its items, of one moment: the counts agree with the rows.
struct batch_view {
  batch row;
  uint32_t processing = 0;
  std::vector<item_view> items;
  uint32_t pending() const { return row.counts.open() - processing; }
};

struct source_page {
  std::vector<held_source> sources;
  /// Of a notebook; not counted over all of them.
  uint64_t total = 0;
};

struct source_text {
  source row;
  std::string markdown;
};

/// A batch, its first item in `batch.items`, and what that has left.
struct single_view {
  batch_view batch;
  /// `not_found`, unless the item has succeeded.
  result<source_text> text;
};

struct source_bytes {
  source row;
  content_ref bytes;
};

/// Which batches a listing shows.
struct batch_filter {
  /// Notebooks that may be seen; empty: all.
  std::vector<uint64_t> notebooks;
  /// Empty: any state.
  std::vector<batch_state> states;
  timestamp created_after{};
  /// Empty: any.
  std::string tag;
};

/// Batches, newest first.
struct batch_page {
  std::vector<batch_view> batches;
  /// Go on with those before this one; zero: there are no more.
  batch_id next{};
};

/// Which items of a batch a listing shows.
struct item_filter {
  /// Stored state; an item that is in work is `pending` or `retry_wait`.
  std::optional<item_state> state;
  /// Only those in work.
  std::optional<phase> now;
  /// `none`: whatever its error.
  errc error = errc::none;
  /// Host and port of the URL; empty: any.
  std::string host;
  /// Part of the URL, file name or custom id; empty: any.
  std::string text;
};

/// Items in their order.
struct item_list {
  batch row;
  std::vector<item_view> items;
  /// The index to go on from; none: there are no more.
  std::optional<uint32_t> next;
};

/// Items in the order of their ends.
struct result_page {
  batch row;
  std::vector<item> items;
  /// Behind the last one looked at.
  end_position reached;
  /// The batch has ended, and there are no more.
  bool ended = false;
};

/// A stretch of the log.
struct event_page {
  std::vector<event> events;
  /// Looked at up to here, whether or not there was anything for the caller.
  event_number reached{};
  /// The batch has ended, and its last event is among these or before them.
  bool ended = false;
  /// What was asked for begins before the oldest event that is kept.
  bool lost = false;
};

/// Which sources a listing shows.
struct source_filter {
  /// Empty: any type.
  std::string content_type;
  /// Notebooks whose sources may be seen; empty: all.
  std::vector<uint64_t> notebooks;
};

template <class T>
using answer = std::function<void(result<T>)>;

class questions {
public:
  virtual ~questions() = default;

  /// Items from `offset` on, at most `limit`.
  virtual void batch_status(notebook_id n, batch_id id, uint32_t offset, uint32_t limit,
                            answer<batch_view> done) = 0;
  /// A batch of one item that somebody waits for.
  virtual void single(batch_id id, answer<single_view> done) = 0;
  /// The batch alone, of any notebook.
  virtual void find_batch(batch_id id, answer<batch_view> done) = 0;
  virtual void batches(batch_filter f, batch_id before, uint32_t limit, answer<batch_page> done) = 0;
  virtual void items(batch_id id, item_filter f, uint32_t from, uint32_t limit, answer<item_list> done) = 0;
  virtual void find_item(item_id id, answer<item_view> done) = 0;
  virtual void attempts(item_key item, answer<std::vector<attempt>> done) = 0;
  /// Items that have ended, in that order, from behind `after` on.
  virtual void results(batch_id id, end_position after, uint32_t limit, answer<result_page> done) = 0;
  /// Durable events of a notebook after `after`, oldest first; `after` none: from now on.
  virtual void notebook_events(notebook_id n, std::optional<event_number> after, uint32_t limit,
                               answer<event_page> done) = 0;
  virtual void records(record kind, answer<std::vector<record>> done) = 0;
  virtual void find_record(record kind, std::string name, answer<record> done) = 0;
  /// None: there is none, or it has had its time.
  virtual void find_receipt(digest k, answer<std::optional<receipt>> done) = 0;
  virtual void deliveries(uint64_t webhook, uint32_t limit, answer<std::vector<delivery>> done) = 0;
  /// Durable events of a batch after `after`, oldest first.
  virtual void events(batch_id id, event_number after, uint32_t limit, answer<event_page> done) = 0;
  virtual void find_upload(notebook_id n, std::string upload_id, answer<item_view> done) = 0;
  virtual void sources(notebook_id n, uint64_t limit, uint64_t offset, answer<source_page> done) = 0;
  /// Sources of every notebook; each tells whether `n` holds it.
  virtual void all_sources(notebook_id n, uint64_t limit, uint64_t offset, source_filter f,
                           answer<source_page> done) = 0;
  virtual void text(source_id s, answer<source_text> done) = 0;
  virtual void original(source_id s, answer<source_bytes> done) = 0;
  /// An image of the source's document; its type stands in for the source's.
  virtual void image(source_id s, std::string name, answer<source_bytes> done) = 0;
  /// The source as notebook `n` holds it.
  virtual void find_source(notebook_id n, source_id s, answer<held_source> done) = 0;
};

} // namespace troupe
