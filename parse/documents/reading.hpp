#pragma once
/// What readers of documents are given and what they leave.

#include "model/work.hpp"
#include "parse/html/dom.hpp"
#include "parse/html/metadata.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace troupe::documents {

struct reading_limits {
  size_t max_markdown_bytes = 16u << 20;
  /// Of one sheet or table; what lies beyond is left out and said so.
  size_t max_rows = 50'000;
  size_t max_columns = 500;
  /// Embedded images kept; 0: none.
  size_t max_images = 200;
  size_t max_image_bytes = 20u << 20;
  /// Values of charts that show none beside their points, too.
  bool chart_values = false;
};

using image = document::image;

/// A document as clean Markdown.
struct reading {
  std::string markdown;
  html::metadata about;
  /// How it was read, as `docx`.
  std::string method;
  std::vector<image> images;
};

} // namespace troupe::documents
