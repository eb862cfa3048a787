#pragma once
/// URLs that need nothing done to them, which most do not: told, and taken apart, in one pass.

#include <optional>
#include <string_view>

namespace troupe {

/// The parts of `scheme://host[:port]path`.
struct plain_url {
  /// `http` or `https`.
  std::string_view scheme;
  /// A name in lower case, or an IPv4 address of four decimal numbers.
  std::string_view host;
  /// Empty: that of the scheme.
  std::string_view port;
  /// With the query; begins with a slash.
  std::string_view path;
};

/// The parts of a URL that is normal already (see `normalize_url`) and easily seen to be: no user, nothing
/// percent-encoded, no path segment that begins with a dot, no empty query, no character beside the
/// unreserved, the sub-delimiters, `/`, `?`, `:` and `@` (RFC 3986 section 2). None for every other text, URL
/// or not.
std::optional<plain_url> split_plain(std::string_view url);

} // namespace troupe
