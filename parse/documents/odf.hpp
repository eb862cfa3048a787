#pragma once
#include "parse/documents/reading.hpp"

namespace troupe::documents {

/// An OpenDocument text, spreadsheet or presentation (OASIS ODF 1.3): headings, lists, tables, links, notes,
/// images; sheets and slides under their names. Fails like `archive` and `parse_xml`, and `encrypted`.
result<reading> read_open_document(std::string_view data, const reading_limits& limits);

} // namespace troupe::documents
