#pragma once
/// The form in which contents are kept: packed once, before the log, so that the log, the memtable and the
/// files hold the small form.
///
///   0 bytes                    as they are: packing saved nothing
///   1 size:4 block             an LZ4 block (LZ4 Block Format Description) of so many bytes, big-endian
///
/// That the form is what was written is for the engine's checksums to tell.

#include <optional>
#include <string>
#include <string_view>

namespace troupe::packed {

/// Any thread. More than 1 GiB stays as it is.
std::string pack(std::string_view bytes);
/// None: `form` is none. Any thread.
std::optional<std::string> unpack(std::string_view form);

} // namespace troupe::packed
