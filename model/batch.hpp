#pragma once
/// Notebooks, batches, items, sources, attempts and events: the rows of the store, as plain data.

#include "model/content.hpp"
#include "model/error.hpp"
#include "model/ids.hpp"

#include <optional>
#include <string>
#include <vector>

namespace troupe {

enum class job_type : uint8_t { url_parse, url_parse_media, file_upload };

/// The durable state of an item. A row enters as `pending` with the commit that accepts its batch. The
/// stages in between (fetching, parsing, persisting) are held in memory by the batch's supervisor and
/// never stored: after a crash such an item is `pending` or `retry_wait` again, and nothing it did counts.
enum class item_state : uint8_t {
  /// Waits for its first attempt, or is in it. The supervisor moves it on.
  pending,
  /// An attempt failed in a retryable way; waits until `not_before`. The supervisor moves it on; a crash
  /// leaves it here with its time.
  retry_wait,
  /// Final. Written in one commit with its source, the batch's counts and the event.
  succeeded,
  /// Final: a final error, or the attempt budget used up. Same commit as its counts and event.
  failed,
  /// Final: the caller cancelled it or its batch.
  cancelled,
  /// Final: its deadline passed.
  expired,
};
constexpr bool terminal(item_state s) {
  return s >= item_state::succeeded;
}

/// What the supervisor is doing with an item right now. Volatile: laid over the stored rows in answers.
enum class phase : uint8_t { waiting, fetching, parsing, persisting };

/// The durable state of a batch. The batch's row is the commit point of its acceptance: items whose batch
/// has no row do not exist, and are swept when the node starts.
enum class batch_state : uint8_t {
  /// Accepted; items are pending or in work. The last terminal item moves it on, in that item's commit.
  open,
  /// Cancel was asked for; items not yet terminal become `cancelled`. A crash leaves it here and the
  /// restart goes on cancelling.
  cancelling,
  /// Final: every item succeeded.
  completed,
  /// Final: every item is terminal; some failed, some did not.
  completed_with_errors,
  /// Final: every item is terminal and none succeeded.
  failed,
  /// Final: cancelled before every item was done.
  cancelled,
  /// Final: its deadline passed before every item was done.
  expired,
};
constexpr bool terminal(batch_state s) {
  return s >= batch_state::completed;
}

/// How many items of a batch are in each final state; the rest are not final. Changed only in the commit
/// that changes an item, so that the sums always hold.
struct item_counts {
  uint32_t total = 0;
  uint32_t succeeded = 0;
  uint32_t failed = 0;
  uint32_t cancelled = 0;
  uint32_t expired = 0;
  uint32_t finished() const { return succeeded + failed + cancelled + expired; }
  uint32_t open() const { return total - finished(); }
  friend bool operator==(const item_counts&, const item_counts&) = default;
};

struct notebook {
  notebook_id id{};
  timestamp created{};
};

/// Raised work goes first: 0 is usual, 9 most urgent.
constexpr uint8_t highest_priority = 9;

struct batch_options {
  /// A stored source of the same URL that is younger than this is taken instead of a fetch. None: never.
  std::optional<std::chrono::seconds> max_age;
  /// Of every item; an item's own may raise it further.
  uint8_t priority = 0;
  /// Items in work at once; 0: as many as the server has room for.
  uint32_t max_concurrency = 0;
  /// Nothing of it begins before.
  timestamp not_before{};
  /// What has not ended by then ends as `expired`. The epoch: none.
  timestamp deadline{};
  /// The first item that fails cancels the rest.
  bool cancel_on_error = false;
  /// The batch is removed so long after its end. None: kept.
  std::optional<std::chrono::seconds> expires_after;
  std::vector<std::string> tags;
  friend bool operator==(const batch_options&, const batch_options&) = default;
};

/// Which items of a batch are tried again.
struct retry_plan {
  /// Those that succeeded and those that were cancelled too; otherwise what failed or expired.
  bool all = false;
  /// The stored original is parsed again, without a fetch; an item that has none is fetched.
  bool reparse = false;
};

/// A retry that goes through a batch in steps: the index to go on from, one higher; 0: there is none.
struct retry_mark {
  uint32_t next = 0;
  retry_plan plan;
};

/// What one request submitted.
struct batch {
  batch_id id{};
  notebook_id home{};
  job_type job = job_type::url_parse;
  batch_state state = batch_state::open;
  batch_options options;
  item_counts counts;
  /// Nothing new of it is begun.
  bool paused = false;
  /// It does not end when its items have: more may come until it is sealed.
  bool held = false;
  /// It takes no more items.
  bool sealed = false;
  retry_mark retry;
  /// Its first event: where its part of the log begins.
  event_number first_event{};
  /// Its newest event.
  event_number last_event{};
  timestamp created{};
  timestamp updated{};
};

/// What a client may say about an item, beside what it is.
struct item_options {
  uint8_t priority = 0;
  /// It ends as `expired` when it has not ended by then. The epoch: none.
  timestamp deadline{};
  /// The client's own facts, a JSON object, given back with the item.
  std::string metadata;
};

/// What is asked for: an item before it has an identity.
struct item_spec {
  std::string url;
  /// The client's name for the item, unique in its notebook; empty: the server makes one.
  std::string upload_id;
  /// The client's own word for the item, of whatever form, given back with it.
  std::string custom_id;
  /// Index of an earlier item of the batch with the same URL: this one takes over its outcome.
  std::optional<uint32_t> same_as;
  /// Of a file instead of a URL: its name and its bytes, in memory or spooled.
  std::string filename;
  content_ref body;
  item_options options;
  /// It is not begun before.
  timestamp not_before{};
  /// Set when the item was refused at the door: it is stored as failed and counted.
  failure refused{errc::none, {}, 0, std::nullopt};
};

/// One URL, media URL or file of a batch.
struct item {
  item_key key;
  item_id id{};
  item_state state = item_state::pending;
  std::string url;
  /// The client's upload id; empty when it gave none (see `upload_id`).
  std::string upload_id;
  std::string custom_id;
  std::optional<uint32_t> same_as;
  /// Of an uploaded file: its name and size, and its content as long as the item may need it. The item owns
  /// that content until it ends; a failed one keeps it, to be parsed again.
  std::string filename;
  digest input;
  uint64_t input_size = 0;
  /// Of an input that was fetched: where it came from and what its server called it.
  std::string input_url;
  std::string input_type;
  item_options options;
  /// Attempts that have ended.
  uint32_t attempts = 0;
  /// Of those: made before it was last tried again on request. They do not count against the budget.
  uint32_t forgiven = 0;
  /// Attempts that ended with the death of a parser.
  uint32_t parser_deaths = 0;
  /// While it waits: when the next attempt is due.
  timestamp not_before{};
  /// In `succeeded`: what it left; while it is tried again: what it had left.
  source_id source{};
  /// In `succeeded`: that source was there before.
  bool duplicate = false;
  /// In `failed` (and of the last attempt in `retry_wait`): why.
  failure error{errc::none, {}, 0, std::nullopt};
  /// Of media that failed: what is known of it, a JSON object.
  std::string about;
  /// The event of its end.
  event_number finished{};
  timestamp created{};
  timestamp updated{};
};
/// The upload id shown to clients: the client's own, or one made of the item's number.
std::string upload_id(const item& x);

/// What a finished item leaves in its notebook.
struct source {
  source_id id{};
  notebook_id home{};
  item_id item{};
  std::string url;
  /// Of an uploaded file, instead of a URL.
  std::string filename;
  /// Where redirects led; empty when they led nowhere else.
  std::string final_url;
  std::string title;
  /// The media type of the original, as found in its bytes.
  std::string content_type;
  /// How the text was found, as `html/article`.
  std::string extraction_method;
  /// A JSON object: authors, published, language, description, site, image, canonical URL.
  std::string metadata;
  digest markdown;
  uint64_t markdown_size = 0;
  digest original;
  uint64_t original_size = 0;
  timestamp created{};
  /// When its text last became another.
  timestamp updated{};
};

/// An image of a source's document, linked from its Markdown as `images/NAME`.
struct source_image {
  std::string type;
  digest hash;
  uint64_t size = 0;
};

/// A source and how a notebook holds it.
struct held_source {
  source row;
  bool linked = true;
  std::string notes;
  timestamp linked_at{};
};

/// What a notebook knows of a URL that it has fetched.
struct known_url {
  source_id source{};
  /// Validators of the last answer (RFC 9110 section 8.8), for the next conditional request.
  std::string etag;
  std::string last_modified;
  /// When the answer was last seen to be current.
  timestamp fetched{};
};

/// One try at an item that has ended.
struct attempt {
  attempt_token token;
  timestamp started{};
  timestamp ended{};
  /// `none` for the one that succeeded.
  failure error{errc::none, {}, 0, std::nullopt};
  node_number node = 0;
  /// The node that did the work; empty: the owner itself.
  std::string worker;
};

enum class event_kind : uint8_t {
  batch_accepted,
  attempt_failed,
  item_finished,
  /// Another state.
  batch_changed,
  batch_paused,
  batch_resumed,
  batch_extended,
  batch_sealed,
  /// Items are going to be tried again.
  batch_retried,
  item_retried,
  batch_removed,
};

/// A durable transition, as it is replayed to listeners.
struct event {
  event_number number{};
  event_kind kind = event_kind::batch_accepted;
  notebook_id home{};
  batch_id batch{};
  /// Of an item's events.
  uint32_t index = 0;
  item_id item{};
  item_state item_now = item_state::pending;
  errc code = errc::none;
  source_id source{};
  /// Of every event: the batch after it.
  batch_state batch_now = batch_state::open;
  item_counts counts;
  timestamp at{};
};

/// A place in the order in which the items of a batch ended.
struct end_position {
  event_number event{};
  /// One higher; 0 is before the event.
  uint64_t index = 0;
};

std::string_view name(job_type x);
std::string_view name(item_state x);
std::string_view name(batch_state x);
std::string_view name(phase x);

/// The state with this name, as it is stored. False: there is none.
bool find_state(std::string_view wanted, item_state& into);
bool find_state(std::string_view wanted, batch_state& into);

} // namespace troupe
