/// The status of one item, by its upload id: asked for, or pushed.
#include "http/callback.hpp"
#include "http/guide/guide.hpp"
#include "http/guide/render.hpp"
#include "http/query.hpp"
#include "http/signal.hpp"

#include <nlohmann/json.hpp>

namespace troupe::http {
namespace {

/// Stage changes come faster than a person can see: at most so many frames.
constexpr milliseconds least_between_frames{20};

asio::awaitable<result<item_view>> find(exchange& x, notebook_id n, const std::string& id) {
  co_return co_await callback<result<item_view>>(
      x, [&](auto done) { x.server.to.ask().find_upload(n, id, done); });
}

asio::awaitable<response> upload_status(exchange& x) {
  const auto n = notebook_of(x);
  if (!n) co_return error_response(n.error());
  const auto v = co_await find(x, *n, x.arguments[1]);
  if (!v) co_return error_response(v.error());
  auto body = nlohmann::ordered_json::parse(render_upload(*v));
  body["success"] = true;
  body["upload_id"] = upload_id(v->row);
  co_return json_response(200, body.dump());
}

std::string frame(const std::string& json) {
  return "data: " + json + "\n\n";
}
const std::string not_found_frame = frame(R"({"status":"not_found","job_details":{}})");
const std::string heartbeat_comment = ": waiting\n\n";
const std::string closed_frame = frame(R"({"status":"stream_closed","job_details":{}})");

/// Sends a frame at each change, a comment when there is none for a while, until the item has ended.
asio::awaitable<void> push(exchange& x, notebook_id n, item_view v, stream_writer& to) {
  const auto changes = std::make_shared<signal>(x.executor);
  const auto watching = x.server.to.watch(v.row.key.batch, news::stages, [changes] { changes->notify(); });
  const auto pause = std::make_shared<signal>(x.executor);
  const auto id = upload_id(v.row);
  std::string sent;
  for (;;) {
    auto now = render_upload(v);
    const bool changed = now != sent;
    const std::string piece = changed ? frame(now) : heartbeat_comment;
    if (!co_await to.write(piece)) co_return;
    sent = std::move(now);
    if (upload_ended(v)) break;
    co_await pause->wait(std::chrono::steady_clock::now() + least_between_frames);
    const auto heartbeat = std::chrono::steady_clock::now() + x.server.options.http.heartbeat;
    do {
      co_await changes->wait(heartbeat);
      auto next = co_await find(x, n, id);
      if (!next) co_return;
      v = std::move(*next);
    } while (render_upload(v) == sent && std::chrono::steady_clock::now() < heartbeat);
  }
  co_await to.write(closed_frame);
}

asio::awaitable<response> upload_stream(exchange& x) {
  const auto n = notebook_of(x);
  if (!n) co_return error_response(n.error());
  const auto v = co_await find(x, *n, x.arguments[1]);
  response r;
  r.content_type = "text/event-stream";
  r.headers = {{"Cache-Control", "no-cache"}, {"X-Accel-Buffering", "no"}};
  r.stream = [&x, n = *n, v](stream_writer& to) -> asio::awaitable<void> {
    if (v) co_return co_await push(x, n, *v, to);
    if (co_await to.write(not_found_frame)) co_await to.write(closed_frame);
  };
  co_return r;
}

} // namespace

void add_upload_routes(std::vector<route>& into) {
  into.push_back({"GET", "/api/v1/notebooks/{}/files/{}/status/", scope::read, upload_status});
  into.push_back({"GET", "/api/v1/notebooks/{}/files/{}/status/stream", scope::read, upload_stream});
}

} // namespace troupe::http
