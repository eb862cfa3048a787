#include "http/router.hpp"

#include "model/text.hpp"

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

std::pair<std::string_view, std::string_view> parse_target(std::string_view target) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!ascii_lower(target.substr(0, scheme.size())).starts_with(scheme)) continue;
    target.remove_prefix(scheme.size());
    const auto end = std::min(target.find_first_of("/?"), target.size());
    const auto rest = target.substr(end);
    return {target.substr(0, end), rest.starts_with('/') ? rest : "/"};
  }
  return {{}, target};
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
