#pragma once
/// Questions to the store. Each call looks at one snapshot, so that what it returns agrees with itself.
/// Any thread; may read from disk.

#include "storage/file_store.hpp"
#include "storage/layout.hpp"

namespace troupe {

/// A batch and a stretch of its items, of one moment.
struct batch_reading {
  batch row;
  std::vector<item> items;
};

/// An item that is not final, with what its notebook already knows of its URL.
struct open_item {
  item row;
  std::optional<known_url> known;
  /// Of an item with `same_as`: that item.
  std::optional<item> original;
};

class catalog {
public:
  catalog(const engine& db, const file_store& files)
      : db_(db)
      , files_(files) {}

  bool has_notebook(notebook_id n) const;
  /// All of them, in order.
  std::vector<uint64_t> notebooks() const;
  std::optional<batch> find_batch(batch_id id) const;
  /// The same without waiting for a disk; none: it cannot be told so.
  std::optional<batch> find_batch_in_memory(batch_id id) const;
  /// The batch, the `limit` items from index `first` on, and those in `also`.
  std::optional<batch_reading> read_batch(batch_id id, uint32_t first, uint32_t limit,
                                          const std::vector<uint32_t>& also,
                                          std::vector<item>& also_items) const;
  /// Batches before `before` that pass `wanted`, newest first; looks at a bounded number of rows. Sets
  /// `before` to the batch to go on from, or to zero at the end.
  std::vector<batch> batches(batch_id& before, uint32_t limit,
                             const std::function<bool(const batch&)>& wanted) const;
  /// Items of a batch from index `first` on that pass `wanted`, at most `limit`; looks at a bounded number of
  /// rows. Sets `first` to the index to go on from; the batch's size at the end.
  std::vector<item> items(const batch& b, uint32_t& first, uint32_t limit,
                          const std::function<bool(const item&)>& wanted) const;
  /// Up to `limit` items from `first` on that are not final; looks at a bounded number of rows, so that few
  /// or none may come back before the end. Sets `first` to the index to go on from. A row that cannot be read
  /// comes with `corrupt_row`.
  std::vector<open_item> open_items(const batch& b, uint32_t& first, uint32_t limit) const;
  /// The same of items that are more urgent than their batch, the most urgent first. `position` is where to
  /// go on; empty at the beginning, and at the end.
  std::vector<open_item> urgent_items(const batch& b, std::string& position, uint32_t limit) const;
  /// Items that have ended, in the order of their ends, from behind `position` on; sets it to the last one
  /// looked at.
  std::vector<item> ended_items(batch_id id, end_position& position, uint32_t limit) const;
  std::optional<item> find_item(item_key k) const;
  std::optional<item> find_item(item_id id) const;
  /// By the client's upload id, or by one that the server made of an item of this notebook.
  std::optional<item> find_upload(notebook_id n, std::string_view upload_id) const;
  /// The batch, or the batch of the item, was there and has been removed.
  bool was_removed(batch_id id) const;
  bool was_removed(item_id id) const;
  std::vector<attempt> attempts(item_key k) const;
  /// Batches that are not final, oldest first.
  std::vector<batch> open_batches() const;

  std::optional<source> find_source(source_id s) const;
  /// The source as this notebook holds it; none when it does not.
  std::optional<held_source> find_source(notebook_id n, source_id s) const;
  /// Sources of a notebook, newest first, and how many there are in all.
  std::vector<held_source> sources(notebook_id n, uint64_t limit, uint64_t offset, uint64_t& total) const;
  /// Sources of all notebooks that pass `wanted`, newest first; `linked` tells of notebook `n`.
  std::vector<held_source> all_sources(notebook_id n, uint64_t limit, uint64_t offset,
                                       const std::function<bool(const source&)>& wanted) const;
  /// The bytes of a Markdown text or an original; none when the content is not stored.
  std::optional<content_ref> content(const digest& hash, uint64_t size) const;

  std::optional<source_image> find_image(source_id s, std::string_view name) const;

  /// Events after `after`, at most `limit`.
  std::vector<event> events(event_number after, size_t limit) const;
  /// Those that pass `wanted`; looks at a bounded number of rows. Sets `after` to the last one looked at.
  std::vector<event> events(event_number& after, size_t limit,
                            const std::function<bool(const event&)>& wanted) const;
  /// The oldest that is kept; when none is, the number that the next one gets.
  event_number oldest_event() const;
  /// The last number that was given, whether or not its event is still kept.
  event_number newest_event() const;

  /// All records of a kind, by name; `kind` holds one of that kind.
  std::vector<record> records(record kind) const;
  std::optional<record> find_record(record kind, std::string_view name) const;
  std::optional<receipt> find_receipt(const digest& k) const;
  /// Deliveries to a webhook that are due by `at`, the oldest first, at most `limit`; `next` is when the
  /// first of the others is due, if there is one.
  std::vector<delivery> due_deliveries(uint64_t webhook, timestamp at, uint32_t limit,
                                       std::optional<timestamp>& next) const;
  /// Deliveries to a webhook: those that have not ended, then those that have, the newest first; at most
  /// `limit` of each.
  std::vector<delivery> deliveries(uint64_t webhook, uint32_t limit) const;
  std::optional<event> find_event(event_number n) const;

  /// Counts the rows of a batch one by one; equal to its counts unless the store is broken.
  item_counts recount(batch_id id) const;
  /// Compares counts, sources and contents of everything stored, row by row. One line per disagreement.
  std::vector<std::string> verify() const;

private:
  event_number next_event(const view& at) const;

  const engine& db_;
  const file_store& files_;
};

} // namespace troupe
