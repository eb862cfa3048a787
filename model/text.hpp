#pragma once
/// Small operations on text, the same in every locale.

#include <algorithm>
#include <string>
#include <string_view>

namespace troupe {

/// `s` with the letters A to Z in lower case; all other bytes as they are.
inline std::string ascii_lower(std::string_view s) {
  std::string out{s};
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

/// `s` without the white space and control characters at its ends.
inline std::string_view trim(std::string_view s) {
  while (!s.empty() && static_cast<uint8_t>(s.front()) <= ' ')
    s.remove_prefix(1);
  while (!s.empty() && static_cast<uint8_t>(s.back()) <= ' ')
    s.remove_suffix(1);
  return s;
}

/// `s` with its percent-encoding decoded (RFC 3986 section 2.1); with `plus_is_space` as in forms.
std::string percent_decode(std::string_view s, bool plus_is_space = false);

/// The last segment of a URL's path, decoded: what its file is called.
std::string file_name_of(std::string_view url);
/// A file's name as a relative URL: `file_name_of` gives it back.
std::string url_of_file(std::string_view name);

/// A name for an item's Markdown that sorts as its batch does and says what is in it:
/// `000012-Of-the-title.md`.
std::string markdown_file_name(uint32_t index, std::string_view title);

bool is_valid_utf8(std::string_view s);
/// `s` with each byte that is no part of valid UTF-8 replaced by U+FFFD.
std::string valid_utf8(std::string_view s);

} // namespace troupe
