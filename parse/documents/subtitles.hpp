#pragma once
#include "parse/documents/reading.hpp"

namespace troupe::documents {

/// WebVTT (W3C) and SubRip cues as paragraphs, each under the time it begins at; markup inside cues is taken
/// off, cues that repeat the one before are left out.
result<reading> read_subtitles(std::string_view utf8, const reading_limits& limits);

} // namespace troupe::documents
