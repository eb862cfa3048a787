#pragma once
/// The type of content, judged by its bytes first.

#include <string>
#include <string_view>

namespace troupe {

enum class media_kind : uint8_t { html, markdown, text, json, xml, binary };

struct media_type {
  media_kind kind = media_kind::binary;
  /// As `text/html`.
  std::string name;
};

/// Judges by the first bytes (after the manner of the WHATWG MIME Sniffing standard, section 7), then by
/// header and file name as hints between kinds of text. An HTML page that claims to be something else is
/// HTML; bytes that are no text are `binary`, named by their magic number where it is known.
media_type sniff(std::string_view data, std::string_view content_type, std::string_view url);

} // namespace troupe
