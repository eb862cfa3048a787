#include "http/v1/v1.hpp"

#include "http/callback.hpp"
#include "http/json_text.hpp"
#include "http/json_tree.hpp"
#include "http/query.hpp"

namespace troupe::http {
namespace {

constexpr uint64_t usual_page = 100;

} // namespace

std::vector<route> v1_routes() {
  std::vector<route> all;
  add_v1_batch_routes(all);
  add_v1_item_routes(all);
  add_v1_event_routes(all);
  add_v1_create_routes(all);
  add_v1_result_routes(all);
  add_v1_key_routes(all);
  add_v1_host_routes(all);
  add_v1_bulk_routes(all);
  add_v1_webhook_routes(all);
  add_v1_original_routes(all);
  add_v1_backup_routes(all);
  add_v1_node_routes(all);
  return all;
}

result<uint32_t> v1_limit(const exchange& x) {
  const auto limit = query_number(x, "limit", usual_page, v1_longest_page);
  if (!limit) return limit.error();
  if (*limit == 0) return fail(errc::invalid_request, "limit: expected 1 to 1000");
  return static_cast<uint32_t>(*limit);
}

result<uint64_t> v1_cursor(const exchange& x, uint64_t initial) {
  const auto it = x.query.find("cursor");
  if (it == x.query.end()) return initial;
  uint64_t at = 0;
  if (!it->second.starts_with("c") || !parse_id(std::string_view(it->second).substr(1), at))
    return fail(errc::invalid_request, "cursor: expected next_cursor of an earlier answer");
  return at;
}

std::string v1_with_cursor(std::string_view target, const std::string& cursor) {
  const auto mark = target.find('?');
  std::string out{target.substr(0, mark)};
  char before = '?';
  const auto add = [&](std::string_view pair) { out.append(1, std::exchange(before, '&')).append(pair); };
  if (!cursor.empty()) add("cursor=" + cursor);
  for (auto rest = mark == target.npos ? std::string_view{} : target.substr(mark + 1); !rest.empty();) {
    const auto end = std::min(rest.find('&'), rest.size());
    if (const auto pair = rest.substr(0, end); !pair.starts_with("cursor=")) add(pair);
    rest.remove_prefix(std::min(rest.size(), end + 1));
  }
  return out;
}

response v1_page(const exchange& x, nlohmann::ordered_json data, std::optional<uint64_t> next) {
  nlohmann::ordered_json body{{"data", std::move(data)}, {"has_more", next.has_value()}};
  if (!next) return json_response(200, dump(body));
  const auto cursor = "c" + std::to_string(*next);
  body["next_cursor"] = cursor;
  auto r = json_response(200, dump(body));
  r.headers.emplace_back("Link", "<" + v1_with_cursor(x.target, cursor) + ">; rel=\"next\"");
  return r;
}

asio::awaitable<result<batch_view>> v1_batch(exchange& x) {
  const auto& name = x.arguments[0];
  const auto missing = [&name] { return fail(errc::not_found, "there is no batch \"" + name + "\""); };
  const auto id = parse_batch_name(name);
  if (id == batch_id{}) co_return missing();
  auto v =
      co_await callback<result<batch_view>>(x, [&](auto done) { x.server.to.ask().find_batch(id, done); });
  if (v && !x.who.may_see(v->row.home)) co_return missing();
  co_return v;
}

asio::awaitable<result<item_view>> v1_item(exchange& x) {
  const auto& name = x.arguments[0];
  const auto missing = [&name] { return fail(errc::not_found, "there is no item \"" + name + "\""); };
  const auto id = parse_item_name(name);
  if (id == item_id{}) co_return missing();
  auto v = co_await callback<result<item_view>>(x, [&](auto done) { x.server.to.ask().find_item(id, done); });
  if (!v) co_return v;
  const auto b = co_await callback<result<batch_view>>(
      x, [&](auto done) { x.server.to.ask().find_batch(v->row.key.batch, done); });
  if (!b || !x.who.may_see(b->row.home)) co_return missing();
  co_return v;
}

json_body v1_object(exchange& x) {
  using nlohmann::json;
  // Two bytes for each of a text's that have to be escaped, and some room for the rest.
  const auto most = 2 * static_cast<uint64_t>(x.server.options.limits.text_bytes) + 65'536;
  if (x.body.size() > most) return {nullptr, fail(errc::too_large, "the body is too long for one object")};
  if (x.body.size() == 0) return {std::make_shared<const json>(json::object())};
  json body;
  const auto f =
      x.body.spooled() ? read_json_value(x.body.file(), body) : read_json_value(x.body.text(), body);
  if (f.code != errc::none || !body.is_object())
    return {nullptr, fail(errc::invalid_request, "the body: expected a JSON object")};
  return {std::make_shared<const json>(std::move(body))};
}

result<retry_plan> v1_retry_plan(exchange& x) {
  const auto body = v1_object(x);
  if (!body) return body.error();
  const auto items = body->value("items", nlohmann::json("failed"));
  const auto stage = body->value("stage", nlohmann::json("fetch"));
  if (items != "failed" && items != "all")
    return fail(errc::invalid_request, "items: expected \"failed\" or \"all\"");
  if (stage != "fetch" && stage != "parse")
    return fail(errc::invalid_request, "stage: expected \"fetch\" or \"parse\"");
  return retry_plan{items == "all", stage == "parse"};
}

std::optional<response> v1_refuse_write(const exchange& x, notebook_id n) {
  if (x.who.may_write(n)) return std::nullopt;
  return error_response(403, "forbidden", "the key may not write to notebook " + std::to_string(raw(n)));
}

} // namespace troupe::http
