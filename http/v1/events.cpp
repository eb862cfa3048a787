/// What happens to a batch or in a notebook, as it happens: server-sent events, or pages of the log.
#include "actors/event_json.hpp"
#include "http/callback.hpp"
#include "http/feeds.hpp"
#include "http/json_text.hpp"
#include "http/query.hpp"
#include "http/v1/v1.hpp"

namespace troupe::http {
namespace {

using json = nlohmann::ordered_json;

/// Where the caller left off: `Last-Event-ID`, else `after`, else the beginning.
result<event_number> position_of(const exchange& x) {
  const auto header = x.headers.find("Last-Event-ID");
  if (header == x.headers.end()) {
    const auto after = query_number(x, "after", 0, max_id);
    return after ? result<event_number>{event_number{*after}} : after.error();
  }
  uint64_t n = 0;
  if (!parse_id(header->second, n)) return fail(errc::invalid_request, "Last-Event-ID: expected a number");
  return event_number{n};
}

response lost() {
  return error_response(410, "events_expired",
                        "events after that one are no longer kept (store.event_retention_ms)");
}

/// One page of the log as JSON, for clients that cannot hold a stream.
response page_response(const event_page& page) {
  auto data = json::array();
  for (const auto& e : page.events)
    data.push_back(json::parse(json_of(e)));
  return json_response(
      200, dump({{"data", std::move(data)}, {"last_event_id", raw(page.reached)}, {"ended", page.ended}}));
}

response stream_response(exchange& x, feed_topic what, event_number from) {
  if (x.server.streams.full())
    return error_response(503, "too_many_listeners", "http.max_listeners event streams are open");
  response r;
  r.content_type = "text/event-stream";
  r.headers = {{"Cache-Control", "no-cache"}, {"X-Accel-Buffering", "no"}};
  const stream_owner who{x.who.key ? x.who.key->sha256 : std::string{}, x.who.session};
  r.take_socket = [&streams = x.server.streams, what, from, who](int socket) {
    streams.follow(what, from, who, socket);
  };
  return r;
}

asio::awaitable<response> batch_events(exchange& x) {
  const auto b = co_await v1_batch(x);
  if (!b) co_return error_response(b.error());
  const auto at = position_of(x);
  if (!at) co_return error_response(at.error());
  const auto limit = v1_limit(x);
  if (!limit) co_return error_response(limit.error());
  const bool as_json = x.query.contains("after");
  const auto id = b->row.id;
  const auto page = co_await callback<result<event_page>>(
      x, [&](auto done) { x.server.to.ask().events(id, *at, as_json ? *limit : 1, done); });
  if (!page) co_return error_response(page.error());
  if (page->lost) co_return lost();
  if (as_json) co_return page_response(*page);
  // What the log held before the batch was made is not to be read for it.
  const auto first = event_number{raw(b->row.first_event) - 1};
  co_return stream_response(x, id, std::max(*at, first));
}

/// Without a place to go on from, a notebook's events are told from now on.
asio::awaitable<response> notebook_events(exchange& x) {
  const auto n = notebook_of(x);
  if (!n) co_return error_response(n.error());
  if (!x.who.may_see(*n)) co_return error_response(fail(errc::not_found, "there is no such notebook"));
  const auto at = position_of(x);
  if (!at) co_return error_response(at.error());
  const auto limit = v1_limit(x);
  if (!limit) co_return error_response(limit.error());
  const bool as_json = x.query.contains("after");
  const bool resumes = as_json || x.headers.contains("Last-Event-ID");
  const auto from = resumes ? std::optional{*at} : std::nullopt;
  const auto page = co_await callback<result<event_page>>(
      x, [&](auto done) { x.server.to.ask().notebook_events(*n, from, as_json ? *limit : 1, done); });
  if (!page) co_return error_response(page.error());
  if (page->lost) co_return lost();
  if (as_json) co_return page_response(*page);
  co_return stream_response(x, *n, from.value_or(page->reached));
}

} // namespace

void add_v1_event_routes(std::vector<route>& into) {
  into.push_back({"GET", "/v1/batches/{}/events", scope::keyed, batch_events});
  into.push_back({"GET", "/v1/notebooks/{}/events", scope::keyed, notebook_events});
}

} // namespace troupe::http
