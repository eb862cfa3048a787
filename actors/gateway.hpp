#pragma once
/// What the front sees of the actors: no CAF, no store, plain questions with answers by callback.
///
/// Every function may be called from any thread and returns at once. Callbacks come on a thread of the
/// store's readers or of the actors; they may take their time to render what they were given, must not
/// wait for anything, and may call any function. A question that cannot be answered now is answered
/// `overloaded`, one about something that does not exist `not_found`.

#include "model/spool.hpp"
#include "model/work.hpp"

#include <functional>
#include <memory>

namespace troupe {

/// Some or all items of a batch that is being submitted.
struct submission {
  notebook_id home{};
  job_type job = job_type::url_parse;
  batch_options options;
  std::vector<item_spec> items;
  /// Zero in the first part; in further ones the batch that the first part was answered with.
  batch_id part_of{};
  /// This part completes the batch: it is answered when the batch is durable.
  bool last = true;
};

struct submitted {
  failure error{errc::none, {}, 0, std::nullopt};
  batch row;
};

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

/// How the node is doing.
struct node_health {
  bool draining = false;
  uint64_t open_batches = 0;
  uint64_t transfers = 0;
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

/// Turns what a client sent into items: checks each URL, and finds those that the batch has already.
/// One thread. Memory: 16 bytes for each different URL.
class intake {
public:
  struct limits {
    size_t items = 1'000'000;
    size_t url_bytes = 2'048;
    size_t upload_id_bytes = 128;
  };
  /// An element that was refused; it is an item all the same, failed from the start.
  struct refusal {
    uint32_t index = 0;
    std::string url;
    failure reason;
  };
  explicit intake(const limits& l);
  ~intake();

  /// False when the batch is full.
  bool add(std::string_view url, std::string_view upload_id = {});
  /// An uploaded file; its name is clean. An empty one is refused.
  bool add_file(std::string filename, content_ref body, std::string_view upload_id = {});
  /// An element that is no text at all.
  bool refuse(std::string shown, failure reason);
  bool refuse_file(std::string filename, uint64_t size, failure reason);
  size_t count() const { return count_; }
  size_t usable() const { return count_ - refused_; }
  size_t refused() const { return refused_; }
  /// The first refusals, at most 1,000.
  const std::vector<refusal>& refusals() const { return refusals_; }
  /// The items since the last call.
  std::vector<item_spec> take();
  size_t waiting() const { return items_.size(); }

private:
  bool refuse_item(item_spec x, std::string shown, failure reason);

  limits limits_;
  size_t count_ = 0;
  size_t refused_ = 0;
  std::vector<item_spec> items_;
  std::vector<refusal> refusals_;
  struct seen;
  std::unique_ptr<seen> seen_;
};

class gateway {
public:
  virtual ~gateway() = default;

  /// A file for bytes on their way in.
  virtual result<std::unique_ptr<spool>> new_spool() = 0;
  virtual void submit(submission what, std::function<void(submitted)> done) = 0;
  /// Drops the parts of a batch that will not be completed.
  virtual void abandon(batch_id id) = 0;

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

  virtual void cancel(batch_id id, answer<bool> done) = 0;
  /// Ends an item of an open batch; answered once that is durable, whatever the item ended as.
  virtual void cancel_item(item_key item, answer<bool> done) = 0;
  virtual void link(notebook_id n, source_id s, std::string notes, answer<bool> done) = 0;
  virtual void remove(notebook_id n, source_id s, bool force, answer<bool> done) = 0;

  /// Calls `changed` at every news of the batch, until the returned token is dropped. `changed` must not
  /// block.
  virtual std::shared_ptr<void> watch(batch_id id, std::function<void()> changed) = 0;
  virtual node_health health() const = 0;
};

} // namespace troupe
