#pragma once
/// Finds the main content of a page.
///
/// The page is cleaned of what is never content, then candidates are weighed: elements that say they are
/// the content, then paragraph scoring with neighbouring blocks (the scheme of Readability: paragraphs
/// credit their ancestors, links cost), then the whole cleaned body.

#include "parse/html/dom.hpp"

namespace troupe::html {

struct extraction {
  /// The element whose remaining descendants are the content; null when nothing is left.
  node* content = nullptr;
  /// `article` (it says so), `paragraphs` (it scored) or `body`.
  std::string_view method;
};

/// Cleans `t` and chooses. What is not content has been removed from the tree.
extraction extract(tree& t);

} // namespace troupe::html
