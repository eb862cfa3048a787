/// What the commands that talk to a server share.
#include "cli/remote.hpp"

#include "cli/cli.hpp"

#include <algorithm>
#include <iostream>

namespace troupe::cli {

using nlohmann::json;

int complain(const failure& f) {
  std::cerr << "troupe: " << f.text() << "\n";
  return f.code == errc::cancelled ? stopped : f.code == errc::invalid_request ? usage : unavailable;
}

int complain(const reply& r) {
  const auto body = json::parse(r.body, nullptr, false);
  const auto text = [&](const char* name) {
    return body.is_object() && body.contains(name) && body[name].is_string() ? body[name].get<std::string>()
                                                                             : std::string{};
  };
  const auto detail = text("detail");
  std::cerr << "troupe: the server answered " << r.status << " " << text("code") << ": "
            << clean(detail.empty() ? r.body.substr(0, 500) : detail) << "\n";
  return r.status >= 500 || r.status == 429 ? unavailable : usage;
}

std::optional<json> answer_of(const result<reply>& r, int& code) {
  if (!r) {
    code = complain(r.error());
    return std::nullopt;
  }
  if (!r->ok()) {
    code = complain(*r);
    return std::nullopt;
  }
  auto body = r->body.empty() ? json::object() : json::parse(r->body, nullptr, false);
  if (!body.is_discarded()) return body;
  std::cerr << "troupe: the answer is no JSON: is this a Troupe server?\n";
  code = unavailable;
  return std::nullopt;
}

std::string with_query(std::string path, const std::vector<std::pair<const char*, std::string>>& members) {
  for (const auto& [name, value] : members)
    if (!value.empty())
      path += (path.find('?') == path.npos ? "?" : "&") + std::string(name) + "=" + escaped(value);
  return path;
}

std::string batch_of(const std::string& given) {
  const bool number = !given.empty() && given.find_first_not_of("0123456789") == std::string::npos;
  return number ? "bat_" + given : given;
}

bool each_row(const client& server, const std::string& path, unsigned limit, bool all,
              const std::function<void(const json&)>& row, int& code) {
  constexpr unsigned most = 1'000;
  std::string cursor;
  for (unsigned left = all ? most : limit; left > 0;) {
    const auto wanted = std::min(left, most);
    const auto page = answer_of(server.get(path + (path.find('?') == path.npos ? "?" : "&") +
                                           "limit=" + std::to_string(wanted) + cursor),
                                code);
    if (!page) return false;
    for (const auto& x : page->at("data"))
      row(x);
    if (!page->value("has_more", false)) break;
    cursor = "&cursor=" + page->at("next_cursor").get<std::string>();
    if (!all) left -= std::min<unsigned>(left, static_cast<unsigned>(page->at("data").size()));
  }
  return true;
}

} // namespace troupe::cli
