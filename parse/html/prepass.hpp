#pragma once
/// Makes any HTML cheap to parse, in one pass over its bytes.

#include <string>
#include <string_view>

namespace troupe::html {

struct tame_limits {
  /// Open elements; deeper tags are dropped, their text stays. (Parsers take time quadratic in this:
  /// 150,000 nested divs take a minute.)
  unsigned depth = 256;
  /// Attributes of one tag; further ones are dropped.
  unsigned attributes = 48;
  /// Bytes of one attribute's value; longer values are dropped.
  unsigned attribute_bytes = 8'192;
  /// Tags in all; the rest of the document is taken as text.
  unsigned tags = 400'000;
};

/// Returns `html` without comments, scripts (but JSON-LD), styles and other content that carries no text,
/// and within the limits. Takes time linear in its length. `html` is UTF-8; NUL becomes a space.
std::string tame(std::string_view html, const tame_limits& limits = {});

} // namespace troupe::html
