/// Webhooks: who is told of what, and what became of it.
#include "actors/event_json.hpp"
#include "http/callback.hpp"
#include "http/json_text.hpp"
#include "http/v1/options.hpp"
#include "http/v1/v1.hpp"

#include "model/secrets.hpp"

namespace troupe::http {
namespace {

using json = nlohmann::ordered_json;

const size_t webhook_kind = record{webhook{}}.index();

std::string name_of_webhook(uint64_t id) {
  return "whk_" + std::to_string(id);
}

json webhook_json(const webhook& w, bool with_secret = false) {
  json out{{"id", name_of_webhook(w.id)}, {"url", w.url}, {"enabled", w.disabled.empty()}};
  if (!w.disabled.empty()) out["disabled_reason"] = w.disabled;
  out["events"] = w.events;
  out["notebooks"] = w.notebooks;
  if (w.batch != batch_id{}) out["batch"] = batch_name(w.batch);
  out["created_at"] = to_rfc3339(w.created);
  if (w.old_until > now()) out["old_secret_until"] = to_rfc3339(w.old_until);
  if (with_secret) out["secret"] = w.secret;
  return out;
}

json delivery_json(const delivery& d) {
  json out{{"id", delivery_name(d)}, {"type", d.type},
           {"event", raw(d.event)},  {"state", d.succeeded ? "succeeded" : d.ended ? "failed" : "pending"},
           {"attempts", d.attempts}, {"created_at", to_rfc3339(d.created)}};
  out[d.ended ? "ended_at" : "next_attempt_at"] = to_rfc3339(d.next);
  if (d.http_status) out["http_status"] = d.http_status;
  if (!d.error.empty()) out["error"] = d.error;
  return out;
}

/// A key that is bound to notebooks has to do with webhooks of those alone.
bool may_touch(const exchange& x, const webhook& w) {
  if (!x.who.key || x.who.key->notebooks.empty()) return true;
  return !w.notebooks.empty() && std::all_of(w.notebooks.begin(), w.notebooks.end(),
                                             [&](uint64_t n) { return x.who.may_see(notebook_id{n}); });
}

asio::awaitable<result<webhook>> find(exchange& x) {
  const auto& name = x.arguments[0];
  const auto missing = fail(errc::not_found, "there is no webhook \"" + name + '"');
  uint64_t id = 0;
  if (!name.starts_with("whk_") || !parse_id(std::string_view(name).substr(4), id)) co_return missing;
  const auto r = co_await callback<result<record>>(
      x, [&](auto done) { x.server.to.ask().find_record(webhook{}, std::to_string(id), done); });
  if (!r) co_return r.error().code == errc::not_found ? missing : r.error();
  const auto& w = std::get<webhook>(*r);
  if (!may_touch(x, w)) co_return missing;
  co_return w;
}

std::optional<response> refuse_write(const exchange& x) {
  if (!x.who.key || x.who.key->may_write) return std::nullopt;
  return error_response(403, "forbidden", "the key may not write");
}

asio::awaitable<response> keep(exchange& x, webhook w, unsigned status, bool with_secret) {
  const auto kept = co_await callback<result<record>>(x, [&](auto done) { x.server.to.keep(w, done); });
  if (!kept) co_return error_response(kept.error());
  const auto& row = std::get<webhook>(*kept);
  auto r = json_response(status, dump(webhook_json(row, with_secret)));
  if (status == 201) r.headers.emplace_back("Location", "/v1/webhooks/" + name_of_webhook(row.id));
  co_return r;
}

asio::awaitable<result<std::vector<webhook>>> all_seen(exchange& x) {
  const auto all = co_await callback<result<std::vector<record>>>(
      x, [&](auto done) { x.server.to.ask().records(webhook{}, done); });
  if (!all) co_return all.error();
  std::vector<webhook> out;
  for (const auto& r : *all)
    if (const auto& w = std::get<webhook>(r); may_touch(x, w)) out.push_back(w);
  co_return out;
}

/// Its secret is told here and at a rotation, and never again.
asio::awaitable<response> create(exchange& x) {
  if (auto no = refuse_write(x)) co_return std::move(*no);
  const auto body = v1_object(x);
  if (!body) co_return error_response(body.error());
  const auto w = read_v1_webhook(*body);
  if (!w) co_return error_response(w.error());
  if (!may_touch(x, *w))
    co_return error_response(403, "forbidden", "name the notebooks that the key may see in notebooks");
  const auto all = co_await all_seen(x);
  if (!all) co_return error_response(all.error());
  const auto standing =
      std::count_if(all->begin(), all->end(), [](const webhook& o) { return o.batch == batch_id{}; });
  if (standing >= x.server.options.limits.webhooks)
    co_return error_response(fail(errc::limit_reached, "there are limits.webhooks webhooks"));
  co_return co_await keep(x, *w, 201, true);
}

asio::awaitable<response> list(exchange& x) {
  const auto all = co_await all_seen(x);
  if (!all) co_return error_response(all.error());
  auto data = json::array();
  for (const auto& w : *all)
    data.push_back(webhook_json(w));
  co_return v1_page(x, std::move(data), std::nullopt);
}

asio::awaitable<response> get(exchange& x) {
  const auto w = co_await find(x);
  co_return w ? json_response(200, dump(webhook_json(*w))) : error_response(w.error());
}

/// `url`, `events`, `notebooks` and `enabled`; what is not there stays.
asio::awaitable<response> change(exchange& x) {
  if (auto no = refuse_write(x)) co_return std::move(*no);
  const auto w = co_await find(x);
  if (!w) co_return error_response(w.error());
  const auto body = v1_object(x);
  if (!body) co_return error_response(body.error());
  auto wanted = *body;
  if (!wanted.contains("url")) wanted["url"] = w->url;
  if (!wanted.contains("events")) wanted["events"] = w->events;
  if (!wanted.contains("notebooks")) wanted["notebooks"] = w->notebooks;
  wanted["secret"] = w->secret;
  const auto read = read_v1_webhook(wanted);
  if (!read) co_return error_response(read.error());
  const auto enabled = body->find("enabled");
  if (enabled != body->end() && !enabled->is_boolean())
    co_return error_response(fail(errc::invalid_request, "enabled: expected true or false"));
  auto row = *w;
  row.url = read->url;
  row.events = read->events;
  row.notebooks = read->notebooks;
  if (enabled != body->end()) row.disabled = *enabled ? "" : "it was disabled on request";
  if (!may_touch(x, row))
    co_return error_response(403, "forbidden", "name the notebooks that the key may see in notebooks");
  co_return co_await keep(x, row, 200, false);
}

asio::awaitable<response> remove(exchange& x) {
  if (auto no = refuse_write(x)) co_return std::move(*no);
  const auto w = co_await find(x);
  if (!w) co_return error_response(w.error());
  const auto gone = co_await callback<result<bool>>(
      x, [&](auto done) { x.server.to.forget(webhook_kind, std::to_string(w->id), done); });
  if (!gone) co_return error_response(gone.error());
  response r;
  r.status = 204;
  co_return r;
}

/// A new secret; the one before signs too, for `webhooks.rotation_ms`.
asio::awaitable<response> rotate(exchange& x) {
  if (auto no = refuse_write(x)) co_return std::move(*no);
  const auto w = co_await find(x);
  if (!w) co_return error_response(w.error());
  auto row = *w;
  row.old_secret = row.secret;
  row.old_until = now() + x.server.options.webhooks.rotation;
  row.secret = new_webhook_secret();
  co_return co_await keep(x, row, 200, true);
}

asio::awaitable<response> deliveries(exchange& x) {
  const auto w = co_await find(x);
  if (!w) co_return error_response(w.error());
  const auto limit = v1_limit(x);
  if (!limit) co_return error_response(limit.error());
  const auto all = co_await callback<result<std::vector<delivery>>>(
      x, [&](auto done) { x.server.to.ask().deliveries(w->id, *limit, done); });
  if (!all) co_return error_response(all.error());
  auto data = json::array();
  for (const auto& d : *all)
    data.push_back(delivery_json(d));
  co_return v1_page(x, std::move(data), std::nullopt);
}

asio::awaitable<response> redeliver(exchange& x) {
  if (auto no = refuse_write(x)) co_return std::move(*no);
  const auto w = co_await find(x);
  if (!w) co_return error_response(w.error());
  const auto d = parse_delivery_name(x.arguments[1]);
  const auto missing = fail(errc::not_found, "no delivery \"" + x.arguments[1] + "\" has ended");
  if (d.webhook != w->id) co_return error_response(missing);
  const auto again = co_await callback<result<bool>>(x, [&](auto done) { x.server.to.redeliver(d, done); });
  if (!again) co_return error_response(again.error());
  if (!*again) co_return error_response(missing);
  co_return json_response(202, dump({{"id", delivery_name(d)}, {"state", "pending"}}));
}

} // namespace

void add_v1_webhook_routes(std::vector<route>& into) {
  into.push_back({"POST", "/v1/webhooks", scope::keyed, create});
  into.push_back({"GET", "/v1/webhooks", scope::keyed, list});
  into.push_back({"GET", "/v1/webhooks/{}", scope::keyed, get});
  into.push_back({"PATCH", "/v1/webhooks/{}", scope::keyed, change});
  into.push_back({"DELETE", "/v1/webhooks/{}", scope::keyed, remove});
  into.push_back({"POST", "/v1/webhooks/{}/rotate", scope::keyed, rotate});
  into.push_back({"GET", "/v1/webhooks/{}/deliveries", scope::keyed, deliveries});
  into.push_back({"POST", "/v1/webhooks/{}/deliveries/{}/redeliver", scope::keyed, redeliver});
}

} // namespace troupe::http
