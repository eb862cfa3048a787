/// Liveness, readiness, version and metrics.
#include "http/callback.hpp"
#include "http/feeds.hpp"
#include "http/ops/ops.hpp"

#include "config/metrics.hpp"

#include <nlohmann/json.hpp>

namespace troupe::http {
namespace {

using json = nlohmann::ordered_json;

/// The front's thread answers: that is what is asked.
asio::awaitable<response> healthz(exchange&) {
  co_return json_response(200, R"({"status":"ok"})");
}

/// 503 while it starts or drains: a balancer sends requests elsewhere.
asio::awaitable<response> readyz(exchange& x) {
  const auto h = x.server.to.health();
  const bool takes = h.ready && !h.draining;
  const json body{{"status", takes        ? "ok"
                             : h.draining ? "draining"
                                          : "starting"},
                  {"open_batches", h.open_batches}};
  auto r = json_response(takes ? 200 : 503, body.dump());
  if (!takes) r.headers.emplace_back("Retry-After", "5");
  co_return r;
}

asio::awaitable<response> version(exchange&) {
  co_return json_response(200, R"({"name":"troupe","version":")" TROUPE_VERSION R"("})");
}

asio::awaitable<response> metrics_text(exchange& x) {
  if (x.who.key && !x.who.key->notebooks.empty())
    co_return error_response(403, "forbidden", "metrics are every notebook's: the key may not read them");
  auto& meter = x.server.to.meter();
  meter.level(metric::http_listeners).set(double(x.server.streams.listeners()));
  response r;
  r.content_type = "text/plain; version=0.0.4; charset=utf-8";
  r.body = co_await callback<std::string>(x, [&](auto done) {
    asio::post(x.server.workers, [&x, &meter, done] {
      x.server.to.measure();
      done(meter.text());
    });
  });
  co_return r;
}

} // namespace

std::vector<route> ops_routes() {
  std::vector<route> out;
  out.push_back({"GET", "/healthz", scope::open, healthz});
  out.push_back({"GET", "/readyz", scope::open, readyz});
  out.push_back({"GET", "/version", scope::open, version});
  out.push_back({"GET", "/metrics", scope::keyed, metrics_text});
  add_documentation_routes(out);
  return out;
}

} // namespace troupe::http
