#pragma once
/// Every way an item can fail, in one table: its stage, its stable code, its text, whether it is retried.

#include "model/time.hpp"

#include <boost/system/result.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace troupe {

/// The stage of an item, or where else a failure arose.
enum class stage : uint8_t { accept, fetch, parse, persist, batch };

enum class errc : uint8_t {
  none,
  // accept
  invalid_url,
  unsupported_scheme,
  url_too_long,
  invalid_request,
  upload_id_taken,
  // fetch
  blocked_address,
  robots_denied,
  dns_failure,
  connect_refused,
  connect_timeout,
  tls_error,
  read_timeout,
  stalled,
  connection_reset,
  truncated_body,
  protocol_error,
  too_many_redirects,
  bad_redirect,
  http_4xx,
  http_429,
  http_5xx,
  http_other,
  too_large,
  fetch_failed,
  // parse
  unsupported_type,
  decode_error,
  empty_content,
  parse_failed,
  parse_crashed,
  parse_timeout,
  parse_memory,
  no_media,
  no_transcript,
  unsafe_content,
  unsafe_archive,
  encrypted,
  no_text,
  no_converter,
  // persist
  storage_full,
  storage_error,
  corrupt_row,
  // batch
  worker_died,
  node_lost,
  deadline_exceeded,
  cancelled,
  not_found,
  overloaded,
  internal_error,
  batch_ended,
  batch_open,
  batch_sealed,
  in_progress,
  gone,
  limit_reached,
  notebook_full,
  count_,
};

/// A row of the error table.
struct error_info {
  errc code;
  stage at;
  /// Stable name, shown to clients as `code`.
  std::string_view name;
  /// One sentence for people, shown when a failure carries no text of its own.
  std::string_view text;
  /// True when another attempt may succeed; the attempt budget and the backoff decide the rest.
  bool retryable;
};

/// The whole table, in the order of the enum; `none` first.
std::span<const error_info> error_table();
const error_info& info(errc code);
/// The code with this stable name; `internal_error` when there is none.
errc errc_from_name(std::string_view name);
std::string_view name(stage s);

/// A failure with its circumstances.
struct failure {
  errc code = errc::internal_error;
  /// What happened here, for people; empty stands for the table's text.
  std::string message;
  /// The status line's number when a server answered, else 0.
  uint16_t http_status = 0;
  /// How long the server asked to be left alone (`Retry-After`), when it did.
  std::optional<milliseconds> retry_after;

  bool retryable() const { return info(code).retryable; }
  std::string_view text() const { return message.empty() ? info(code).text : std::string_view{message}; }
  friend bool operator==(const failure&, const failure&) = default;
};

/// Shorthand for a failure with a text of its own.
failure fail(errc code, std::string message = {});

/// A value or the failure that stood in its way.
template <class T>
using result = boost::system::result<T, failure>;

[[noreturn]] void throw_exception_from_error(const failure& f, const boost::source_location& where);

} // namespace troupe
