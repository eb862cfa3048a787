#include "model/time.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <ctime>

namespace troupe {

namespace {

std::chrono::year_month_day date_of(const std::tm& parts) {
  return {std::chrono::year{parts.tm_year + 1900},
          std::chrono::month(static_cast<unsigned>(parts.tm_mon) + 1),
          std::chrono::day(static_cast<unsigned>(parts.tm_mday))};
}

/// Digits where the form has a 0, and else what it has.
bool has_form(std::string_view text, std::string_view form) {
  return text.size() == form.size() && std::equal(text.begin(), text.end(), form.begin(), [](char c, char f) {
           return f == '0' ? c >= '0' && c <= '9' : c == f;
         });
}

} // namespace

timestamp now() {
  return std::chrono::time_point_cast<milliseconds>(std::chrono::system_clock::now());
}

std::string to_rfc3339(timestamp t) {
  const auto days = std::chrono::floor<std::chrono::days>(t);
  const std::chrono::year_month_day date{days};
  const std::chrono::hh_mm_ss time{t - days};
  char text[40];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", int(date.year()),
                unsigned(date.month()), unsigned(date.day()), int(time.hours().count()),
                int(time.minutes().count()), int(time.seconds().count()), int(time.subseconds().count()));
  return text;
}

timestamp parse_rfc3339(std::string_view text) {
  constexpr std::string_view date_and_time = "0000-00-00T00:00:00";
  if (!has_form(text.substr(0, date_and_time.size()), date_and_time)) return {};
  const std::string copy{text};
  std::tm parts{};
  const char* rest = strptime(copy.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
  // strptime takes any day up to the 31st.
  if (!rest || !date_of(parts).ok() || parts.tm_sec > 60) return {};
  timestamp out{std::chrono::seconds{timegm(&parts)}};
  if (*rest == '.') {
    const char* const first = ++rest;
    for (int64_t scale = 100; *rest >= '0' && *rest <= '9'; ++rest, scale /= 10)
      out += milliseconds{(*rest - '0') * scale};
    if (rest == first) return {};
  }
  const auto zone = std::string_view(copy).substr(static_cast<size_t>(rest - copy.c_str()));
  if (zone == "Z") return out;
  if (!has_form(zone, "+00:00") && !has_form(zone, "-00:00")) return {};
  const int hours = std::atoi(rest + 1);
  const int minutes = std::atoi(rest + 4);
  if (hours > 23 || minutes > 59) return {};
  const auto offset = std::chrono::minutes{60 * hours + minutes};
  return zone.front() == '+' ? out - offset : out + offset;
}

std::optional<milliseconds> parse_duration(std::string_view text) {
  int64_t n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  constexpr int64_t most = 1'000'000'000;
  if (error != std::errc{} || n < 0 || n > most) return std::nullopt;
  const std::string_view unit{end, text.data() + text.size()};
  if (unit == "ms") return milliseconds{n};
  if (unit == "s") return std::chrono::seconds{n};
  if (unit == "m") return std::chrono::minutes{n};
  if (unit == "h") return std::chrono::hours{n};
  return std::nullopt;
}

timestamp parse_http_date(std::string_view text) {
  const std::string copy{text};
  for (const char* format :
       {"%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y"}) {
    std::tm parts{};
    const char* end = strptime(copy.c_str(), format, &parts);
    if (end && !*end) return timestamp{std::chrono::seconds{timegm(&parts)}};
  }
  return {};
}

} // namespace troupe
