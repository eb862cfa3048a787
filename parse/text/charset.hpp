#pragma once
/// From any encoding to UTF-8.

#include <string>
#include <string_view>

namespace troupe {

/// The encoding of `data`, as an ICU converter name: byte order mark, then the header's charset, then (for
/// HTML) the meta element, then UTF-8 if it is valid UTF-8, then statistics, then windows-1252. Labels that
/// name a subset are widened as the WHATWG Encoding standard says (latin1 is windows-1252).
std::string detect_charset(std::string_view data, std::string_view content_type, bool html);

/// `data` as UTF-8, without byte order mark; what cannot be decoded becomes U+FFFD. An unknown charset is
/// taken as windows-1252.
std::string to_utf8(std::string_view data, const std::string& charset);

/// Loads what converters would otherwise open files for. Before the process is confined.
void warm_up_charsets();

} // namespace troupe
