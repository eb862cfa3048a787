#pragma once
/// The type of content, judged by its bytes first.

#include <string>
#include <string_view>

namespace troupe {

enum class media_kind : uint8_t {
  html,
  markdown,
  text,
  json,
  xml,
  csv,
  subtitles,
  mail,
  rtf,
  pdf,
  word,
  slides,
  sheets,
  open_document,
  book,
  /// DOC, PPT and XLS, and encrypted OOXML: in an OLE container.
  legacy_office,
  /// A zip that cannot or should not be opened.
  broken_container,
  /// Audio and video.
  media,
  binary
};

struct media_type {
  media_kind kind = media_kind::binary;
  /// As `text/html`.
  std::string name;
};

/// Judges by the first bytes (after the manner of the WHATWG MIME Sniffing standard, section 7), then by
/// header and file name as hints between kinds of text. An HTML page that claims to be something else is
/// HTML; bytes that are no text are named by libmagic, containers by what is in them.
media_type sniff(std::string_view data, std::string_view content_type, std::string_view url);

} // namespace troupe
