#pragma once
/// multipart/form-data (RFC 7578, RFC 2046 section 5.1) as it arrives: nothing is held but a part's head and
/// what might be the beginning of a boundary.

#include "model/error.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace troupe::http {

struct part_head {
  std::string name;
  /// As sent, percent-decoded where browsers encode (WHATWG multipart/form-data encoding): not yet a safe
  /// name.
  std::optional<std::string> filename;
  std::string content_type;
};

struct multipart_limits {
  size_t parts = 10'000;
  size_t head_bytes = 16'384;
};

/// Called in order for each part: `begin`, `data` any number of times, `end`. A failure ends the parsing.
struct multipart_events {
  std::function<failure(part_head)> begin;
  std::function<failure(std::string_view)> data;
  std::function<failure()> end;
};

/// One thread. Every failure of its own is `invalid_request`, or `too_large` past a limit.
class multipart_parser {
public:
  multipart_parser(std::string_view boundary, const multipart_limits& limits, multipart_events events);
  failure feed(std::string_view bytes);
  /// After the last bytes: fails when the closing boundary has not come.
  failure finish();

private:
  enum class state : uint8_t { start, delimiter, head, body, epilogue, broken };
  enum class encoding : uint8_t { none, base64, quoted_printable };

  failure step(bool& more);
  failure at_start(bool& more);
  failure after_delimiter(bool& more);
  failure in_head(bool& more);
  failure in_body(bool& more);
  failure header_line(std::string_view line);
  failure deliver(std::string_view bytes);
  failure end_part();

  /// CR LF, two hyphens, the boundary.
  std::string delimiter_;
  multipart_limits limits_;
  multipart_events events_;
  state state_ = state::start;
  std::string pending_;
  /// Of `pending_`: dealt with.
  size_t used_ = 0;
  size_t parts_ = 0;
  bool in_part_ = false;
  part_head head_;
  bool has_disposition_ = false;
  encoding encoding_ = encoding::none;
  std::string undecoded_;
};

/// The boundary in a Content-Type; empty when it is not multipart/form-data or has no usable one.
std::string boundary_of(std::string_view content_type);

/// A file name that is safe to show and to write: no path, no control characters, valid UTF-8, at most 255
/// bytes; `file` when nothing is left.
std::string clean_filename(std::string_view sent);

} // namespace troupe::http
