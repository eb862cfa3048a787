#pragma once
/// Documents that are too long for a message: packed here, unpacked there, carried as a content between.

#include "actors/interfaces.hpp"

namespace troupe {

/// Its texts and images together are longer than `most` bytes.
bool is_long(const parse_result& r, size_t most);
/// The result as it crosses a wire.
content_ref pack(caf::actor_system& sys, const parse_result& r);
/// The result in such bytes, of memory or of a file; an internal error when they are none.
parse_result unpack(caf::actor_system& sys, const content_ref& packed);

} // namespace troupe
