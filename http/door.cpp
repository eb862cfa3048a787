#include "http/door.hpp"

#include "http/keys.hpp"

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

response unauthorized(std::string_view detail) {
  auto r = error_response(401, "unauthorized", detail);
  r.headers.emplace_back("WWW-Authenticate", "Bearer");
  return r;
}

} // namespace

std::string_view cookie_named(std::string_view cookies, std::string_view name) {
  while (!cookies.empty()) {
    const auto pair = trim(cookies.substr(0, cookies.find(';')));
    if (pair.starts_with(name) && pair.substr(name.size()).starts_with('='))
      return pair.substr(name.size() + 1);
    cookies.remove_prefix(
        std::min(cookies.size(), cookies.find(';') == cookies.npos ? cookies.size() : cookies.find(';') + 1));
  }
  return {};
}

door::door(const settings& s, const key_ring& keys)
    : s_(s)
    , keys_(keys)
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
  const bool strict = keys_.empty() || !s_.http.allowed_hosts.empty();
  // Every browser names a host; some probes that speak HTTP/1.0 do not.
  const bool no_browser = r.names_no_host && r.origin.empty();
  if (strict && !no_browser && !knows_host(r.host))
    return error_response(421, "wrong_host",
                          "this server does not answer to that name; see http.allowed_hosts");
  if (!allows_origin(r.origin, r.host))
    return error_response(403, "forbidden_origin",
                          "pages of that origin may not call; see http.allowed_origins");
  return std::nullopt;
}

std::optional<response> door::know_key(const request& r, caller& who) const {
  constexpr std::string_view bearer = "bearer ";
  if (r.authorization.size() <= bearer.size() ||
      ascii_lower(r.authorization.substr(0, bearer.size())) != bearer)
    return unauthorized("a key is needed: Authorization: Bearer, or sign in");
  who.key = keys_.find(r.authorization.substr(bearer.size()));
  if (!who.key) return unauthorized("the key is not known");
  return std::nullopt;
}

std::optional<response> door::know_session(const request& r, std::string_view cookie, caller& who) const {
  const auto session = keys_.session(cookie, now());
  if (!session) return keys_.empty() ? std::nullopt : std::optional{unauthorized("the session has ended")};
  const bool reads = r.method == "GET" || r.method == "HEAD";
  const auto token = csrf_token_of(cookie);
  const bool same = r.csrf_token.size() == token.size() &&
                    CRYPTO_memcmp(r.csrf_token.data(), token.data(), token.size()) == 0;
  if (!reads && !same)
    return error_response(403, "csrf_failed",
                          "a page that writes sends the cookie csrftoken back as X-CSRFToken");
  who.key = session->key;
  who.user = session->row.user;
  who.session = session->row.sha256;
  return std::nullopt;
}

std::optional<response> door::authorize(const request& r, const route& to,
                                        const std::vector<std::string>& arguments, caller& who) const {
  if (to.needs == scope::open) return std::nullopt;
  const auto cookie = cookie_named(r.cookie, "sessionid");
  const bool by_cookie = r.authorization.empty() && !cookie.empty();
  if (keys_.empty() && !by_cookie) return std::nullopt;
  if (auto no = by_cookie ? know_session(r, cookie, who) : know_key(r, who)) return no;
  if (keys_.empty()) return std::nullopt;
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
