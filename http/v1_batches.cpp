/// Batches: made, listed, watched, cancelled.
#include "http/accepting.hpp"
#include "http/callback.hpp"
#include "http/guide.hpp"
#include "http/json_text.hpp"
#include "http/signal.hpp"
#include "http/v1.hpp"
#include "http/v1_render.hpp"
#include "http/v1_submission.hpp"

#include "model/content.hpp"
#include "model/text.hpp"

namespace troupe::http {
namespace {

using json = nlohmann::ordered_json;

constexpr uint64_t longest_wait_seconds = 60;

// -- making one ----------------------------------------------------------------------------------------

bool is_lines(std::string_view type) {
  const auto t = ascii_lower(type.substr(0, type.find(';')));
  return t == "application/x-ndjson" || t == "application/ndjson" || t == "application/jsonl";
}

/// The options of a body of lines stand in the query.
result<v1_submission> head_of_query(const exchange& x) {
  const auto n = query_number(x, "notebook", 0, max_id);
  if (!n) return n.error();
  v1_submission out;
  out.home = notebook_id{*n};
  out.strict = x.query.contains("strict") && x.query.at("strict") == "true";
  return out;
}

/// Work on a body: at once when it is in memory, on a worker's thread when it is a file.
template <class T, class Work>
asio::awaitable<T> on_body(exchange& x, Work work) {
  if (!x.body.spooled()) co_return work();
  co_return co_await callback<T>(
      x, [&](auto done) { asio::post(x.server.workers, [&work, done] { done(work()); }); });
}

failure verdict_on(const v1_submission& head, const intake& items) {
  if (items.count() == 0) return fail(errc::invalid_request, "items: is empty");
  if (items.refused() == 0) return fail(errc::none);
  const auto& first = items.refusals().front();
  if (items.usable() == 0)
    return fail(errc::invalid_request,
                "items: none of them can be used; the first: " + std::string(first.reason.text()));
  if (!head.strict) return fail(errc::none);
  return fail(errc::invalid_request, "items[" + std::to_string(first.index) +
                                         "]: " + std::string(first.reason.text()) + " (strict)");
}

response accepted(const batch& row, const intake& items) {
  auto body = v1_json(batch_view{row});
  body["rejected"] = json::array();
  for (const auto& r : items.refusals())
    body["rejected"].push_back({{"index", r.index}, {"url", r.url}, {"error", v1_json(r.reason)}});
  auto r = json_response(202, dump(body));
  r.headers.emplace_back("Location", "/v1/batches/" + batch_name(row.id));
  return r;
}

asio::awaitable<response> create(exchange& x) {
  const bool lines = is_lines(x.content_type);
  const auto read_head = [&x, lines] { return lines ? head_of_query(x) : read_v1_head(x.body); };
  const auto head = co_await on_body<result<v1_submission>>(x, read_head);
  if (!head) co_return error_response(head.error());
  if (auto no = v1_refuse_write(x, head->home)) co_return std::move(*no);
  accepting batch{x.server, head->home, job_type::url_parse};
  const bool parts = x.body.spooled();
  const auto chunk = static_cast<size_t>(x.server.options.limits.accept_chunk);
  const on_item next = [&batch, parts, chunk] {
    return parts && batch.items.waiting() >= chunk ? batch.send_part() : fail(errc::none);
  };
  const auto read_items = [&] {
    return lines ? read_v1_lines(x.body, batch.items, next) : read_v1_items(x.body, batch.items, next);
  };
  auto f = co_await on_body<failure>(x, read_items);
  if (f.code == errc::none) f = verdict_on(*head, batch.items);
  if (f.code != errc::none) co_return error_response(f);
  batch.options = head->options;
  const auto r = co_await batch.complete(x);
  if (r.error.code != errc::none) co_return error_response(r.error);
  co_return accepted(r.row, batch.items);
}

// -- looking at them -----------------------------------------------------------------------------------

asio::awaitable<response> list(exchange& x) {
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
  const auto page = co_await callback<result<batch_page>>(
      x, [&](auto done) { x.server.to.ask().batches(f, batch_id{*before}, *limit, done); });
  if (!page) co_return error_response(page.error());
  auto data = json::array();
  for (const auto& b : page->batches)
    data.push_back(v1_json(b));
  co_return v1_page(std::move(data),
                    page->next == batch_id{} ? std::nullopt : std::optional{raw(page->next)});
}

/// An entity tag of the answer's bytes (RFC 9110 section 8.8.3).
std::string tag_of(std::string_view body) {
  return '"' + sha256(body).hex().substr(0, 16) + '"';
}

/// With `wait` an answer that the caller has already (`If-None-Match`), or without one a batch that has not
/// ended, is waited for to change.
asio::awaitable<response> get(exchange& x) {
  const auto seconds = query_number(x, "wait", 0, longest_wait_seconds);
  if (!seconds) co_return error_response(seconds.error());
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{*seconds};
  const auto known = x.headers.find("If-None-Match");
  const auto news = std::make_shared<signal>(x.executor);
  const auto watching = x.server.to.watch(parse_batch_name(x.arguments[0]), [news] { news->notify(); });
  for (;;) {
    const auto v = co_await v1_batch(x);
    if (!v) co_return error_response(v.error());
    auto r = json_response(200, dump(v1_json(*v)));
    const auto tag = tag_of(r.body);
    r.headers.emplace_back("ETag", tag);
    const bool same = known != x.headers.end() && known->second == tag;
    const bool wanted = known == x.headers.end() ? terminal(v->row.state) : !same;
    if (wanted || std::chrono::steady_clock::now() >= until) {
      if (same) {
        r.status = 304;
        r.body.clear();
      }
      co_return r;
    }
    co_await news->wait(until);
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
  co_return v1_page(std::move(data), page->next ? std::optional<uint64_t>{*page->next} : std::nullopt);
}

// -- steering them -------------------------------------------------------------------------------------

/// Repeated, it has the same answer: the batch as it is now.
asio::awaitable<response> cancel(exchange& x) {
  const auto b = co_await v1_batch(x);
  if (!b) co_return error_response(b.error());
  if (auto no = v1_refuse_write(x, b->row.home)) co_return std::move(*no);
  if (!terminal(b->row.state)) {
    const auto done_ =
        co_await callback<result<bool>>(x, [&](auto done) { x.server.to.cancel(b->row.id, done); });
    if (!done_) co_return error_response(done_.error());
  }
  const auto now = co_await v1_batch(x);
  co_return now ? json_response(202, dump(v1_json(*now))) : error_response(now.error());
}

} // namespace

void add_v1_batch_routes(std::vector<route>& into) {
  into.push_back({"POST", "/v1/batches", scope::keyed, create});
  into.push_back({"GET", "/v1/batches", scope::keyed, list});
  into.push_back({"GET", "/v1/batches/{}", scope::keyed, get});
  into.push_back({"GET", "/v1/batches/{}/items", scope::keyed, items});
  into.push_back({"POST", "/v1/batches/{}/cancel", scope::keyed, cancel});
}

} // namespace troupe::http
