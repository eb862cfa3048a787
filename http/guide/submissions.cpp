/// Submitting URLs, and the status of a batch.
#include "http/accepting.hpp"
#include "http/callback.hpp"
#include "http/guide/guide.hpp"
#include "http/guide/render.hpp"
#include "http/guide/submission_body.hpp"
#include "http/query.hpp"

namespace troupe::http {
namespace {

/// A request to take URLs, as far as it has come.
struct taking {
  taking(const server_context& server, notebook_id home, job_type job)
      : batch(server, home, job) {}
  accepting batch;
  submission_request request;
};

/// A place among the `http.spooling_requests` that have their spooled bodies read.
class reading_place {
public:
  explicit reading_place(server_context& server)
      : taken_(server.spooled_requests)
      , is_one_too_many_(++taken_ > server.options.http.spooling_requests) {}
  ~reading_place() { --taken_; }
  reading_place(const reading_place&) = delete;

  bool is_one_too_many() const { return is_one_too_many_; }

private:
  std::atomic<int64_t>& taken_;
  bool is_one_too_many_;
};

/// Reads the body: at once when it is in memory, on a worker's thread when it is a file.
asio::awaitable<failure> read_body(exchange& x, taking& t) {
  if (!x.body.spooled()) {
    t.request = read_submission(x.body.text(), t.batch.items, nullptr);
    co_return fail(errc::none);
  }
  const reading_place place{x.server};
  if (place.is_one_too_many())
    co_return fail(errc::overloaded, "http.spooling_requests large requests are being read");
  co_await callback<bool>(x, [&](auto done) {
    asio::post(x.server.workers, [&x, &t, done] {
      t.request = read_submission(x.body.file(), t.batch.items, [&] { return t.batch.send_if_full(); });
      if (t.request.error.code == errc::none) t.request.error = t.batch.settle();
      done(true);
    });
  });
  co_return fail(errc::none);
}

/// Why the whole request is refused, when it is.
failure verdict_on(const taking& t) {
  if (t.request.error.code != errc::none) return t.request.error;
  if (t.batch.items.count() == 0) return fail(errc::invalid_request, "urls: is empty");
  const auto first =
      t.batch.items.refusals().empty() ? fail(errc::none) : t.batch.items.refusals().front().reason;
  if (t.batch.items.usable() == 0) {
    // A single URL is refused with its own code.
    if (t.request.has_url) return fail(first.code, "url: " + std::string(first.text()));
    return fail(errc::invalid_request,
                "urls: none of them can be used; the first: " + std::string(first.text()));
  }
  if (t.request.strict && t.batch.items.refused() > 0)
    return fail(errc::invalid_request, "urls[" + std::to_string(t.batch.items.refusals().front().index) +
                                           "]: " + std::string(first.text()) + " (strict)");
  return fail(errc::none);
}

asio::awaitable<response> take(exchange& x, job_type job) {
  const auto n = notebook_of(x);
  if (!n) co_return error_response(n.error());
  taking t{x.server, *n, job};
  if (auto f = co_await read_body(x, t); f.code != errc::none) co_return error_response(f);
  if (auto f = verdict_on(t); f.code != errc::none) co_return error_response(f);
  t.batch.options = t.request.options;
  const auto r = co_await t.batch.complete(x);
  if (r.error.code != errc::none) co_return error_response(r.error);
  if (t.request.has_url) co_return co_await answer_single(x, r.row.id);
  co_return json_response(202, render_accepted(r.row, t.batch.items));
}

asio::awaitable<response> parse_url(exchange& x) {
  return take(x, job_type::url_parse);
}

asio::awaitable<response> parse_url_media(exchange& x) {
  return take(x, job_type::url_parse_media);
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
    x.server.to.ask().batch_status(
        *n, batch_id{id}, first, with_items ? static_cast<uint32_t>(*limit) : 0, [=](result<batch_view> v) {
          done(v ? json_response(200, render_status(*v, first, with_items)) : error_response(v.error()));
        });
  });
}

} // namespace

void add_submission_routes(std::vector<route>& into) {
  into.push_back({"POST", "/api/v1/notebooks/{}/files/parse_url/", scope::write, parse_url});
  into.push_back({"POST", "/api/v1/notebooks/{}/files/parse_url_media/", scope::write, parse_url_media});
  into.push_back({"GET", "/api/v1/notebooks/{}/batch-jobs/{}/status/", scope::read, batch_status});
}

} // namespace troupe::http
