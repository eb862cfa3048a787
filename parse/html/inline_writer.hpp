#pragma once
/// What stands inside a line of Markdown: text, emphasis, code, links, images.

#include "parse/html/dom.hpp"
#include "parse/html/links.hpp"

#include <string>

namespace troupe::html {

/// True when nothing below `n` is a block.
bool all_inline(const node* n);

/// The text below `n` as it stands, line breaks kept.
void collect_raw(const node* n, std::string& out);

class inline_writer {
public:
  /// `base_url`: base of relative links; empty: they stay as they are.
  explicit inline_writer(const std::string& base_url)
      : links_(base_url) {}
  /// Appends the node, or what is below it, to `line`.
  void write(const node* n, std::string& line);
  void children(const node* n, std::string& line);

private:
  void text(std::string_view s, std::string& line) const;
  /// The text of a span inside `line`.
  std::string span(const node* n, const std::string& line);
  /// Marks a span; white space at its edges goes outside, where Markdown wants it.
  void around(const node* n, std::string_view mark, std::string& line);
  void link(const node* n, std::string& line);
  void image(const node* n, std::string& line);

  link_resolver links_;
  /// What stands before the span that is being written.
  char outer_ = ' ';
};

} // namespace troupe::html
