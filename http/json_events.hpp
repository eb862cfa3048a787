#pragma once
/// JSON (RFC 8259) as a stream of events: bodies of any length are read without being held.

#include "model/error.hpp"

#include <cstdint>
#include <cstdio>
#include <string_view>

namespace troupe::http {

/// Receives what a text is made of, in its order. Each is told with true to go on, with false to stop the
/// reading. A view holds until the call returns.
class json_events {
public:
  virtual ~json_events() = default;
  virtual bool null() = 0;
  virtual bool boolean(bool v) = 0;
  virtual bool integer(int64_t v) = 0;
  /// One that is too large for `integer`.
  virtual bool large_integer(uint64_t v) = 0;
  /// Finite. `text`: as it was written.
  virtual bool number(double v, std::string_view text) = 0;
  /// UTF-8, without escapes.
  virtual bool string(std::string_view v) = 0;
  virtual bool key(std::string_view v) = 0;
  virtual bool begin_object() = 0;
  virtual bool end_object() = 0;
  virtual bool begin_array() = 0;
  virtual bool end_array() = 0;
};

/// Why the text is no JSON, with `invalid_request` and the place; `none` when it is, or when the reading was
/// stopped. A byte order mark before it is passed over. Fails as well with a number that no double can be
/// near, and with more than 256 arrays and objects in each other.
failure read_json(std::string_view text, json_events& to);
/// The same of a file, from where it stands, read a block of 64 KiB at a time.
failure read_json(std::FILE* file, json_events& to);

} // namespace troupe::http
