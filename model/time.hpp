#pragma once
/// Points in time, as stored and shown: milliseconds since 1970, UTC.

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace troupe {

using milliseconds = std::chrono::milliseconds;
using timestamp = std::chrono::sys_time<milliseconds>;

/// The wall clock now. Any thread.
timestamp now();

/// RFC 3339 in UTC with milliseconds: `2024-01-15T10:30:00.000Z`.
std::string to_rfc3339(timestamp t);

/// The time in a text of RFC 3339, with any offset; the epoch when it is none.
timestamp parse_rfc3339(std::string_view text);

/// `500ms`, `5s`, `5m`, `2h`; none when the text is anything else.
std::optional<milliseconds> parse_duration(std::string_view text);

/// A date of HTTP (RFC 9110 section 5.6.7) in any of its three forms; the epoch when it is none of them.
timestamp parse_http_date(std::string_view text);

} // namespace troupe
