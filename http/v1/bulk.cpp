/// One action on everything that a filter matches.
#include "http/callback.hpp"
#include "http/json_text.hpp"
#include "http/v1/v1.hpp"

namespace troupe::http {
namespace {

using json = nlohmann::ordered_json;

json bulk_json(const bulk_action& b) {
  const auto request = json::parse(b.request, nullptr, false);
  json out{{"id", "blk_" + std::to_string(b.id)},
           {"state", b.ended ? "completed" : "running"},
           {"action", request.value("action", "")},
           {"of", request.value("of", "items")},
           {"dry_run", request.value("dry_run", false)},
           {"filter", request.value("filter", json::object())},
           {"matched", b.matched},
           {"done", b.done},
           {"failed", b.failed},
           {"created_at", to_rfc3339(b.created)},
           {"updated_at", to_rfc3339(b.updated)}};
  const auto failures = json::parse(b.failures, nullptr, false);
  out["failures"] = failures.is_array() ? failures : json::array();
  return out;
}

asio::awaitable<response> create(exchange& x) {
  if (x.who.key && !x.who.key->may_write) co_return error_response(403, "forbidden", "the key may not write");
  const auto body = v1_object(x);
  if (!body) co_return error_response(body.error());
  bulk_action b;
  b.request = body->dump();
  b.created = b.updated = now();
  if (x.who.key) b.notebooks = x.who.key->notebooks;
  if (auto f = check_bulk(b.request); f.code != errc::none) co_return error_response(f);
  const auto kept = co_await callback<result<record>>(x, [&](auto done) { x.server.to.keep(b, done); });
  if (!kept) co_return error_response(kept.error());
  const auto& row = std::get<bulk_action>(*kept);
  auto r = json_response(202, dump(bulk_json(row)));
  r.headers.emplace_back("Location", "/v1/bulk/blk_" + std::to_string(row.id));
  co_return r;
}

asio::awaitable<response> get(exchange& x) {
  const auto& name = x.arguments[0];
  const auto missing = fail(errc::not_found, "there is no bulk action \"" + name + '"');
  uint64_t id = 0;
  if (!name.starts_with("blk_") || !parse_id(std::string_view(name).substr(4), id))
    co_return error_response(missing);
  const auto r = co_await callback<result<record>>(
      x, [&](auto done) { x.server.to.ask().find_record(bulk_action{}, std::to_string(id), done); });
  if (!r) co_return error_response(r.error().code == errc::not_found ? missing : r.error());
  const auto& b = std::get<bulk_action>(*r);
  const bool visible = !x.who.key || x.who.key->notebooks.empty() || x.who.key->notebooks == b.notebooks;
  co_return visible ? json_response(200, dump(bulk_json(b))) : error_response(missing);
}

} // namespace

void add_v1_bulk_routes(std::vector<route>& into) {
  into.push_back({"POST", "/v1/bulk", scope::keyed, create});
  into.push_back({"GET", "/v1/bulk/{}", scope::keyed, get});
}

} // namespace troupe::http
