#pragma once
/// libmagic, and its database.

#include <string>
#include <string_view>

namespace troupe {

/// The media type of the first bytes of a file, as `audio/mpeg`; empty when the database is not there. Any
/// thread; each opens the database when it first asks.
std::string magic_name(std::string_view head);

} // namespace troupe
