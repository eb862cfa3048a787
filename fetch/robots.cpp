#include "fetch/robots.hpp"

#include "model/text.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace troupe {
namespace {

constexpr size_t most_rules = 20'000;
constexpr double longest_delay_seconds = 60;

/// Blanks of RFC 9309's grammar only: any other byte makes the line no rule.
std::string_view trim_blanks(std::string_view s) {
  while (!s.empty() && (s.front() == ' ' || s.front() == '\t'))
    s.remove_prefix(1);
  while (!s.empty() && (s.back() == ' ' || s.back() == '\t'))
    s.remove_suffix(1);
  return s;
}

/// The product token at the start of a user-agent line: letters, "_" and "-".
std::string product(std::string_view s) {
  size_t n = 0;
  while (n < s.size() && (std::isalpha(static_cast<uint8_t>(s[n])) || s[n] == '_' || s[n] == '-'))
    ++n;
  return ascii_lower(s.substr(0, n));
}

/// Percent-encoding in one form: escapes in upper case, bytes beyond ASCII escaped, and the two characters
/// that mean something in a rule where they do not (RFC 9309 section 2.2.3).
std::string canonical(std::string_view s, bool path = false) {
  std::string out;
  for (size_t i = 0; i < s.size(); ++i) {
    const auto u = static_cast<uint8_t>(s[i]);
    const bool literal = (path && s[i] == '*') || (s[i] == '$' && (path || i + 1 < s.size()));
    if (u >= 0x80 || literal) {
      char hex[4];
      std::snprintf(hex, sizeof hex, "%%%02X", u);
      out += hex;
    } else if (s[i] == '%' && i + 2 < s.size() && std::isxdigit(static_cast<uint8_t>(s[i + 1])) &&
               std::isxdigit(static_cast<uint8_t>(s[i + 2]))) {
      out += '%';
      out += static_cast<char>(std::toupper(s[i + 1]));
      out += static_cast<char>(std::toupper(s[i + 2]));
      i += 2;
    } else {
      out += s[i];
    }
  }
  return out;
}

/// `*` stands for anything, a final `$` for the end. Linear: remembers the last star only.
bool matches(std::string_view pattern, std::string_view path) {
  const bool anchored = pattern.ends_with('$');
  if (anchored) pattern.remove_suffix(1);
  size_t p = 0;
  size_t at = 0;
  size_t star = std::string_view::npos;
  size_t retry = 0;
  for (;;) {
    if (p == pattern.size() && (!anchored || at == path.size())) return true;
    if (p < pattern.size() && pattern[p] == '*') {
      star = ++p;
      retry = at;
    } else if (p < pattern.size() && at < path.size() && pattern[p] == path[at]) {
      ++p;
      ++at;
    } else if (star != std::string_view::npos && retry < path.size()) {
      p = star;
      at = ++retry;
    } else {
      return false;
    }
  }
}

/// `key: value` of a line; "disallow /x" without the colon is a common slip.
bool split(std::string_view line, std::string& key, std::string_view& value) {
  line = trim_blanks(line.substr(0, line.find('#')));
  auto end = line.find(':');
  if (end == line.npos) end = line.find_first_of(" \t");
  if (end == line.npos) return false;
  key = ascii_lower(trim_blanks(line.substr(0, end)));
  value = trim_blanks(line.substr(end + 1));
  return true;
}

} // namespace

robots::robots(std::string_view text, std::string_view agent) {
  const auto wanted = product(agent);
  std::vector<rule> ours;
  std::vector<rule> everyones;
  std::optional<milliseconds> our_delay;
  std::optional<milliseconds> every_delay;
  bool ours_seen = false;
  bool for_us = false;
  bool for_all = false;
  bool in_names = false;
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  while (!text.empty()) {
    const auto end = text.find_first_of("\r\n");
    const auto line = text.substr(0, end);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    std::string key;
    std::string_view value;
    if (!split(line, key, value)) continue;
    if (key == "user-agent" || key == "useragent" || key == "user agent") {
      if (!in_names) for_us = for_all = false;
      in_names = true;
      const bool star = value.starts_with('*') && (value.size() == 1 || value[1] == ' ' || value[1] == '\t');
      for_all = for_all || star;
      for_us = for_us || (!star && !wanted.empty() && product(value) == wanted);
      ours_seen = ours_seen || for_us;
    } else if (key == "allow" || key == "disallow" || key == "dissallow" || key == "disalow") {
      in_names = false;
      if (value.empty()) continue;
      const rule r{key == "allow", canonical(value)};
      if (for_us && ours.size() < most_rules) ours.push_back(r);
      if (for_all && everyones.size() < most_rules) everyones.push_back(r);
    } else if (key == "crawl-delay") {
      in_names = false;
      const double seconds = std::atof(std::string(value).c_str());
      if (!std::isfinite(seconds)) continue;
      const milliseconds delay{static_cast<int64_t>(std::clamp(seconds, 0.0, longest_delay_seconds) * 1000)};
      if (for_us) our_delay = delay;
      if (for_all) every_delay = delay;
    }
  }
  rules_ = ours_seen ? std::move(ours) : std::move(everyones);
  delay_ = ours_seen ? our_delay : every_delay;
}

bool robots::allows(std::string_view path) const {
  const auto wanted = canonical(path.substr(0, path.find('#')), true);
  if (wanted == "/robots.txt") return true;
  const rule* best = nullptr;
  for (const auto& r : rules_) {
    if (!matches(r.pattern, wanted)) continue;
    if (!best || r.pattern.size() > best->pattern.size() ||
        (r.pattern.size() == best->pattern.size() && r.allow))
      best = &r;
  }
  return !best || best->allow;
}

} // namespace troupe
