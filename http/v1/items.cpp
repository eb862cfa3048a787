/// One item: what became of it, and how.
#include "http/callback.hpp"
#include "http/json_text.hpp"
#include "http/v1/render.hpp"
#include "http/v1/v1.hpp"

namespace troupe::http {
namespace {

using json = nlohmann::ordered_json;

/// None: the caller may change the item.
asio::awaitable<std::optional<response>> refuse_write(exchange& x, const item_view& v) {
  const auto b = co_await callback<result<batch_view>>(
      x, [&](auto done) { x.server.to.ask().find_batch(v.row.key.batch, done); });
  if (!b) co_return error_response(b.error());
  co_return v1_refuse_write(x, b->row.home);
}

asio::awaitable<response> get_item(exchange& x) {
  const auto v = co_await v1_item(x);
  co_return v ? json_response(200, dump(v1_json(*v))) : error_response(v.error());
}

/// None: the item has left a source.
std::optional<response> without_result(const item_view& v) {
  if (v.row.state == item_state::succeeded) return std::nullopt;
  return error_response(404, "no_result", "the item has left nothing: it is " + std::string(v1_state(v)));
}

asio::awaitable<response> item_result(exchange& x) {
  const auto v = co_await v1_item(x);
  if (!v) co_return error_response(v.error());
  if (auto no = without_result(*v)) co_return std::move(*no);
  const auto text = co_await callback<result<source_text>>(
      x, [&](auto done) { x.server.to.ask().text(v->row.source, done); });
  co_return v1_item_result(x, v->row, text);
}

asio::awaitable<response> item_raw(exchange& x) {
  const auto v = co_await v1_item(x);
  if (!v) co_return error_response(v.error());
  if (auto no = without_result(*v)) co_return std::move(*no);
  const auto b = co_await callback<result<source_bytes>>(
      x, [&](auto done) { x.server.to.ask().original(v->row.source, done); });
  co_return b ? bytes_response(*b) : error_response(410, "gone", b.error().text());
}

asio::awaitable<response> item_attempts(exchange& x) {
  const auto v = co_await v1_item(x);
  if (!v) co_return error_response(v.error());
  const auto all = co_await callback<result<std::vector<attempt>>>(
      x, [&](auto done) { x.server.to.ask().attempts(v->row.key, done); });
  if (!all) co_return error_response(all.error());
  auto data = json::array();
  for (const auto& a : *all)
    data.push_back(v1_json(a));
  co_return v1_page(x, std::move(data), std::nullopt);
}

asio::awaitable<response> cancel_item(exchange& x) {
  const auto v = co_await v1_item(x);
  if (!v) co_return error_response(v.error());
  auto no = co_await refuse_write(x, *v);
  if (no) co_return std::move(*no);
  if (!terminal(v->row.state)) {
    const auto ended =
        co_await callback<result<bool>>(x, [&](auto done) { x.server.to.cancel_item(v->row.key, done); });
    const auto after = co_await v1_item(x);
    // It may have ended by itself, and its batch with it, while it was asked for.
    if (!ended && !(after && terminal(after->row.state))) co_return error_response(ended.error());
  }
  const auto now = co_await v1_item(x);
  co_return now ? json_response(202, dump(v1_json(*now))) : error_response(now.error());
}

/// Tried again, as soon as its batch is taken up; one that has not ended is at work already.
asio::awaitable<response> retry_item(exchange& x) {
  const auto v = co_await v1_item(x);
  if (!v) co_return error_response(v.error());
  auto no = co_await refuse_write(x, *v);
  if (no) co_return std::move(*no);
  const auto plan = v1_retry_plan(x);
  if (!plan) co_return error_response(plan.error());
  const steering order{v->row.key.batch, steer::retry, *plan, v->row.key.index};
  const auto r =
      co_await callback<result<batch>>(x, [&](auto done) { x.server.to.steer_batch(order, done); });
  if (!r) co_return error_response(r.error());
  const auto now = co_await v1_item(x);
  co_return now ? json_response(202, dump(v1_json(*now))) : error_response(now.error());
}

asio::awaitable<response> item_why(exchange& x) {
  const auto v = co_await v1_item(x);
  if (!v) co_return error_response(v.error());
  json body{{"item", item_name(v->row.id)}, {"state", v1_state(*v)}};
  if (terminal(v->row.state)) {
    body["waiting_for"] = nullptr;
    body["reason"] = "It has ended.";
    co_return json_response(200, dump(body));
  }
  const auto why =
      co_await callback<result<wait_reason>>(x, [&](auto done) { x.server.to.why(v->row.key, done); });
  if (!why) co_return error_response(why.error());
  body["waiting_for"] = why->code == "in_work" ? json{} : json(why->code);
  body["reason"] = why->text;
  if (why->until != timestamp{}) body["until"] = to_rfc3339(why->until);
  if (why->item) body["index"] = *why->item;
  co_return json_response(200, dump(body));
}

} // namespace

response v1_item_result(const exchange& x, const item& row, const result<source_text>& text) {
  if (!text && text.error().code != errc::not_found) return error_response(text.error());
  if (!text) return error_response(410, "gone", "the source of the item was deleted");
  const auto accept = x.headers.find("Accept");
  if (accept != x.headers.end() && accept->second.find("text/markdown") != std::string::npos) {
    response r;
    r.content_type = "text/markdown; charset=utf-8";
    r.body = text->markdown;
    return r;
  }
  return json_response(200, dump(v1_result_json(row, *text)));
}

void add_v1_item_routes(std::vector<route>& into) {
  into.push_back({"GET", "/v1/items/{}", scope::keyed, get_item});
  into.push_back({"GET", "/v1/items/{}/result", scope::keyed, item_result});
  into.push_back({"GET", "/v1/items/{}/raw", scope::keyed, item_raw});
  into.push_back({"GET", "/v1/items/{}/attempts", scope::keyed, item_attempts});
  into.push_back({"GET", "/v1/items/{}/why", scope::keyed, item_why});
  into.push_back({"POST", "/v1/items/{}/retry", scope::keyed, retry_item});
  into.push_back({"POST", "/v1/items/{}/cancel", scope::keyed, cancel_item});
}

} // namespace troupe::http
