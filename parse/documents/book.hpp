#pragma once
#include "parse/documents/reading.hpp"

namespace troupe::documents {

/// An EPUB 2 or 3 publication: the documents of its spine in order, as Markdown one after the other. Fails
/// like `archive` and `parse_xml`, and `encrypted` when its content is under rights management.
result<reading> read_book(std::string_view data, const reading_limits& limits);

} // namespace troupe::documents
