#pragma once
/// Small rows that clients and operators set: keys, sessions, what holds for hosts, webhooks, bulk actions,
/// uploaded originals. Each has a name that is unique in its kind.

#include "model/batch.hpp"

#include <variant>

namespace troupe {

/// A key made through the API; those of the configuration are not stored.
struct access_key {
  /// `key_…`
  std::string id;
  std::string name;
  /// SHA-256 of the key's text, 64 hexadecimal digits.
  std::string sha256;
  /// Notebooks it may touch; empty: all.
  std::vector<uint64_t> notebooks;
  bool may_write = false;
  timestamp created{};
};

/// A browser that has signed in.
struct browser_session {
  /// SHA-256 of the cookie's value, 64 hexadecimal digits.
  std::string sha256;
  /// SHA-256 of the key that it signed in with.
  std::string key_sha256;
  /// What it called itself; shown, no more.
  std::string user;
  timestamp expires{};
};

/// How a host is to be treated beside what the configuration says of all.
struct host_rule {
  /// Host and port as in URLs.
  std::string host;
  /// Transfers at once; none: `fetch.max_per_host`.
  std::optional<uint32_t> max_concurrency;
  /// Between the starts of two transfers; none: `fetch.host_delay_ms`.
  std::optional<milliseconds> delay;
  /// Nothing is fetched from it.
  bool paused = false;
};

/// Who is told of events, by Standard Webhooks 1.0.
struct webhook {
  uint64_t id = 0;
  std::string url;
  /// `whsec_…`, base64 of 24 to 64 bytes.
  std::string secret;
  /// The one before a rotation: signs too until `old_until`.
  std::string old_secret;
  timestamp old_until{};
  /// Types of events; empty: all.
  std::vector<std::string> events;
  /// Of these notebooks; empty: of all.
  std::vector<uint64_t> notebooks;
  /// Of this batch alone.
  batch_id batch{};
  /// Why nothing is sent any more; empty: it is.
  std::string disabled;
  timestamp created{};
};

/// An action on every item or batch that a filter matches.
struct bulk_action {
  uint64_t id = 0;
  /// As the client sent it, JSON.
  std::string request;
  /// Where to go on: the batch looked at, and the index in it.
  batch_id at_batch{};
  uint32_t at_index = 0;
  uint64_t matched = 0;
  uint64_t done = 0;
  uint64_t failed = 0;
  /// The first failures, a JSON array.
  std::string failures;
  bool ended = false;
  /// Notebooks that its maker may see; empty: all.
  std::vector<uint64_t> notebooks;
  timestamp created{};
  timestamp updated{};
};

/// Bytes for later items.
struct stored_original {
  uint64_t id = 0;
  std::string filename;
  std::string content_type;
  digest hash;
  uint64_t size = 0;
  /// Who may use it: the notebooks of the key that brought it; empty: anyone.
  std::vector<uint64_t> notebooks;
  timestamp created{};
};

/// The kinds, as stored: the place of a type in `record`, from 0.
using record = std::variant<access_key, browser_session, host_rule, webhook, bulk_action, stored_original>;

/// What a record is found by: an id, a hash or a host.
std::string name_of(const record& r);

/// What became of sending one event to one webhook.
struct delivery {
  uint64_t webhook = 0;
  event_number event{};
  /// As `batch.completed`.
  std::string type;
  uint32_t attempts = 0;
  /// When it is tried next; of one that has ended, when it ended.
  timestamp next{};
  timestamp created{};
  /// Of the last attempt: the status line's number or 0, and what went wrong.
  uint16_t http_status = 0;
  std::string error;
  bool succeeded = false;
  /// No more attempts are made.
  bool ended = false;
  /// `batch.progress` goes beside the event that it was made of.
  bool progress() const { return type == "batch.progress"; }
};

/// The answer to a request with an `Idempotency-Key`, given again to the same request.
struct receipt {
  /// SHA-256 of the caller and the key.
  digest key;
  /// SHA-256 of the request: method, path, query and body.
  digest fingerprint;
  uint16_t status = 0;
  std::string location;
  std::string content_type;
  std::string body;
  timestamp created{};
};

/// The type of an event as clients see it: `batch.accepted`, `item.succeeded`, …
std::string type_of(const event& e);

} // namespace troupe
