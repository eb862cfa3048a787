#pragma once
/// Where every row is kept and how its key is made. Numbers in keys are big-endian, so that rows lie in
/// the order of their numbers. Values are numbered fields (codec.hpp); the field numbers stand in rows.cpp.
///
///   table       key                                   value
///   meta        "schema"                              version of this layout, decimal
///               "node"                                number of the node that owns the directory, decimal
///               "epoch"                               starts of this node so far, decimal
///               "next"                                counters: next sequence, next event
///   batches     batch:8                               batch; its presence is the acceptance
///   items       batch:8 index:4                       item
///   attempts    batch:8 index:4 number:4              attempt
///   sources     source:8                              source
///   content     sha256:32                             bytes of Markdown or of a small original, packed on
///                                                     disk (packed.hpp); large ones are files (file_store.hpp)
///   events      event:8                               event; the oldest are trimmed
///   quarantine  table:1 key                           the bytes of a row that could not be read
///   index       'n' notebook:8                        notebook
///               'b' notebook:8 batch:8                -
///               'o' batch:8                           - (batch is not final)
///               'a' batch:8                           batch as it is being accepted: its rows are swept
///                                                     at start unless it has a row in `batches`
///               'r' item:8                            item range: batch, first index, count
///               'i' notebook:8 upload id              item key
///               's' notebook:8 source:8               link of a source to a notebook
///               'l' source:8 notebook:8               - (the same link, from the source)
///               'u' notebook:8 job:1 sha256(url):32   known URL: source and validators
///               't' notebook:8 sha256(text):32        source with this Markdown
///               'c' sha256:32 user:8                  - (that source, or item of an upload, uses it)
///               'g' sha256:32                         - (the content has lost a user: if the last, it goes)
///               'm' source:8 name                     image of the source's document
///               'f' batch:8 event:8 index:4           - (this event ended that item: items in the order
///                                                     of their ends; stale unless the item says so; event 0
///                                                     stands for the acceptance)
///               'p' batch:8 9-priority:1 index:4      - (an item more urgent than its batch)
///               'e' due:8 batch:8                     - (the batch is removed then)
///               'd' batch:8                           batch that was removed; its items' ranges stay as
///                                                     long
///               'v' kind:1 name                       record (model/records.hpp)
///               'w' webhook:8 due:8 event:8 progress:1  delivery that has not ended: the outbox
///               'x' webhook:8 event:8 progress:1      delivery that has ended
///               'k' sha256:32                         receipt of a request with an idempotency key
///               'j' time:8 sha256:32                  - (that receipt, by its age)
///
/// Opening checks `schema` and refuses any other version.

#include "model/records.hpp"
#include "storage/engine.hpp"

namespace troupe::layout {

constexpr uint64_t schema_version = 2;

namespace key {
constexpr std::string_view schema = "schema";
constexpr std::string_view node = "node";
constexpr std::string_view epoch = "epoch";
constexpr std::string_view next = "next";

std::string number(uint64_t n);
std::string item(const item_key& k);
std::string attempt(const item_key& k, uint32_t number);
std::string notebook(notebook_id n);
std::string batch_of(notebook_id n, batch_id b);
std::string open_batch(batch_id b);
std::string acceptance(batch_id b);
std::string item_range(item_id first);
std::string upload(notebook_id n, std::string_view upload_id);
std::string link(notebook_id n, source_id s);
std::string linked_to(source_id s, notebook_id n);
std::string url(notebook_id n, job_type job, std::string_view url);
std::string text(notebook_id n, const digest& markdown);
/// A source or, of an upload, an item: they share one space of numbers.
std::string content_use(const digest& hash, source_id s);
std::string content_use(const digest& hash, item_id x);
std::string image(source_id s, std::string_view name);
/// A content that has lost a user: erased when it has no other.
std::string released(const digest& hash);
std::string finished(item_key k, event_number e);
std::string urgent(item_key k, uint8_t priority);
std::string expiry(timestamp due, batch_id b);
std::string removed(batch_id b);
/// `kind` is the place of the type in `record`.
std::string record_named(size_t kind, std::string_view name);
std::string outbox(const delivery& d);
std::string sent(const delivery& d);
std::string receipt(const digest& k);
std::string receipt_age(timestamp made, const digest& k);
std::string quarantined(table t, std::string_view key);

/// The first key behind all that start with `prefix`.
std::string after(std::string_view prefix);
/// The big-endian number in eight bytes at `offset`; 0 when the key is too short.
uint64_t number_at(std::string_view key, size_t offset);
/// The 32 bytes of a digest at `offset`; the empty one when the key is too short.
digest digest_at(std::string_view key, size_t offset);
/// The same in four bytes.
uint32_t number4_at(std::string_view key, size_t offset);
/// The index in the key of an item.
uint32_t index_of(std::string_view item_key);
} // namespace key

struct counters {
  uint64_t sequence = 1;
  uint64_t event = 1;
};

struct item_range {
  batch_id batch{};
  uint32_t first = 0;
  uint32_t count = 0;
};

/// A batch that was removed.
struct tombstone {
  notebook_id home{};
  timestamp removed{};
  /// Its items' rows are gone.
  bool swept = false;
  /// Numbers of its first and last item.
  item_id first{};
  item_id last{};
};

/// A source in a notebook that may be another than the one it was made in.
struct source_link {
  std::string notes;
  timestamp linked{};
};

std::string encode(const counters&);
std::string encode(const item_range&);
std::string encode(const source_link&);
std::string encode(const item_key&);
std::string encode(const notebook&);
std::string encode(const batch&);
std::string encode(const item&);
std::string encode(const attempt&);
std::string encode(const source&);
std::string encode(const known_url&);
std::string encode(const event&);
std::string encode(const source_image&);
std::string encode(const tombstone&);
std::string encode(const record&);
std::string encode(const delivery&);
std::string encode(const receipt&);

/// False when the bytes are not such a row. What a key says (numbers) is filled in by the caller.
bool decode(std::string_view, counters&);
bool decode(std::string_view, item_range&);
bool decode(std::string_view, source_link&);
bool decode(std::string_view, item_key&);
bool decode(std::string_view, notebook&);
bool decode(std::string_view, batch&);
bool decode(std::string_view, item&);
bool decode(std::string_view, attempt&);
bool decode(std::string_view, source&);
bool decode(std::string_view, known_url&);
bool decode(std::string_view, event&);
bool decode(std::string_view, source_image&);
bool decode(std::string_view, tombstone&);
/// A record of the kind that `into` holds.
bool decode(std::string_view, record& into);
bool decode(std::string_view, delivery&);
bool decode(std::string_view, receipt&);

} // namespace troupe::layout
