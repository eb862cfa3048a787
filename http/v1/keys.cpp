/// API keys, and browsers that sign in with one.
#include "http/keys.hpp"
#include "http/callback.hpp"
#include "http/door.hpp"
#include "http/feeds.hpp"
#include "http/json_text.hpp"
#include "http/v1/v1.hpp"

#include "model/content.hpp"
#include "model/secrets.hpp"

namespace troupe::http {
namespace {

using json = nlohmann::ordered_json;

constexpr size_t longest_name = 200;
constexpr size_t most_notebooks = 10'000;
const size_t key_kind = record{access_key{}}.index();
const size_t session_kind = record{browser_session{}}.index();

response no_manager() {
  return error_response(403, "forbidden", "only a key that may write everywhere may do this");
}

// -- keys ----------------------------------------------------------------------------------------------

json key_json(const access_key& k) {
  json out{{"id", k.id}, {"name", k.name}, {"write", k.may_write}, {"created_at", to_rfc3339(k.created)}};
  out["notebooks"] = k.notebooks;
  return out;
}

result<access_key> read_key(const nlohmann::json& body) {
  access_key k;
  const auto name = body.find("name");
  if (name == body.end() || !name->is_string() || name->get_ref<const std::string&>().empty() ||
      name->get_ref<const std::string&>().size() > longest_name)
    return fail(errc::invalid_request, "name: expected a text of up to 200 bytes");
  k.name = *name;
  if (const auto w = body.find("write"); w != body.end()) {
    if (!w->is_boolean()) return fail(errc::invalid_request, "write: expected true or false");
    k.may_write = *w;
  }
  if (const auto n = body.find("notebooks"); n != body.end()) {
    const auto is_id = [](const nlohmann::json& e) { return e.is_number_unsigned() && e <= max_id; };
    if (!n->is_array() || n->size() > most_notebooks || !std::all_of(n->begin(), n->end(), is_id))
      return fail(errc::invalid_request, "notebooks: expected an array of whole numbers");
    k.notebooks = n->get<std::vector<uint64_t>>();
  }
  return k;
}

/// The key's text is told here and never again.
asio::awaitable<response> make_key(exchange& x) {
  auto& ring = x.server.keys;
  if (!x.who.may_manage()) co_return no_manager();
  const auto body = v1_object(x);
  if (!body) co_return error_response(body.error());
  auto k = read_key(*body);
  if (!k) co_return error_response(k.error());
  if (ring.made() >= static_cast<size_t>(x.server.options.limits.keys))
    co_return error_response(fail(errc::limit_reached, "there are limits.keys keys"));
  if (!ring.has_manager() && !(k->may_write && k->notebooks.empty()))
    co_return error_response(fail(
        errc::limit_reached, "the first key has to be one that may write everywhere: it makes the others"));
  const auto text = random_secret("trp_");
  k->sha256 = sha256(text).hex();
  k->id = "key_" + k->sha256.substr(0, 16);
  k->created = now();
  const access_key row = *k;
  const auto kept = co_await callback<result<record>>(x, [&](auto done) { x.server.to.keep(row, done); });
  if (!kept) co_return error_response(kept.error());
  ring.add(row);
  auto out = key_json(row);
  out["key"] = text;
  co_return json_response(201, dump(out));
}

asio::awaitable<response> list_keys(exchange& x) {
  if (!x.who.may_manage()) co_return no_manager();
  const auto all = co_await callback<result<std::vector<record>>>(
      x, [&](auto done) { x.server.to.ask().records(access_key{}, done); });
  if (!all) co_return error_response(all.error());
  auto data = json::array();
  for (const auto& r : *all)
    data.push_back(key_json(std::get<access_key>(r)));
  co_return v1_page(x, std::move(data), std::nullopt);
}

/// The last key that may make others stays as long as there are others.
asio::awaitable<response> drop_key(exchange& x) {
  auto& ring = x.server.keys;
  if (!x.who.may_manage()) co_return no_manager();
  const auto& id = x.arguments[0];
  if (ring.made() > 1 && !ring.has_manager(id))
    co_return error_response(fail(errc::limit_reached, "nobody could make or drop keys any more"));
  const auto gone =
      co_await callback<result<bool>>(x, [&](auto done) { x.server.to.forget(key_kind, id, done); });
  if (!gone) co_return error_response(gone.error());
  if (!*gone) co_return error_response(fail(errc::not_found, "there is no key \"" + id + '"'));
  if (const auto sha256 = ring.drop(id); !sha256.empty()) x.server.streams.drop(sha256);
  response r;
  r.status = 204;
  co_return r;
}

// -- sessions ------------------------------------------------------------------------------------------

std::string cookie(const settings& s, std::string_view name, std::string_view value, milliseconds age,
                   bool hidden) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(age).count();
  return std::string(name) + '=' + std::string(value) + "; Path=/; Max-Age=" + std::to_string(seconds) +
         (hidden ? "; HttpOnly" : "") + "; SameSite=" + s.http.cookie_same_site +
         (s.http.cookie_same_site == "None" || !s.http.tls_certificate.empty() ? "; Secure" : "");
}

void set_cookies(const settings& s, const std::string& secret, response& r) {
  const auto age = s.http.session_lifetime;
  r.headers.emplace_back("Set-Cookie", cookie(s, "sessionid", secret, age, true));
  r.headers.emplace_back("Set-Cookie", cookie(s, "csrftoken", csrf_token_of(secret), age, false));
}

asio::awaitable<void> forget_session(exchange& x, const std::string& hash) {
  x.server.keys.drop_session(hash);
  x.server.streams.drop(hash);
  co_await callback<result<bool>>(x, [&](auto done) { x.server.to.forget(session_kind, hash, done); });
}

/// Signs a browser in: `body` names the user and the key.
asio::awaitable<response> sign_in(exchange& x, const std::string& user, const std::string& key) {
  auto& ring = x.server.keys;
  const auto found = ring.find(key);
  if (!found && !ring.empty()) co_return error_response(401, "unauthorized", "the key is not known");
  const auto at = now();
  const auto old = ring.outdated(at, static_cast<size_t>(x.server.options.limits.sessions));
  for (const auto& hash : old)
    co_await forget_session(x, hash);
  const auto secret = random_secret("");
  const browser_session row{sha256(secret).hex(), sha256(key).hex(), user.substr(0, longest_name),
                            at + x.server.options.http.session_lifetime};
  const auto kept = co_await callback<result<record>>(x, [&](auto done) { x.server.to.keep(row, done); });
  if (!kept) co_return error_response(kept.error());
  ring.add(row);
  auto r = json_response(200, dump({{"success", true},
                                    {"username", row.user},
                                    {"csrftoken", csrf_token_of(secret)},
                                    {"expires_at", to_rfc3339(row.expires)}}));
  set_cookies(x.server.options, secret, r);
  co_return r;
}

std::string text_in(const nlohmann::json& body, const char* name) {
  const auto it = body.find(name);
  return it != body.end() && it->is_string() ? it->get<std::string>() : std::string{};
}

asio::awaitable<response> begin_session(exchange& x) {
  const auto body = v1_object(x);
  if (!body) co_return error_response(body.error());
  auto user = text_in(*body, "username");
  if (user.empty()) user = "key";
  const auto key = text_in(*body, "key");
  co_return co_await sign_in(x, user, key);
}

asio::awaitable<response> end_session(exchange& x) {
  if (!x.who.session.empty()) co_await forget_session(x, x.who.session);
  response r;
  r.status = 204;
  for (const auto* name : {"sessionid", "csrftoken"})
    r.headers.emplace_back("Set-Cookie", cookie(x.server.options, name, "", milliseconds{0}, true));
  co_return r;
}

// -- as the guide's clients sign in ----------------------------------------------------------------------

/// Any name, a key as the password.
asio::awaitable<response> login(exchange& x) {
  const auto body = v1_object(x);
  if (!body) co_return error_response(body.error());
  auto user = text_in(*body, "username");
  if (user.empty()) user = text_in(*body, "email");
  const auto key = text_in(*body, "password");
  co_return co_await sign_in(x, user, key);
}

/// A page asks for its token before it signs in; signed in, it has one that counts.
asio::awaitable<response> csrf(exchange& x) {
  const auto cookies = x.headers.find("Cookie");
  const auto session =
      cookies == x.headers.end() ? std::string_view{} : cookie_named(cookies->second, "sessionid");
  const bool signed_in = !session.empty() && x.server.keys.session(session, now());
  const auto token = signed_in ? csrf_token_of(session) : random_secret("").substr(0, 32);
  auto r = json_response(200, dump({{"success", true}, {"csrfToken", token}}));
  r.headers.emplace_back("Set-Cookie", cookie(x.server.options, "csrftoken", token,
                                              x.server.options.http.session_lifetime, false));
  co_return r;
}

asio::awaitable<response> me(exchange& x) {
  const auto& k = x.who.key;
  const auto user = !x.who.user.empty() ? x.who.user : k ? k->name : std::string("local");
  json body{{"success", true}, {"username", user}, {"is_authenticated", true}};
  body["write"] = !k || k->may_write;
  body["notebooks"] = k ? k->notebooks : std::vector<uint64_t>{};
  co_return json_response(200, dump(body));
}

} // namespace

void add_v1_key_routes(std::vector<route>& into) {
  into.push_back({"POST", "/v1/keys", scope::keyed, make_key});
  into.push_back({"GET", "/v1/keys", scope::keyed, list_keys});
  into.push_back({"DELETE", "/v1/keys/{}", scope::keyed, drop_key});
  into.push_back({"POST", "/v1/session", scope::open, begin_session});
  into.push_back({"DELETE", "/v1/session", scope::keyed, end_session});
  into.push_back({"GET", "/api/v1/users/csrf/", scope::open, csrf});
  into.push_back({"POST", "/api/v1/users/login/", scope::open, login});
  into.push_back({"GET", "/api/v1/users/me/", scope::keyed, me});
}

} // namespace troupe::http
