#include "http/cluster/gather.hpp"

#include "http/json_text.hpp"
#include "http/v1/v1.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <sstream>

namespace troupe::http {
namespace {

using json = nlohmann::ordered_json;

/// Where to go on with each owner; 0: from the beginning.
using places = std::map<node_number, uint64_t>;

std::optional<places> read_cursor(const std::string& text) {
  if (!text.starts_with("m")) return std::nullopt;
  places out;
  std::istringstream parts{text.substr(1)};
  for (std::string part; std::getline(parts, part, '-');) {
    uint64_t owner = 0;
    uint64_t at = 0;
    const auto dot = part.find('.');
    if (dot == part.npos || !parse_id(std::string_view(part).substr(0, dot), owner) ||
        owner > max_node_number || !parse_id(std::string_view(part).substr(dot + 1), at))
      return std::nullopt;
    out[static_cast<node_number>(owner)] = at;
  }
  return out;
}

std::string write_cursor(const places& all) {
  std::string out = "m";
  for (const auto& [owner, at] : all)
    out += (out.size() > 1 ? "-" : "") + std::to_string(owner) + "." + std::to_string(at);
  return out;
}

/// The rows of one owner that have not been taken, the newest last.
struct part {
  node_number owner = 0;
  std::vector<json> rows;
  bool has_more = false;
};

part part_of(node_number owner, const std::string& body) {
  part p{.owner = owner};
  const auto page = json::parse(body, nullptr, false);
  if (!page.is_object() || !page.contains("data")) return p;
  p.rows.assign(page["data"].rbegin(), page["data"].rend());
  p.has_more = page.value("has_more", false);
  return p;
}

/// The newest of all parts, `limit` at most; `at` goes on with what was taken.
json merge(std::vector<part>& parts, size_t limit, places& at) {
  auto out = json::array();
  while (out.size() < limit) {
    part* newest = nullptr;
    for (auto& p : parts)
      if (!p.rows.empty() &&
          (!newest || p.rows.back().value("created_at", "") > newest->rows.back().value("created_at", "")))
        newest = &p;
    if (!newest) break;
    at[newest->owner] = raw(parse_batch_name(newest->rows.back().value("id", "")));
    out.push_back(std::move(newest->rows.back()));
    newest->rows.pop_back();
  }
  return out;
}

} // namespace

asio::awaitable<response> gather_batches(exchange& x, const handler& own) {
  const auto limit = v1_limit(x);
  if (!limit) co_return error_response(limit.error());
  places at;
  if (const auto c = x.query.find("cursor"); c != x.query.end()) {
    const auto read = read_cursor(c->second);
    if (!read)
      co_return error_response(
          fail(errc::invalid_request, "cursor: expected next_cursor of an earlier answer"));
    at = *read;
  } else {
    for (const auto owner : x.server.to.others().owners())
      at[owner] = 0;
  }
  bool incomplete = false;
  std::vector<part> parts;
  for (const auto& [owner, from] : at) {
    const auto cursor = from == 0 ? std::string{} : "c" + std::to_string(from);
    std::optional<response> r;
    if (owner == x.server.to.others().own()) {
      x.query.erase("cursor");
      if (!cursor.empty()) x.query["cursor"] = cursor;
      r = co_await own(x);
    } else {
      const auto target = v1_with_cursor(x.target, cursor);
      r = co_await x.server.others.ask(x, owner, target);
    }
    // What is wrong with the request is wrong everywhere.
    if (r && r->status >= 400 && r->status < 500) co_return std::move(*r);
    if (r && r->status == 200 && !r->stream)
      parts.push_back(part_of(owner, r->body));
    else
      incomplete = true;
  }
  json body{{"data", merge(parts, *limit, at)}};
  for (const auto& p : parts)
    if (p.rows.empty() && !p.has_more) at.erase(p.owner);
  const bool more =
      std::any_of(parts.begin(), parts.end(), [](const part& p) { return !p.rows.empty() || p.has_more; });
  body["has_more"] = more;
  if (more) body["next_cursor"] = write_cursor(at);
  if (incomplete) body["incomplete"] = true;
  auto r = json_response(200, dump(body));
  if (more) {
    const auto next = v1_with_cursor(x.target, write_cursor(at));
    r.headers.emplace_back("Link", "<" + next + ">; rel=\"next\"");
  }
  co_return r;
}

} // namespace troupe::http
