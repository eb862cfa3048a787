#include "model/text.hpp"

#include <cstdio>

#include <cstdint>
#include <cstring>

namespace troupe {
namespace {

/// Bytes of the character at `i`; 0 when it is none (Unicode 15, table 3-7).
size_t character_at(std::string_view s, size_t i) {
  const auto c = static_cast<uint8_t>(s[i]);
  if (c < 0x80) return 1;
  const size_t more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : 1;
  if (c < 0xc2 || c > 0xf4 || i + more >= s.size()) return 0;
  for (size_t k = 1; k <= more; ++k)
    if ((static_cast<uint8_t>(s[i + k]) & 0xc0) != 0x80) return 0;
  const auto second = static_cast<uint8_t>(s[i + 1]);
  const bool outside = (c == 0xe0 && second < 0xa0) || (c == 0xed && second > 0x9f) ||
                       (c == 0xf0 && second < 0x90) || (c == 0xf4 && second > 0x8f);
  return outside ? 0 : more + 1;
}

/// Bytes of ASCII from `i` on, eight at a time: most text is nothing else.
size_t ascii_at(std::string_view s, size_t i) {
  const auto from = i;
  uint64_t eight = 0;
  for (; i + sizeof eight <= s.size(); i += sizeof eight) {
    std::memcpy(&eight, s.data() + i, sizeof eight);
    if (eight & 0x8080808080808080ull) break;
  }
  return i - from;
}

int nibble(char c) {
  return c >= '0' && c <= '9' ? c - '0' : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10 : -1;
}

} // namespace

std::string percent_decode(std::string_view s, bool plus_is_space) {
  std::string out;
  for (size_t i = 0; i < s.size(); ++i) {
    if (s[i] == '%' && i + 2 < s.size() && nibble(s[i + 1]) >= 0 && nibble(s[i + 2]) >= 0) {
      out += static_cast<char>(nibble(s[i + 1]) * 16 + nibble(s[i + 2]));
      i += 2;
    } else {
      out += plus_is_space && s[i] == '+' ? ' ' : s[i];
    }
  }
  return out;
}

std::string file_name_of(std::string_view url) {
  url = url.substr(0, url.find_first_of("?#"));
  while (url.ends_with("/"))
    url.remove_suffix(1);
  return percent_decode(url.substr(url.rfind('/') + 1));
}

std::string url_of_file(std::string_view name) {
  std::string out;
  for (const char c : name)
    out += c == '%' ? "%25" : c == '#' ? "%23" : c == '?' ? "%3F" : std::string(1, c);
  return out;
}

std::string markdown_file_name(uint32_t index, std::string_view title) {
  constexpr size_t longest = 60;
  char number[16];
  std::snprintf(number, sizeof number, "%06u", index);
  std::string words;
  for (const char c : title) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (plain)
      words += c;
    else if (!words.empty() && words.back() != '-')
      words += '-';
    if (words.size() >= longest) break;
  }
  while (words.ends_with('-'))
    words.pop_back();
  return std::string(number) + (words.empty() ? "" : "-" + words) + ".md";
}

bool is_valid_utf8(std::string_view s) {
  for (size_t i = 0; i < s.size();) {
    i += ascii_at(s, i);
    if (i == s.size()) return true;
    const auto n = character_at(s, i);
    if (n == 0) return false;
    i += n;
  }
  return true;
}

std::string valid_utf8(std::string_view s) {
  std::string out;
  for (size_t i = 0; i < s.size();) {
    const auto n = character_at(s, i);
    out += n == 0 ? std::string_view("\xef\xbf\xbd") : s.substr(i, n);
    i += std::max<size_t>(1, n);
  }
  return out;
}

} // namespace troupe
