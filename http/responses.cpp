#include "http/exchange.hpp"

#include "http/json_text.hpp"

#include <boost/beast/http/status.hpp>

#include <algorithm>

namespace troupe::http {

namespace bhttp = boost::beast::http;

namespace {

unsigned status_of(errc code) {
  switch (code) {
  case errc::not_found: return 404;
  case errc::invalid_request:
  case errc::invalid_url:
  case errc::unsupported_scheme:
  case errc::url_too_long: return 400;
  case errc::upload_id_taken: return 409;
  case errc::too_large: return 413;
  case errc::overloaded:
  case errc::storage_full:
  case errc::storage_error: return 503;
  case errc::internal_error: return 500;
  default: return 422;
  }
}

} // namespace

bool caller::may_see(notebook_id n) const {
  return !key || key->notebooks.empty() ||
         std::count(key->notebooks.begin(), key->notebooks.end(), raw(n)) > 0;
}
bool caller::may_write(notebook_id n) const {
  return may_see(n) && (!key || key->may_write);
}

response json_response(unsigned status, std::string body) {
  response r;
  r.status = status;
  r.body = std::move(body);
  return r;
}

response error_response(unsigned status, std::string_view code, std::string_view detail) {
  response r;
  r.status = status;
  r.error = error_body{std::string(code), std::string(detail)};
  if (status == 429 || status == 503) r.headers.emplace_back("Retry-After", "5");
  return r;
}

void render_error(response& r, bool native, const std::string& request_id) {
  if (!r.error) return;
  nlohmann::ordered_json body;
  if (native)
    body = {{"type", "about:blank"},
            {"title", bhttp::obsolete_reason(bhttp::int_to_status(r.status))},
            {"status", r.status},
            {"request_id", request_id}};
  else
    body = {{"success", false}};
  body["detail"] = r.error->detail;
  body["code"] = r.error->code;
  if (native) r.content_type = "application/problem+json";
  r.body = dump(body);
  r.error.reset();
}

response error_response(const failure& f) {
  return error_response(status_of(f.code), info(f.code).name, f.text());
}

response bytes_response(const source_bytes& b) {
  response r;
  r.content_type = b.row.content_type.empty() ? "application/octet-stream" : b.row.content_type;
  r.headers = {{"X-Content-Type-Options", "nosniff"},
               {"Content-Security-Policy", "sandbox; default-src 'none'"},
               {"Content-Disposition", "attachment; filename=\"" + file_id(b.row.id) + "\""}};
  if (b.bytes.bytes)
    r.body = *b.bytes.bytes;
  else
    r.file = b.bytes.path;
  return r;
}

} // namespace troupe::http
