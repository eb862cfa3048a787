#pragma once
/// Writes a document tree as GitHub-flavoured Markdown (GFM specification 0.29).

#include "parse/html/dom.hpp"

#include <string>

namespace troupe::html {

struct markdown_options {
  /// Base of relative links; empty: they stay as they are.
  std::string base_url;
  /// Stop near this many bytes.
  size_t max_bytes = 16u << 20;
};

/// What lies below `top`: headings, paragraphs, nested lists, tables, fenced code with its language,
/// quotes, absolute links and images, emphasis; text is escaped so that it stays text.
std::string to_markdown(const node* top, const markdown_options& options);

} // namespace troupe::html
