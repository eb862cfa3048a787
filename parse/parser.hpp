#pragma once
/// From bytes to clean Markdown. Same bytes, same document. Any thread; no I/O but what `lay_out` does.

#include "model/work.hpp"
#include "parse/documents/reading.hpp"

#include <functional>

namespace troupe {

/// What this process may not do itself.
enum class conversion : uint8_t {
  /// A PDF to its layout (`documents::pdf_layout_command`).
  pdf_layout,
  /// DOC, PPT and XLS to HTML or plain text (`parse.legacy_converter`).
  legacy_office,
};

struct parse_input {
  std::string_view data;
  /// Base of links, and by its ending a hint of the type.
  std::string_view url;
  /// The header's word, a hint only.
  std::string_view content_type;
  documents::reading_limits limits;
  /// Runs a program on `data` and returns what it writes; none: what needs one fails with `no_converter`.
  std::function<result<std::string>(conversion)> convert;
};

/// Fails with `unsupported_type`, `decode_error`, `empty_content`, `parse_failed`, `too_large`,
/// `unsafe_content`, `unsafe_archive`, `encrypted`, `no_text` or `no_converter`. Of audio and video the type is
/// told, and `document::media`.
result<document> parse_document(const parse_input& input);

/// Prepares a process that parses one document after the other: loads what readers would otherwise open files for
/// when they need it, and has memory kept between documents. Once, before the process is confined.
void warm_up();

} // namespace troupe
