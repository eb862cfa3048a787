#include "parse/html/markdown_text.hpp"

#include <algorithm>
#include <array>

namespace troupe::html {

namespace {

constexpr auto may_be_markup = [] {
  std::array<bool, 256> out{};
  for (const char c : std::string_view("\\`[]*_&<~"))
    out[static_cast<uint8_t>(c)] = true;
  return out;
}();

} // namespace

std::string escape_markdown(std::string_view s) {
  std::string out;
  out.reserve(s.size());
  for (size_t i = 0; i < s.size(); ++i) {
    const auto plain = i;
    while (i < s.size() && !may_be_markup[static_cast<uint8_t>(s[i])])
      ++i;
    out.append(s, plain, i - plain);
    if (i == s.size()) break;
    const char c = s[i];
    const auto word = [&](size_t k) {
      return k < s.size() && (std::isalnum(static_cast<uint8_t>(s[k])) || (s[k] & 0x80));
    };
    // An underscore inside a word is no emphasis (CommonMark 6.2).
    const bool inner_underscore = c == '_' && i > 0 && word(i - 1) && word(i + 1);
    const bool lonely_star = c == '*' && (i == 0 || s[i - 1] == ' ') && i + 1 < s.size() && s[i + 1] == ' ';
    const auto semicolon = c == '&' ? s.substr(i + 1, 32).find_first_not_of(
                                          "#0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
                                    : s.npos;
    const bool entity = semicolon != s.npos && semicolon > 0 && s[i + 1 + semicolon] == ';';
    const bool tag_like = c == '<' && i + 1 < s.size() && s[i + 1] != ' ';
    if (c == '\\' || c == '`' || c == '[' || c == ']' || (c == '*' && !lonely_star) ||
        (c == '_' && !inner_underscore) || entity || tag_like ||
        (c == '~' && i + 1 < s.size() && s[i + 1] == '~'))
      out += '\\';
    out += c;
  }
  return out;
}

std::string guard_line_start(std::string s) {
  for (size_t at = 0; at < s.size();) {
    const auto end = std::min(s.find('\n', at), s.size());
    const auto line = std::string_view(s).substr(at, end - at);
    const auto digits = line.find_first_not_of("0123456789");
    const bool rule = !line.empty() && (line.find_first_not_of("- ") == line.npos ||
                                        line.find_first_not_of("= ") == line.npos);
    if (line.starts_with("#") || line.starts_with(">") || line.starts_with("+ ") || line.starts_with("- ") ||
        line.starts_with("* ") || line == "+" || line == "*" || line.starts_with("---") ||
        line.starts_with("|") || rule || line.starts_with("~~~"))
      s.insert(at, "\\");
    else if (digits != line.npos && digits > 0 && digits < 10 &&
             (line[digits] == '.' || line[digits] == ')') &&
             (digits + 1 == line.size() || line[digits + 1] == ' '))
      s.insert(at + digits, "\\");
    at = std::min(s.find('\n', at), s.size()) + 1;
  }
  return s;
}

std::string escape_target(const std::string& url) {
  std::string out;
  for (const char c : url) {
    if (c == '(' || c == ')')
      out += c == '(' ? "%28" : "%29";
    else
      out += c;
  }
  return out;
}

std::string trim_right(std::string s) {
  while (!s.empty() && s.back() == ' ')
    s.pop_back();
  return s;
}

size_t longest_run(std::string_view s, char of) {
  size_t longest = 0;
  size_t run = 0;
  for (const char c : s)
    longest = std::max(longest, run = c == of ? run + 1 : 0);
  return longest;
}

} // namespace troupe::html
