/// What happens to a batch, as it happens: server-sent events (WHATWG HTML, section 9.2), or pages of the
/// log.
#include "actors/event_json.hpp"
#include "http/callback.hpp"
#include "http/guide.hpp"
#include "http/json_text.hpp"
#include "http/signal.hpp"
#include "http/v1.hpp"
#include "http/v1_render.hpp"

namespace troupe::http {
namespace {

using json = nlohmann::ordered_json;

constexpr uint32_t events_at_once = 500;
/// News come faster than anybody reads: they are gathered for so long.
constexpr milliseconds least_between_reads{20};
const std::string heartbeat_comment = ": waiting\n\n";

std::string frame(const event& e) {
  return "id: " + std::to_string(raw(e.number)) + "\nevent: " + type_of(e) + "\ndata: " + json_of(e) + "\n\n";
}

/// What is not durable has no id: it is not sent again.
std::string progress_frame(const batch_view& v) {
  return "event: progress\ndata: " + dump(v1_json(v)) + "\n\n";
}

asio::awaitable<result<event_page>> read(exchange& x, batch_id id, event_number after, uint32_t limit) {
  co_return co_await callback<result<event_page>>(
      x, [&](auto done) { x.server.to.ask().events(id, after, limit, done); });
}

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

/// Sends the log from `at` on and goes on with it; a comment when there is nothing for a while.
class follower {
public:
  follower(exchange& x, batch_id id, event_number at, stream_writer& to)
      : x_(x)
      , id_(id)
      , at_(at)
      , to_(to)
      , news_(std::make_shared<signal>(x.executor))
      , pause_(std::make_shared<signal>(x.executor))
      , watching_(x.server.to.watch(id, [news = news_] { news->notify(); })) {}

  asio::awaitable<void> run() {
    for (;;) {
      const auto page = co_await read(x_, id_, at_, events_at_once);
      if (!page || page->lost) co_return;
      const bool sent = co_await send(*page);
      if (!sent || page->ended) co_return;
      if (!page->events.empty()) continue;
      const bool alive = co_await wait();
      if (!alive) co_return;
    }
  }

private:
  asio::awaitable<bool> send(const event_page& page) {
    at_ = page.reached;
    std::string frames;
    for (const auto& e : page.events)
      frames += frame(e);
    co_return co_await to_.write(frames);
  }

  /// For news; tells meanwhile how far the stages are. False: the client is gone.
  asio::awaitable<bool> wait() {
    const auto until = std::chrono::steady_clock::now() + x_.server.options.http.heartbeat;
    co_await pause_->wait(std::chrono::steady_clock::now() + least_between_reads);
    co_await news_->wait(until);
    if (std::chrono::steady_clock::now() >= until) co_return co_await to_.write(heartbeat_comment);
    const auto v = co_await callback<result<batch_view>>(
        x_, [&](auto done) { x_.server.to.ask().find_batch(id_, done); });
    if (!v || v->processing == processing_) co_return true;
    processing_ = v->processing;
    const auto shown = progress_frame(*v);
    co_return co_await to_.write(shown);
  }

  exchange& x_;
  batch_id id_;
  event_number at_;
  stream_writer& to_;
  std::shared_ptr<signal> news_;
  std::shared_ptr<signal> pause_;
  std::shared_ptr<void> watching_;
  uint32_t processing_ = 0;
};

response stream(exchange& x, batch_id id, event_number at) {
  response r;
  r.content_type = "text/event-stream";
  r.headers = {{"Cache-Control", "no-cache"}, {"X-Accel-Buffering", "no"}};
  r.stream = [&x, id, at](stream_writer& to) -> asio::awaitable<void> {
    follower f{x, id, at, to};
    co_await f.run();
  };
  return r;
}

asio::awaitable<response> batch_events(exchange& x) {
  const auto b = co_await v1_batch(x);
  if (!b) co_return error_response(b.error());
  const auto at = position_of(x);
  if (!at) co_return error_response(at.error());
  const bool as_json = x.query.contains("after");
  const auto limit = v1_limit(x);
  if (!limit) co_return error_response(limit.error());
  const auto page = co_await read(x, b->row.id, *at, as_json ? *limit : 1);
  if (!page) co_return error_response(page.error());
  if (page->lost) co_return lost();
  if (!as_json) co_return stream(x, b->row.id, *at);
  auto data = json::array();
  for (const auto& e : page->events)
    data.push_back(json::parse(json_of(e)));
  const json body{{"data", std::move(data)}, {"last_event_id", raw(page->reached)}, {"ended", page->ended}};
  co_return json_response(200, dump(body));
}

} // namespace

void add_v1_event_routes(std::vector<route>& into) {
  into.push_back({"GET", "/v1/batches/{}/events", scope::keyed, batch_events});
}

} // namespace troupe::http
