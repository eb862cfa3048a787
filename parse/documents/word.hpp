#pragma once
#include "parse/documents/reading.hpp"

namespace troupe::documents {

/// A WordprocessingML document (ECMA-376 part 1, chapter 17; transitional and strict): headings by style or
/// outline level, lists by numbering, tables, links, footnotes, text boxes, formulas as text; tracked
/// deletions are left out. Fails like `archive` and `parse_xml`.
result<reading> read_word(std::string_view data, const reading_limits& limits);

} // namespace troupe::documents
