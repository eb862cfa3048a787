#include "parse/html/metadata.hpp"

#include <array>
#include <chrono>
#include <cstdio>
#include <optional>

namespace troupe::html {
namespace {

bool digit(char c) {
  return c >= '0' && c <= '9';
}

/// A number of exactly `least` to `most` digits at `at`; moves past it.
std::optional<int> number(std::string_view s, size_t& at, size_t least, size_t most) {
  size_t end = at;
  int value = 0;
  while (end < s.size() && end - at < most && digit(s[end]))
    value = value * 10 + (s[end++] - '0');
  if (end - at < least || (end < s.size() && digit(s[end]))) return std::nullopt;
  at = end;
  return value;
}

std::string format(int y, int m, int d) {
  const std::chrono::year_month_day date{std::chrono::year{y}, std::chrono::month(unsigned(m)),
                                         std::chrono::day(unsigned(d))};
  if (y < 1970 || y > 2100 || !date.ok()) return {};
  char out[16];
  std::snprintf(out, sizeof out, "%04d-%02d-%02d", y, m, d);
  return out;
}

/// 2024-01-15, 2024/1/15.
std::string iso_at(std::string_view s, size_t at) {
  const auto y = number(s, at, 4, 4);
  if (!y || at >= s.size() || (s[at] != '-' && s[at] != '/' && s[at] != '.')) return {};
  const char separator = s[at++];
  const auto m = number(s, at, 1, 2);
  if (!m || at >= s.size() || s[at++] != separator) return {};
  const auto d = number(s, at, 1, 2);
  return d ? format(*y, *m, *d) : std::string{};
}

int month_at(std::string_view s, size_t& at) {
  static constexpr std::array<std::string_view, 12> months = {"jan", "feb", "mar", "apr", "may", "jun",
                                                              "jul", "aug", "sep", "oct", "nov", "dec"};
  if (at + 3 > s.size()) return 0;
  char three[3];
  for (int i = 0; i < 3; ++i)
    three[i] = static_cast<char>(s[at + i] | 0x20);
  for (size_t m = 0; m < months.size(); ++m) {
    if (months[m] != std::string_view(three, 3)) continue;
    while (at < s.size() && ((s[at] | 0x20) >= 'a' && (s[at] | 0x20) <= 'z'))
      ++at;
    return static_cast<int>(m) + 1;
  }
  return 0;
}

void skip(std::string_view s, size_t& at, std::string_view any) {
  while (at < s.size() && any.find(s[at]) != any.npos)
    ++at;
}

/// January 15th, 2024.
std::string month_first_at(std::string_view s, size_t at) {
  const int m = month_at(s, at);
  if (!m) return {};
  skip(s, at, " .");
  const auto d = number(s, at, 1, 2);
  if (!d) return {};
  skip(s, at, "sthnrd");
  skip(s, at, ", ");
  const auto y = number(s, at, 4, 4);
  return y ? format(*y, m, *d) : std::string{};
}

/// 15 January 2024.
std::string day_first_at(std::string_view s, size_t at) {
  const auto d = number(s, at, 1, 2);
  if (!d) return {};
  skip(s, at, "sthnrd");
  skip(s, at, " .-");
  const int m = month_at(s, at);
  if (!m) return {};
  skip(s, at, " ,.-");
  const auto y = number(s, at, 4, 4);
  return y ? format(*y, m, *d) : std::string{};
}

} // namespace

std::string find_date(std::string_view s) {
  for (size_t at = 0; at < s.size(); ++at) {
    if (at > 0 && digit(s[at]) && digit(s[at - 1])) continue;
    if (auto found = iso_at(s, at); !found.empty()) return found;
    if (auto found = month_first_at(s, at); !found.empty()) return found;
    if (auto found = day_first_at(s, at); !found.empty()) return found;
  }
  return {};
}

} // namespace troupe::html
