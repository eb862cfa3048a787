/// Batches: listed, watched, steered.
#include "http/callback.hpp"
#include "http/cluster/gather.hpp"
#include "http/json_text.hpp"
#include "http/query.hpp"
#include "http/signal.hpp"
#include "http/v1/render.hpp"
#include "http/v1/rendered_batches.hpp"
#include "http/v1/v1.hpp"

namespace troupe::http {
namespace {

using json = nlohmann::ordered_json;

constexpr uint64_t longest_wait_seconds = 60;

// -- looking at them -----------------------------------------------------------------------------------

asio::awaitable<response> list(exchange& x) {
  if (x.server.others.wanted() && !x.handed_on) {
    x.handed_on = true;
    const handler own = list;
    co_return co_await gather_batches(x, own);
  }
  const auto limit = v1_limit(x);
  if (!limit) co_return error_response(limit.error());
  const auto before = v1_cursor(x, max_id);
  if (!before) co_return error_response(before.error());
  batch_filter f;
  if (x.who.key) f.notebooks = x.who.key->notebooks;
  if (const auto s = x.query.find("status"); s != x.query.end() && !read_v1_state(s->second, f))
    co_return error_response(fail(errc::invalid_request, "status: there is no state \"" + s->second + "\""));
  if (const auto t = x.query.find("created_after"); t != x.query.end()) {
    f.created_after = parse_rfc3339(t->second);
    if (f.created_after == timestamp{})
      co_return error_response(fail(errc::invalid_request, "created_after: expected a time (RFC 3339)"));
  }
  if (const auto t = x.query.find("tag"); t != x.query.end()) f.tag = t->second;
  const auto page = co_await callback<result<batch_page>>(
      x, [&](auto done) { x.server.to.ask().batches(f, batch_id{*before}, *limit, done); });
  if (!page) co_return error_response(page.error());
  auto data = json::array();
  for (const auto& b : page->batches)
    data.push_back(v1_json(b));
  co_return v1_page(x, std::move(data),
                    page->next == batch_id{} ? std::nullopt : std::optional{raw(page->next)});
}

/// With `wait` an answer that the caller has already (`If-None-Match`), or without one a batch that has not
/// ended, is waited for to change.
asio::awaitable<response> get(exchange& x) {
  const auto seconds = query_number(x, "wait", 0, longest_wait_seconds);
  if (!seconds) co_return error_response(seconds.error());
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{*seconds};
  const auto known = x.headers.find("If-None-Match");
  std::shared_ptr<signal> changes;
  std::shared_ptr<void> watching;
  if (*seconds > 0) {
    changes = std::make_shared<signal>(x.executor);
    // Only an answer that is known shows what is in work as well.
    const auto what = known == x.headers.end() ? news::events : news::stages;
    watching = x.server.to.watch(parse_batch_name(x.arguments[0]), what, [changes] { changes->notify(); });
  }
  for (;;) {
    const auto v = co_await v1_batch(x);
    if (!v) co_return error_response(v.error());
    const auto& [body, tag] = x.server.rendered.of(*v);
    auto r = json_response(200, body);
    r.headers.emplace_back("ETag", tag);
    const bool same =
        known != x.headers.end() && (known->second == "*" || known->second.find(tag) != std::string::npos);
    const bool wanted = known == x.headers.end() ? terminal(v->row.state) : !same;
    if (wanted || std::chrono::steady_clock::now() >= until) {
      if (same) {
        r.status = 304;
        r.body.clear();
      }
      co_return r;
    }
    co_await changes->wait(until);
  }
}

asio::awaitable<response> items(exchange& x) {
  const auto b = co_await v1_batch(x);
  if (!b) co_return error_response(b.error());
  const auto limit = v1_limit(x);
  if (!limit) co_return error_response(limit.error());
  const auto from = v1_cursor(x, 0);
  if (!from) co_return error_response(from.error());
  item_filter f;
  const auto given = [&](const char* name) {
    const auto it = x.query.find(name);
    return it == x.query.end() ? std::string{} : it->second;
  };
  if (const auto s = given("status"); !s.empty() && !read_v1_state(s, f))
    co_return error_response(fail(errc::invalid_request, "status: there is no state \"" + s + "\""));
  if (const auto code = given("error_code"); !code.empty()) {
    f.error = errc_from_name(code);
    if (info(f.error).name != code)
      co_return error_response(fail(errc::invalid_request, "error_code: there is no code \"" + code + "\""));
  }
  f.host = given("host");
  f.text = given("q");
  const auto page = co_await callback<result<item_list>>(x, [&](auto done) {
    x.server.to.ask().items(b->row.id, f, static_cast<uint32_t>(*from), *limit, done);
  });
  if (!page) co_return error_response(page.error());
  auto data = json::array();
  for (const auto& v : page->items)
    data.push_back(v1_json(v));
  co_return v1_page(x, std::move(data), page->next ? std::optional<uint64_t>{*page->next} : std::nullopt);
}

// -- steering them -------------------------------------------------------------------------------------

/// Repeated, each has the same answer: the batch as it is now.
asio::awaitable<response> answer_now(exchange& x) {
  const auto now = co_await v1_batch(x);
  co_return now ? json_response(202, dump(v1_json(*now))) : error_response(now.error());
}

asio::awaitable<response> cancel(exchange& x) {
  const auto b = co_await v1_batch(x);
  if (!b) co_return error_response(b.error());
  if (auto no = v1_refuse_write(x, b->row.home)) co_return std::move(*no);
  if (!terminal(b->row.state)) {
    const auto done_ =
        co_await callback<result<bool>>(x, [&](auto done) { x.server.to.cancel(b->row.id, done); });
    if (!done_) co_return error_response(done_.error());
  }
  co_return co_await answer_now(x);
}

asio::awaitable<response> steer_to(exchange& x, steer what, retry_plan plan = {}) {
  const auto b = co_await v1_batch(x);
  if (!b) co_return error_response(b.error());
  if (auto no = v1_refuse_write(x, b->row.home)) co_return std::move(*no);
  const steering order{b->row.id, what, plan, std::nullopt};
  const auto r =
      co_await callback<result<batch>>(x, [&](auto done) { x.server.to.steer_batch(order, done); });
  if (!r) co_return error_response(r.error());
  if (what != steer::remove) co_return co_await answer_now(x);
  response gone;
  gone.status = 204;
  co_return gone;
}

asio::awaitable<response> pause(exchange& x) {
  return steer_to(x, steer::pause);
}
asio::awaitable<response> resume(exchange& x) {
  return steer_to(x, steer::resume);
}
asio::awaitable<response> seal(exchange& x) {
  return steer_to(x, steer::seal);
}
asio::awaitable<response> remove(exchange& x) {
  return steer_to(x, steer::remove);
}

asio::awaitable<response> retry(exchange& x) {
  const auto plan = v1_retry_plan(x);
  if (!plan) co_return error_response(plan.error());
  co_return co_await steer_to(x, steer::retry, *plan);
}

} // namespace

void add_v1_batch_routes(std::vector<route>& into) {
  into.push_back({"GET", "/v1/batches", scope::keyed, list});
  into.push_back({"GET", "/v1/batches/{}", scope::keyed, get});
  into.push_back({"GET", "/v1/batches/{}/items", scope::keyed, items});
  into.push_back({"POST", "/v1/batches/{}/cancel", scope::keyed, cancel});
  into.push_back({"POST", "/v1/batches/{}/pause", scope::keyed, pause});
  into.push_back({"POST", "/v1/batches/{}/resume", scope::keyed, resume});
  into.push_back({"POST", "/v1/batches/{}/seal", scope::keyed, seal});
  into.push_back({"POST", "/v1/batches/{}/retry", scope::keyed, retry});
  into.push_back({"DELETE", "/v1/batches/{}", scope::keyed, remove});
}

} // namespace troupe::http
