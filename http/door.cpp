#include "http/door.hpp"

#include "model/content.hpp"
#include "model/network.hpp"
#include "model/text.hpp"

#include <openssl/crypto.h>

#include <algorithm>

namespace troupe::http {
namespace {

/// The host of `host:port`, without brackets.
std::string without_port(std::string_view host) {
  if (host.starts_with('[')) return std::string(host.substr(1, host.find(']') - 1));
  return ascii_lower(host.substr(0, host.rfind(':')));
}

bool same_hash(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

response unauthorized(std::string_view detail) {
  auto r = error_response(401, "unauthorized", detail);
  r.headers.emplace_back("WWW-Authenticate", "Bearer");
  return r;
}

} // namespace

door::door(const settings& s)
    : s_(s)
    , own_host_(without_port(s.http.listen)) {}

bool door::knows_host(std::string_view host) const {
  const auto name = without_port(host);
  if (name == "localhost" || name == own_host_) return true;
  if (const auto ip = parse_ip(name); ip && is_loopback(*ip)) return true;
  return std::any_of(s_.http.allowed_hosts.begin(), s_.http.allowed_hosts.end(), [&](const std::string& h) {
    return ascii_lower(h) == name || ascii_lower(h) == ascii_lower(host);
  });
}

bool door::allows_origin(std::string_view origin, std::string_view host) const {
  if (origin.empty()) return true;
  const auto scheme_end = origin.find("://");
  if (scheme_end != origin.npos && ascii_lower(origin.substr(scheme_end + 3)) == ascii_lower(host))
    return true;
  return std::find(s_.http.allowed_origins.begin(), s_.http.allowed_origins.end(), origin) !=
         s_.http.allowed_origins.end();
}

std::optional<response> door::check(const request& r) const {
  const bool strict = s_.http.keys.empty() || !s_.http.allowed_hosts.empty();
  if (strict && !knows_host(r.host))
    return error_response(421, "wrong_host",
                          "this server does not answer to that name; see http.allowed_hosts");
  if (!allows_origin(r.origin, r.host))
    return error_response(403, "forbidden_origin",
                          "pages of that origin may not call; see http.allowed_origins");
  return std::nullopt;
}

std::optional<response> door::authorize(const request& r, const route& to,
                                        const std::vector<std::string>& arguments, caller& who) const {
  if (to.needs == scope::open || s_.http.keys.empty()) return std::nullopt;
  constexpr std::string_view bearer = "bearer ";
  if (r.authorization.size() <= bearer.size() ||
      ascii_lower(r.authorization.substr(0, bearer.size())) != bearer)
    return unauthorized("a key is needed: Authorization: Bearer");
  const auto hash = sha256(r.authorization.substr(bearer.size())).hex();
  for (const auto& k : s_.http.keys)
    if (same_hash(hash, k.sha256)) who.key = &k;
  if (!who.key) return unauthorized("the key is not known");
  if (to.needs == scope::keyed) return std::nullopt;
  uint64_t n = 0;
  if (arguments.empty() || !parse_id(arguments.front(), n))
    return std::nullopt; // the handler says what is wrong
  const bool may = to.needs == scope::write ? who.may_write(notebook_id{n}) : who.may_see(notebook_id{n});
  if (!may)
    return error_response(403, "forbidden", "the key may not do this in notebook " + std::to_string(n));
  return std::nullopt;
}

response door::preflight() const {
  response r;
  r.status = 204;
  r.headers = {{"Access-Control-Allow-Methods", "DELETE, GET, OPTIONS, PATCH, POST, PUT"},
               {"Access-Control-Allow-Headers", "accept, authorization, cache-control, content-type, "
                                                "idempotency-key, last-event-id, x-csrftoken, x-request-id"},
               {"Access-Control-Max-Age", "600"}};
  return r;
}

void door::add_headers(const request& r, response& out) const {
  if (r.origin.empty()) return;
  out.headers.emplace_back("Access-Control-Allow-Origin", r.origin);
  out.headers.emplace_back("Access-Control-Allow-Credentials", "true");
  out.headers.emplace_back("Vary", "Origin");
}

} // namespace troupe::http
