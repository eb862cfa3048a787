#include "http/router.hpp"

namespace troupe::http {
namespace {

std::vector<std::string_view> split(std::string_view path) {
  std::vector<std::string_view> out;
  while (!path.empty()) {
    const auto end = path.find('/');
    if (end != 0) out.push_back(path.substr(0, end));
    if (end == path.npos) break;
    path.remove_prefix(end + 1);
  }
  return out;
}

int nibble(char c) {
  return c >= '0' && c <= '9' ? c - '0' : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10 : -1;
}

} // namespace

router::router(std::vector<route> routes) {
  for (auto& r : routes) {
    compiled c;
    for (const auto part : split(r.pattern))
      c.segments.emplace_back(part);
    c.r = std::move(r);
    routes_.push_back(std::move(c));
  }
}

match router::find(std::string_view method, std::string_view path) const {
  match out;
  const auto parts = split(path);
  for (const auto& c : routes_) {
    if (c.segments.size() != parts.size()) continue;
    bool fits = true;
    std::vector<std::string> arguments;
    for (size_t i = 0; fits && i < parts.size(); ++i) {
      if (c.segments[i] == "{}")
        arguments.push_back(percent_decode(parts[i], false));
      else
        fits = c.segments[i] == parts[i];
    }
    if (!fits) continue;
    out.allowed.push_back(c.r.method);
    if (c.r.method != method) continue;
    out.to = &c.r;
    out.arguments = std::move(arguments);
    break;
  }
  return out;
}

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

std::string_view path_part(std::string_view target) {
  return target.substr(0, target.find('?'));
}

std::map<std::string, std::string> parse_query(std::string_view target) {
  std::map<std::string, std::string> out;
  const auto mark = target.find('?');
  if (mark == target.npos) return out;
  for (auto rest = target.substr(mark + 1); !rest.empty();) {
    const auto end = rest.find('&');
    const auto pair = rest.substr(0, end);
    const auto equals = pair.find('=');
    out.insert_or_assign(percent_decode(pair.substr(0, equals), true),
                         equals == pair.npos ? std::string{} : percent_decode(pair.substr(equals + 1), true));
    rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
  }
  return out;
}

} // namespace troupe::http
