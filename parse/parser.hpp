#pragma once
/// From bytes to clean Markdown. Pure: same bytes, same document. Any thread; no I/O.

#include "model/work.hpp"

namespace troupe {

struct parse_input {
  std::string_view data;
  /// Base of links, and by its ending a hint of the type.
  std::string_view url;
  /// The header's word, a hint only.
  std::string_view content_type;
  size_t max_markdown_bytes = 16u << 20;
};

/// Fails with `unsupported_type`, `decode_error`, `empty_content`, `parse_failed` or `too_large`.
result<document> parse_document(const parse_input& input);

} // namespace troupe
