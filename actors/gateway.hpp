#pragma once
/// What the front sees of the actors: no CAF, no store. It asks (questions.hpp), and has things done.
///
/// Every function may be called from any thread and returns at once. Callbacks come on a thread of the
/// actors; they must not wait for anything and may call any function. What cannot be done now is answered
/// `overloaded`, what is about something that does not exist `not_found`.

#include "actors/questions.hpp"
#include "model/spool.hpp"

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

/// How the node is doing.
struct node_health {
  bool draining = false;
  uint64_t open_batches = 0;
  uint64_t transfers = 0;
};

/// Turns what a client sent into items: checks each URL, and finds those that the batch has already.
/// One thread. Memory: 16 bytes for each different URL.
class intake {
public:
  struct limits {
    size_t items = 1'000'000;
    size_t url_bytes = 2'048;
    size_t upload_id_bytes = 128;
    size_t custom_id_bytes = 512;
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
  bool add(std::string_view url, std::string_view upload_id = {}, std::string_view custom_id = {});
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

  /// What there is to know.
  virtual questions& ask() = 0;

  virtual void cancel(batch_id id, answer<bool> done) = 0;
  /// Ends an item of an open batch; answered once that is durable, whatever the item ended as.
  virtual void cancel_item(item_key item, answer<bool> done) = 0;
  virtual void link(notebook_id n, source_id s, std::string notes, answer<bool> done) = 0;
  /// Drops the content that a failed upload has kept; false when it keeps none.
  virtual void drop_upload(item_key item, answer<bool> done) = 0;
  virtual void remove(notebook_id n, source_id s, bool force, answer<bool> done) = 0;

  /// Calls `changed` at every news of the batch, until the returned token is dropped. `changed` must not
  /// block.
  virtual std::shared_ptr<void> watch(batch_id id, std::function<void()> changed) = 0;
  virtual node_health health() const = 0;
};

} // namespace troupe
