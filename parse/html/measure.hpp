#pragma once
/// How much text, and of what kind, lies below each element.

#include "parse/html/dom.hpp"

#include <vector>

namespace troupe::html {

struct measure {
  /// Characters of text without white space runs; of them in links.
  unsigned text = 0;
  unsigned linked = 0;
  unsigned links = 0;
  /// Paragraph-like blocks, and the text in them.
  unsigned paragraphs = 0;
  unsigned prose = 0;
  unsigned commas = 0;
  unsigned items = 0;
  unsigned inputs = 0;
  unsigned images = 0;
  unsigned headings = 0;

  double link_density() const { return text ? double(linked) / text : 0; }
  unsigned plain() const { return text - linked; }
  void add(const measure& m);
};

/// The measures of every element below a root, taken once.
class measures {
public:
  explicit measures(node* root) { take(root, false); }
  /// Zero for a node that was not there when measures were taken.
  const measure& of(const node* n) const;

private:
  measure take(node* n, bool in_link);
  /// By the numbers of nodes.
  std::vector<measure> all_;
};

/// Characters of a text, white space counted once between words.
unsigned visible_length(std::string_view text);

} // namespace troupe::html
