/// The API's description: for programs, and as a page.
#include "http/ops/embedded.hpp"
#include "http/ops/ops.hpp"

namespace troupe::http {
namespace {

/// Nothing but this server's own script runs in the page; Redoc makes styles as it goes, and searches in a
/// worker.
constexpr const char* page_policy =
    "default-src 'none'; script-src 'self'; worker-src 'self' blob:; connect-src 'self'; "
    "style-src 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'";

constexpr const char* page = R"(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Troupe: the API</title>
<style>body { margin: 0 }</style>
</head>
<body>
<redoc spec-url="openapi.json" disable-google-font="true" hide-download-button="true"></redoc>
<noscript><p>The description is in <a href="openapi.yaml">openapi.yaml</a>.</p></noscript>
<script src="docs/redoc.js"></script>
</body>
</html>
)";

response embedded_file(const char* type, std::string_view bytes) {
  response r;
  r.content_type = type;
  r.body = bytes;
  r.headers = {{"X-Content-Type-Options", "nosniff"}, {"Cache-Control", "max-age=3600"}};
  return r;
}

asio::awaitable<response> openapi_json(exchange&) {
  co_return embedded_file("application/json", embedded::openapi_json());
}

asio::awaitable<response> openapi_yaml(exchange&) {
  co_return embedded_file("application/yaml", embedded::openapi_yaml());
}

/// What the page refers to lies beside it, not below.
asio::awaitable<response> docs(exchange& x) {
  if (x.target.find("/docs/") != x.target.npos) {
    auto r = embedded_file("text/plain", "");
    r.status = 308;
    r.headers.emplace_back("Location", "../docs");
    co_return r;
  }
  auto r = embedded_file("text/html; charset=utf-8", page);
  r.headers.emplace_back("Content-Security-Policy", page_policy);
  co_return r;
}

asio::awaitable<response> redoc(exchange&) {
  auto r = embedded_file("text/javascript; charset=utf-8", embedded::redoc_js_gz());
  r.headers.emplace_back("Content-Encoding", "gzip");
  co_return r;
}

} // namespace

void add_documentation_routes(std::vector<route>& into) {
  into.push_back({"GET", "/openapi.json", scope::open, openapi_json});
  into.push_back({"GET", "/openapi.yaml", scope::open, openapi_yaml});
  into.push_back({"GET", "/docs", scope::open, docs});
  into.push_back({"GET", "/docs/redoc.js", scope::open, redoc});
}

} // namespace troupe::http
