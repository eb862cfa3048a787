/// Submitting URLs, and the status of a batch.
#include "http/callback.hpp"
#include "http/guide.hpp"
#include "http/render.hpp"
#include "http/signal.hpp"
#include "http/submission_body.hpp"

#include <boost/asio/use_future.hpp>

#include <future>

namespace troupe::http {
namespace {

constexpr std::chrono::seconds part_timeout{60};

/// A request to take URLs, as far as it has come.
struct taking {
  explicit taking(const settings& s)
      : items({static_cast<size_t>(s.limits.items_per_batch), static_cast<size_t>(s.limits.url_bytes),
               static_cast<size_t>(s.limits.upload_id_bytes)}) {}
  intake items;
  submission_request request;
  submission next;
};

/// Sends what has gathered as a part of the batch, and waits for the writer: on a worker's thread.
failure send_part(gateway& to, taking& t) {
  auto part = t.next;
  part.items = t.items.take();
  part.last = false;
  auto answered = std::make_shared<std::promise<submitted>>();
  auto waiting = answered->get_future();
  to.submit(std::move(part), [answered](submitted r) { answered->set_value(std::move(r)); });
  if (waiting.wait_for(part_timeout) != std::future_status::ready)
    return fail(errc::overloaded, "the store did not take a part of the batch in time");
  const auto r = waiting.get();
  if (r.error.code == errc::none) t.next.part_of = r.row.id;
  return r.error;
}

/// Reads the body: at once when it is in memory, on a worker's thread when it is a file.
asio::awaitable<failure> read_body(exchange& x, taking& t) {
  const auto chunk = static_cast<size_t>(x.server.options.limits.accept_chunk);
  if (!x.body.spooled()) {
    t.request = read_submission(x.body.text(), t.items, chunk, nullptr);
    co_return fail(errc::none);
  }
  if (++x.server.spooled_requests > x.server.options.http.spooling_requests) {
    --x.server.spooled_requests;
    co_return fail(errc::overloaded, "http.spooling_requests large requests are being read");
  }
  co_await callback<bool>(x, [&](auto done) {
    asio::post(x.server.workers, [&x, &t, chunk, done] {
      t.request = read_submission(x.body.file(), t.items, chunk, [&] { return send_part(x.server.to, t); });
      done(true);
    });
  });
  --x.server.spooled_requests;
  co_return fail(errc::none);
}

/// Why the whole request is refused, when it is.
failure verdict_on(const taking& t) {
  if (t.request.error.code != errc::none) return t.request.error;
  if (t.items.count() == 0) return fail(errc::invalid_request, "urls: is empty");
  const auto first = t.items.refusals().empty() ? fail(errc::none) : t.items.refusals().front().reason;
  if (t.items.usable() == 0) {
    // A single URL is refused with its own code.
    if (t.request.has_url) return fail(first.code, "url: " + std::string(first.text()));
    return fail(errc::invalid_request,
                "urls: none of them can be used; the first: " + std::string(first.text()));
  }
  if (t.request.strict && t.items.refused() > 0)
    return fail(errc::invalid_request, "urls[" + std::to_string(t.items.refusals().front().index) +
                                           "]: " + std::string(first.text()) + " (strict)");
  return fail(errc::none);
}

/// Waits until the batch is final or the time is up; its last status.
asio::awaitable<result<batch_view>> wait_for_batch(exchange& x, notebook_id n, batch_id id,
                                                   milliseconds at_most) {
  const auto deadline = std::chrono::steady_clock::now() + at_most;
  const auto news = std::make_shared<signal>(x.executor);
  const auto watching = x.server.to.watch(id, [news] { news->notify(); });
  for (;;) {
    auto v = co_await callback<result<batch_view>>(
        x, [&](auto done) { x.server.to.batch_status(n, id, 0, 1, done); });
    if (!v || terminal(v->row.state) || std::chrono::steady_clock::now() >= deadline) co_return v;
    co_await news->wait(deadline);
  }
}

asio::awaitable<response> answer_single(exchange& x, notebook_id n, batch_id id) {
  const auto v = co_await wait_for_batch(x, n, id, x.server.options.http.single_item_wait);
  if (!v) co_return error_response(v.error());
  const auto& it = v->items.front();
  if (!terminal(it.row.state)) co_return json_response(202, render_waiting(it));
  if (it.row.state != item_state::succeeded)
    co_return error_response(422, info(it.row.error.code).name, it.row.error.text());
  const auto text =
      co_await callback<result<source_text>>(x, [&](auto done) { x.server.to.text(it.row.source, done); });
  if (!text) co_return error_response(text.error());
  co_return json_response(201, render_single(it, *text));
}

asio::awaitable<response> parse_url(exchange& x) {
  const auto n = notebook_of(x);
  if (!n) co_return error_response(n.error());
  taking t{x.server.options};
  t.next.home = *n;
  if (auto f = co_await read_body(x, t); f.code != errc::none) co_return error_response(f);
  if (auto f = verdict_on(t); f.code != errc::none) {
    if (t.next.part_of != batch_id{}) x.server.to.abandon(t.next.part_of);
    co_return error_response(f);
  }
  t.next.items = t.items.take();
  t.next.options = t.request.options;
  t.next.last = true;
  const auto r =
      co_await callback<submitted>(x, [&](auto done) { x.server.to.submit(std::move(t.next), done); });
  if (r.error.code != errc::none) co_return error_response(r.error);
  if (t.request.has_url) co_return co_await answer_single(x, *n, r.row.id);
  co_return json_response(202, render_accepted(r.row, t.items));
}

asio::awaitable<response> batch_status(exchange& x) {
  const auto n = notebook_of(x);
  if (!n) co_return error_response(n.error());
  uint64_t id = 0;
  if (!parse_id(x.arguments[1], id))
    co_return error_response(fail(errc::invalid_request, "batch: expected a whole number"));
  const auto most = static_cast<uint64_t>(x.server.options.http.status_items);
  const auto limit = query_number(x, "limit", most, most);
  const auto offset = query_number(x, "offset", 0, ~uint32_t{0});
  if (!limit || !offset) co_return error_response(limit ? offset.error() : limit.error());
  const bool with_items = !x.query.contains("items") || x.query.at("items") != "false";
  const auto first = static_cast<uint32_t>(*offset);
  co_return co_await callback<response>(x, [&](auto done) {
    x.server.to.batch_status(
        *n, batch_id{id}, first, with_items ? static_cast<uint32_t>(*limit) : 0, [=](result<batch_view> v) {
          done(v ? json_response(200, render_status(*v, first, with_items)) : error_response(v.error()));
        });
  });
}

} // namespace

void add_submission_routes(std::vector<route>& into) {
  into.push_back({"POST", "/api/v1/notebooks/{}/files/parse_url/", scope::write, parse_url});
  into.push_back({"GET", "/api/v1/notebooks/{}/batch-jobs/{}/status/", scope::read, batch_status});
}

} // namespace troupe::http
