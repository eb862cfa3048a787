#pragma once
#include "parse/documents/reading.hpp"

namespace troupe::documents {

/// Rich Text Format 1.9.1: paragraphs, bold and italic, lists, tables, links, Unicode and code pages; what is
/// not text (fonts, styles, pictures, objects) is passed over. Fails with `parse_failed` when it is no RTF.
result<reading> read_rtf(std::string_view data, const reading_limits& limits);

} // namespace troupe::documents
