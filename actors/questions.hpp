#pragma once
/// What the front asks of a node: no CAF, no store, plain questions with answers by callback.
///
/// Every function may be called from any thread and returns at once. Callbacks come on a thread of the
/// store's readers; they may take their time to render what they were given, must not wait for anything, and
/// may call any function. A question that cannot be answered now is answered `overloaded`, one about
/// something that does not exist `not_found`, one that the store cannot read `storage_error`.

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

struct source_bytes {
  source row;
  content_ref bytes;
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
