#pragma once
#include "parse/documents/reading.hpp"

namespace troupe::documents {

/// A SpreadsheetML document (ECMA-376 part 1, chapter 18): each sheet under its name as a table of the shown
/// values, dates by their format. Fails like `archive` and `parse_xml`.
result<reading> read_sheets(std::string_view data, const reading_limits& limits);

/// Values separated by `,` `;` tab or `|`, whichever the text's first lines agree on, quoted as in RFC 4180.
result<reading> read_csv(std::string_view utf8, const reading_limits& limits);

} // namespace troupe::documents
