#include "http/exchange.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace troupe::http {
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
  const nlohmann::ordered_json body{{"success", false}, {"detail", detail}, {"code", code}};
  auto r = json_response(status, body.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
  if (status == 429 || status == 503) r.headers.emplace_back("Retry-After", "5");
  return r;
}

response error_response(const failure& f) {
  return error_response(status_of(f.code), info(f.code).name, f.text());
}

} // namespace troupe::http
