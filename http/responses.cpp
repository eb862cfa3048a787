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
  case errc::upload_id_taken:
  case errc::batch_ended:
  case errc::batch_open:
  case errc::batch_sealed:
  case errc::in_progress:
  case errc::limit_reached: return 409;
  case errc::gone: return 410;
  case errc::notebook_full: return 429;
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

/// Where a text begins with the name of what it is about, as `items[3]: …` or `webhook.url: …`, that is
/// pointed at: in the body by a JSON Pointer (RFC 6901), in the query by the parameter's name.
nlohmann::ordered_json errors_of(const std::string& detail, bool in_body) {
  const auto end = detail.find(": ");
  if (end == 0 || end == detail.npos) return nullptr;
  std::string pointer = "/";
  for (const char c : std::string_view(detail).substr(0, end)) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    if (!plain && c != '.' && c != '[' && c != ']') return nullptr;
    if (plain) pointer += c;
    if (c == '.' || c == '[') pointer += '/';
  }
  const auto text = detail.substr(end + 2);
  if (in_body) return {{{"pointer", pointer}, {"detail", text}}};
  return {{{"parameter", pointer.substr(1)}, {"detail", text}}};
}

void render_error(response& r, bool native, bool has_body, const std::string& request_id) {
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
  if (native && r.status == 400)
    if (auto errors = errors_of(r.error->detail, has_body); errors.is_array())
      body["errors"] = std::move(errors);
  if (native) r.content_type = "application/problem+json";
  r.body = dump(body);
  r.error.reset();
}

asio::awaitable<std::optional<response>> read_whole_body(exchange& x) {
  const auto most = static_cast<uint64_t>(x.server.options.http.body_bytes);
  for (;;) {
    auto piece = co_await x.incoming->next();
    if (piece.refused) co_return std::move(piece.refused);
    if (piece.data.empty()) co_return std::nullopt;
    if (x.body.size() + piece.data.size() > most)
      co_return error_response(413, "body_too_large", "the body is longer than http.body_bytes");
    if (auto f = x.body.append(piece.data); f.code != errc::none) co_return error_response(f);
  }
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
