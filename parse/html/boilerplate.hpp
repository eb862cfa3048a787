#pragma once
/// What is never the content of a page: navigation, forms, advertisements, what is hidden.

#include "parse/html/dom.hpp"

namespace troupe::html {

/// What the class, id and role of an element say about it.
enum class hint : uint8_t { none, content, boilerplate, comments };
hint hint_of(const node* n);

/// True for what is not shown at all.
bool is_hidden(const node* n);

/// Removes what is never content, guided by element names and hints. An element that holds most of the
/// text of the page stays whatever it is called.
void remove_boilerplate(tree& t, bool keep_comments);

} // namespace troupe::html
