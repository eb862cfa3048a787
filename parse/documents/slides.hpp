#pragma once
#include "parse/documents/reading.hpp"

namespace troupe::documents {

/// A PresentationML document (ECMA-376 part 1, chapter 19): each slide under its title, text in the order of
/// the shapes, lists by level, tables, chart labels, images, speaker notes as a quote. Fails like `archive`
/// and `parse_xml`.
result<reading> read_slides(std::string_view data, const reading_limits& limits);

} // namespace troupe::documents
