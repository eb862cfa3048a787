/// How hosts are treated.
#include "http/callback.hpp"
#include "http/json_text.hpp"
#include "http/v1/v1.hpp"

#include "model/text.hpp"

namespace troupe::http {
namespace {

using json = nlohmann::ordered_json;

constexpr uint64_t most_concurrency = 1'000;
constexpr uint64_t longest_delay = 3'600'000;

/// `host:port` in lower case; without a port that of https.
result<std::string> host_name(const std::string& given) {
  const auto url = usable_url("https://" + given + "/", 512);
  if (!url || given.find_first_of("/@?#") != given.npos)
    return fail(errc::invalid_request, "host: expected HOST or HOST:PORT");
  const auto host = ascii_lower(given);
  const bool has_port = host.find(':', host.rfind(']') == host.npos ? 0 : host.rfind(']')) != host.npos;
  return has_port ? host : host + ":443";
}

json host_json(const std::string& host, const host_look& v) {
  json out{{"host", host},
           {"paused", v.rule.paused},
           {"max_concurrency", v.max_concurrency},
           {"delay_ms", v.delay.count()},
           {"active", v.active},
           {"waiting_batches", v.waiting_batches},
           {"own_rule", json::object()}};
  if (v.held_until != timestamp{}) out["held_until"] = to_rfc3339(v.held_until);
  if (v.rule.max_concurrency) out["own_rule"]["max_concurrency"] = *v.rule.max_concurrency;
  if (v.rule.delay) out["own_rule"]["delay_ms"] = v.rule.delay->count();
  return out;
}

asio::awaitable<response> answer_look(exchange& x, const std::string& host) {
  const auto v =
      co_await callback<result<host_look>>(x, [&](auto done) { x.server.to.look_at_host(host, done); });
  co_return v ? json_response(200, dump(host_json(host, *v))) : error_response(v.error());
}

asio::awaitable<response> get_host(exchange& x) {
  const auto host = host_name(x.arguments[0]);
  if (!host) co_return error_response(host.error());
  co_return co_await answer_look(x, *host);
}

/// `null` takes a rule back; what is not there stays as it is.
template <class T>
failure read_rule(const nlohmann::json& body, const char* name, uint64_t low, uint64_t high,
                  std::optional<T>& into) {
  const auto it = body.find(name);
  if (it == body.end()) return fail(errc::none);
  into.reset();
  if (it->is_null()) return fail(errc::none);
  if (!it->is_number_unsigned() || *it < low || *it > high)
    return fail(errc::invalid_request, std::string(name) + ": expected a whole number from " +
                                           std::to_string(low) + " to " + std::to_string(high));
  into = T(it->get<uint32_t>());
  return fail(errc::none);
}

failure read_rules(const nlohmann::json& body, host_rule& into) {
  if (const auto p = body.find("paused"); p != body.end()) {
    if (!p->is_boolean() && !p->is_null())
      return fail(errc::invalid_request, "paused: expected true or false");
    into.paused = p->is_boolean() && p->get<bool>();
  }
  auto f = read_rule(body, "max_concurrency", 1, most_concurrency, into.max_concurrency);
  return f.code != errc::none ? f : read_rule(body, "delay_ms", 0, longest_delay, into.delay);
}

asio::awaitable<response> change_host(exchange& x) {
  if (!x.who.may_manage())
    co_return error_response(403, "forbidden", "hosts are every notebook's: the key may not change them");
  const auto host = host_name(x.arguments[0]);
  if (!host) co_return error_response(host.error());
  const auto body = v1_object(x);
  if (!body) co_return error_response(body.error());
  const auto known = co_await callback<result<record>>(
      x, [&](auto done) { x.server.to.ask().find_record(host_rule{}, *host, done); });
  host_rule rule{.host = *host};
  if (known) rule = std::get<host_rule>(*known);
  if (auto f = read_rules(*body, rule); f.code != errc::none) co_return error_response(f);
  const auto kept = co_await callback<result<record>>(x, [&](auto done) { x.server.to.keep(rule, done); });
  if (!kept) co_return error_response(kept.error());
  co_return co_await answer_look(x, *host);
}

} // namespace

void add_v1_host_routes(std::vector<route>& into) {
  into.push_back({"GET", "/v1/hosts/{}", scope::keyed, get_host});
  into.push_back({"PATCH", "/v1/hosts/{}", scope::keyed, change_host});
}

} // namespace troupe::http
