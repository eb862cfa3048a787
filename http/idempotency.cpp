#include "http/idempotency.hpp"

#include "http/callback.hpp"
#include "http/json_text.hpp"
#include "http/multipart.hpp"

namespace troupe::http {
namespace {

constexpr std::chrono::seconds longest_wait{30};
constexpr size_t longest_key = 255;
/// Longer answers are not kept; those that accept batches are far shorter.
constexpr size_t longest_answer = 4u << 20;

digest key_of(const exchange& x) {
  return sha256((x.who.key ? x.who.key->sha256 : std::string{}) + '\n' + x.headers.at("Idempotency-Key"));
}

/// A multipart body is not read ahead: its type and length stand for it.
digest fingerprint_of(exchange& x) {
  hasher h;
  h.update(x.method + ' ' + x.target + '\n');
  const auto body = x.body.finish_hash();
  if (body.empty())
    h.update(x.content_length);
  else
    h.update(body.view());
  return h.finish();
}

response replayed(const receipt& r) {
  response out;
  out.status = r.status;
  out.content_type = r.content_type;
  out.body = r.body;
  if (!r.location.empty()) out.headers.emplace_back("Location", r.location);
  out.headers.emplace_back("Idempotent-Replayed", "true");
  return out;
}

std::string location_of(const response& r) {
  for (const auto& [name, value] : r.headers)
    if (name == "Location") return value;
  return {};
}

/// Ends the turn of a key whatever becomes of the request.
struct turn {
  requests_in_flight& all;
  digest key;
  ~turn() { all.end(key); }
};

/// What is told once is not kept: who asks again gets the answer without it.
std::string without_secrets(const response& r) {
  if (r.content_type != "application/json") return r.body;
  auto body = nlohmann::ordered_json::parse(r.body, nullptr, false);
  if (!body.is_object() || (body.erase("key") + body.erase("secret")) == 0) return r.body;
  return dump(body);
}

asio::awaitable<response> run_first(exchange& x, const route& to) {
  auto r = co_await to.run(x);
  if (x.receipt_kept || r.status >= 300 || r.error || r.stream || r.body.size() > longest_answer) co_return r;
  auto kept = *x.kept_as;
  kept.status = static_cast<uint16_t>(r.status);
  kept.location = location_of(r);
  kept.content_type = r.content_type;
  kept.body = without_secrets(r);
  kept.created = now();
  const auto stored =
      co_await callback<result<bool>>(x, [&](auto done) { x.server.to.keep_receipt(kept, done); });
  if (!stored) co_return error_response(stored.error());
  co_return r;
}

} // namespace

bool requests_in_flight::begin(const digest& key, std::shared_ptr<signal> waiting) {
  const auto [it, first] = keys_.try_emplace(key.bytes);
  if (!first) it->second.push_back(std::move(waiting));
  return first;
}

void requests_in_flight::end(const digest& key) {
  const auto gone = keys_.extract(key.bytes);
  if (gone.empty()) return;
  for (const auto& waiting : gone.mapped())
    waiting->notify();
}

asio::awaitable<response> run_once(exchange& x, const route& to) {
  if (x.headers.at("Idempotency-Key").size() > longest_key)
    co_return error_response(400, "invalid_request", "Idempotency-Key: longer than 255 bytes");
  if (to.streamed && boundary_of(x.content_type).empty()) {
    x.body.hash();
    auto no = co_await read_whole_body(x);
    if (no) co_return std::move(*no);
  }
  const auto key = key_of(x);
  const auto fingerprint = fingerprint_of(x);
  const auto until = std::chrono::steady_clock::now() + longest_wait;
  const auto waiting = std::make_shared<signal>(x.executor);
  while (!x.server.in_flight.begin(key, waiting)) {
    co_await waiting->wait(until);
    if (std::chrono::steady_clock::now() >= until)
      co_return error_response(409, "in_progress", "the first request with this Idempotency-Key is at work");
  }
  const turn mine{x.server.in_flight, key};
  const auto known = co_await callback<result<std::optional<receipt>>>(
      x, [&](auto done) { x.server.to.ask().find_receipt(key, done); });
  if (!known) co_return error_response(known.error());
  if (*known && !((*known)->fingerprint == fingerprint))
    co_return error_response(422, "idempotency_key_reused",
                             "this Idempotency-Key was used for another request");
  if (*known) co_return replayed(**known);
  receipt mark;
  mark.key = key;
  mark.fingerprint = fingerprint;
  x.kept_as = std::move(mark);
  co_return co_await run_first(x, to);
}

} // namespace troupe::http
