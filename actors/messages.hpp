#pragma once
/// What actors say to each other, as plain data; how it crosses a wire: wire_types.hpp.

#include "actors/gateway.hpp"
#include "storage/catalog.hpp"
#include "storage/ledger.hpp"

namespace troupe {

/// A page, or why there is none.
struct fetch_result {
  failure error{errc::none, {}, 0, std::nullopt};
  fetched page;
};

/// A document, or why there is none.
struct parse_result {
  failure error{errc::none, {}, 0, std::nullopt};
  document text;
  /// Of media found behind a page: what stands for the page as the original.
  content_ref original;
  /// Of media that failed: what is known of it (`media_facts::metadata`).
  std::string about;
};

/// What is said in media, or why that is not known; `words.about` is there either way.
struct listen_result {
  failure error{errc::none, {}, 0, std::nullopt};
  transcript words;
};

/// What the store made of an ending, or why it could not.
struct persist_result {
  failure error{errc::none, {}, 0, std::nullopt};
  outcome what;
};

/// An item that waits for a transfer from a host.
struct wanted_turn {
  uint32_t index = 0;
  std::string host;
  /// Before the batch's other items for this host: it has begun already.
  bool first = false;
  uint8_t priority = 0;
  /// It is of media: not every node can do that.
  bool media = false;
  /// The place where it failed before.
  std::optional<uint32_t> not_at;
};

/// A document from another node, or why there is none. What is too long for a message lies there: `rest`
/// names it, a parse_result as it crosses a wire, and `result` is empty.
struct parse_answer {
  parse_result result;
  content_ref rest;
  /// The bytes that were parsed, when they lie there and are short.
  content_ref original;
};

/// A node as it shows itself to others.
struct node_card {
  std::string name;
  std::string instance;
  /// `serve` or `work`.
  std::string role;
  uint32_t number = 0;
  std::string address;
  std::string version;
  /// What it has room for, all nodes together.
  uint32_t transfers = 0;
  uint32_t window = 0;
  /// It can find and transcribe media.
  bool media = false;
  /// It takes no more.
  bool draining = false;
  /// Where the serving nodes that it knows can be dialled.
  std::vector<std::string> serving;
};

/// How far a batch's open items have been read.
struct reading_mark {
  /// Where to go on with those that are more urgent than their batch; none: they have all been read.
  std::optional<std::string> urgent = std::string{};
  /// The index to go on from with all of them.
  uint32_t next = 0;
};

/// A stretch of a batch's open items, and where to go on.
struct item_page {
  std::vector<open_item> items;
  reading_mark reached;
};

/// What is to be sent to a webhook now.
struct due_page {
  /// None: there is no such webhook.
  std::optional<webhook> to;
  /// With the event; none when the log keeps it no more.
  std::vector<std::pair<delivery, std::optional<event>>> due;
  /// When the next of the others is due.
  std::optional<timestamp> next;
};

/// An item, or, without an index, a batch that a bulk action is about.
struct bulk_target {
  batch_id batch{};
  std::optional<uint32_t> index;
  item_id item{};
};

/// What a bulk action matches next, and where to go on.
struct bulk_page {
  std::vector<bulk_target> targets;
  batch_id at_batch{};
  uint32_t at_index = 0;
  bool ended = false;
};

/// A batch after something was done with it, or why that was not done.
struct steered {
  failure error{errc::none, {}, 0, std::nullopt};
  batch row;
};

/// A record as it was stored, or why it was not.
struct kept {
  failure error{errc::none, {}, 0, std::nullopt};
  record row;
};

} // namespace troupe
