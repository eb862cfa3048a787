#pragma once
/// What the front sees of the actors: no CAF, no store. It asks (questions.hpp), and has things done.
///
/// Every function may be called from any thread and, unless it says otherwise, returns at once. Callbacks
/// come on a thread of the actors; they must not wait for anything and may call any function. What cannot be
/// done now is answered `overloaded`, what is about something that does not exist `not_found`.

#include "actors/neighbours.hpp"
#include "actors/news.hpp"
#include "actors/questions.hpp"
#include "model/backup.hpp"
#include "model/spool.hpp"

#include <memory>

namespace troupe {

class metrics;

/// What is kept with an acceptance to answer the same request again: its first answer.
struct receipt_plan {
  digest key;
  digest fingerprint;
  /// The answer to the batch as it was accepted: `status`, `location`, `content_type` and `body` are set.
  /// Called on the writer's thread; must be quick.
  std::function<receipt(const batch&)> answer;
};

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
  /// The batch does not end before it is sealed.
  bool held = false;
  /// Zero, or the open batch that these items are added to: all of them, or none.
  batch_id add_to{};
  /// Stored in the accepting commit.
  std::shared_ptr<const receipt_plan> receipt;
  /// Told of this batch alone; stored in the accepting commit. Its `id` and `batch` are set there.
  std::optional<webhook> told;
};

/// What is done with a batch, or with one item of it.
enum class steer : uint8_t { pause, resume, seal, retry, remove };
struct steering {
  batch_id id{};
  steer what = steer::pause;
  /// Of `retry`: what, and, when it is about one item, which.
  retry_plan plan;
  std::optional<uint32_t> index;
};

/// What an item waits for.
struct wait_reason {
  /// Stable: `batch_paused`, `host_delay`, …
  std::string code;
  std::string text;
  /// When that is over, where it is known.
  timestamp until{};
  /// Another item that it waits for.
  std::optional<uint32_t> item;
};

/// What is known of a host now.
struct host_look {
  host_rule rule;
  /// Transfers under way, and batches that wait for one.
  uint64_t active = 0;
  uint64_t waiting_batches = 0;
  /// The rules as they are applied: the host's own, or the configuration's.
  uint64_t max_concurrency = 0;
  milliseconds delay{};
  /// No transfer starts before.
  timestamp held_until{};
};

struct submitted {
  failure error{errc::none, {}, 0, std::nullopt};
  batch row;
};

/// How the node is doing.
struct node_health {
  /// It has recovered its work and takes more.
  bool ready = false;
  /// It takes nothing more.
  bool draining = false;
  uint64_t open_batches = 0;
  uint64_t transfers = 0;
};

/// How another node, or this one, stands.
enum class node_standing : uint8_t { up, draining, away };
std::string_view name(node_standing s);

/// A node as this one knows it.
struct node_view {
  std::string name;
  /// Different at each start.
  std::string instance;
  /// `serve` or `work`.
  std::string role;
  uint32_t number = 0;
  std::string address;
  std::string version;
  node_standing state = node_standing::up;
  /// Of one that is away: why, as far as it is known.
  std::string reason;
  /// It is in this state since then, as seen from here.
  timestamp since{};
  /// What it has room for, all nodes together.
  uint32_t transfers = 0;
  uint32_t window = 0;
  bool media = false;
  /// It is this one.
  bool here = false;
  /// Orders of this node: there now, done there since this node's start, and lost with it.
  uint64_t in_flight = 0;
  uint64_t done = 0;
  uint64_t lost = 0;
};

/// Why a bulk action cannot be carried out as asked for (JSON, see bulk.hpp); `none`: it can.
failure check_bulk(std::string_view request);

/// A URL as it is fetched. Fails with `invalid_url`, `unsupported_scheme` or `url_too_long`.
result<std::string> usable_url(std::string_view text, size_t longest);

/// Turns what a client sent into items: checks each URL, and finds those that the batch has already.
/// One thread. Memory: 20 to 60 bytes for each different URL, the most while its table grows.
class intake {
public:
  struct limits {
    size_t items = 1'000'000;
    size_t url_bytes = 2'048;
    size_t upload_id_bytes = 128;
    size_t custom_id_bytes = 512;
    size_t metadata_bytes = 4'096;
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
  /// An item with all that its client said about it: its URL as sent, or a file's name and bytes.
  bool add(item_spec&& x);
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
  /// The items since the last call; room is made for so many as come next.
  std::vector<item_spec> take(size_t next = 0);
  size_t waiting() const { return items_.size(); }
  /// Of those: what they hold in memory beside their fixed size, in bytes.
  size_t waiting_bytes() const { return bytes_; }

private:
  failure judge(const item_spec& x) const;
  bool refuse_item(item_spec x, std::string shown, failure reason);
  void keep(item_spec&& x);

  limits limits_;
  size_t count_ = 0;
  size_t refused_ = 0;
  std::vector<item_spec> items_;
  size_t bytes_ = 0;
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
  /// Answers the batch as it is then. Fails with what stands in the way: `batch_ended`, `batch_open`,
  /// `batch_sealed`, `in_progress`, `gone`.
  virtual void steer_batch(steering what, answer<batch> done) = 0;
  virtual void why(item_key item, answer<wait_reason> done) = 0;
  virtual void look_at_host(std::string host, answer<host_look> done) = 0;

  /// Stores a record; one without an id is given one. What it says holds when it is answered.
  virtual void keep(record r, answer<record> done) = 0;
  /// An original with its bytes.
  virtual void keep_original(stored_original x, content_ref body, answer<record> done) = 0;
  /// False: there is none of this kind and name.
  virtual void forget(size_t kind, std::string name, answer<bool> done) = 0;
  virtual void keep_receipt(receipt r, answer<bool> done) = 0;
  /// Sends an event that was sent, or given up, again; false: there is no such delivery.
  virtual void redeliver(delivery d, answer<bool> done) = 0;

  /// Ends an item of an open batch; answered once that is durable, whatever the item ended as.
  virtual void cancel_item(item_key item, answer<bool> done) = 0;
  virtual void link(notebook_id n, source_id s, std::string notes, answer<bool> done) = 0;
  /// Drops the content that a failed upload has kept; false when it keeps none.
  virtual void drop_upload(item_key item, answer<bool> done) = 0;
  virtual void remove(notebook_id n, source_id s, bool force, answer<bool> done) = 0;

  /// Calls `changed` at such news of the batch, until the returned token is dropped. `changed` must not
  /// block.
  virtual std::shared_ptr<void> watch(batch_id id, news what, std::function<void()> changed) = 0;
  /// The same, at events of any batch.
  virtual std::shared_ptr<void> watch_all(std::function<void()> changed) = 0;
  virtual node_health health() const = 0;

  /// What the node and its front count and measure.
  virtual metrics& meter() = 0;
  /// Reads what is only told when it is asked for into the metrics. May wait for the disk: for a worker's
  /// thread.
  virtual void measure() = 0;

  /// Called with records that another node has changed, and whether they are gone, on any thread; until it is
  /// called with none.
  virtual void on_record(std::function<void(const record&, bool gone)> call) = 0;
  /// The other serving nodes.
  virtual neighbours& others() = 0;
  /// The nodes of the cluster, this one first.
  virtual std::vector<node_view> nodes() = 0;
  /// Has a node finish what it has in hand and end, as SIGTERM does; false: there is none of this name that
  /// can be reached.
  virtual void drain_node(std::string name, answer<bool> done) = 0;

  /// Copies of the whole store, made beside its work; see backup_keeper. These may wait for the disk.
  virtual result<backup> begin_backup() = 0;
  /// Newest first, with the running and the last failed one.
  virtual std::vector<backup> backups() = 0;
  /// False: there is none that is complete.
  virtual bool remove_backup(const std::string& id) = 0;
};

} // namespace troupe
