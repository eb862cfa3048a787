#pragma once
#include "parse/documents/page.hpp"
#include "parse/documents/reading.hpp"
#include "parse/documents/xml.hpp"

namespace troupe::documents {

/// A chart (ECMA-376 part 1, section 21.2) as its part caches it: its title, and a table of series and
/// categories with the values where the chart shows them as labels or `reading_limits::chart_values` asks for
/// them; else the names alone.
void write_chart(const pugi::xml_node& chart_space, page& to, const reading_limits& limits);

} // namespace troupe::documents
