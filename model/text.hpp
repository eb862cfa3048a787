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

} // namespace troupe
