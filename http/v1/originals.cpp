/// Bytes that are sent ahead of their items.
#include "http/callback.hpp"
#include "http/incoming_file.hpp"
#include "http/json_text.hpp"
#include "http/multipart.hpp"
#include "http/v1/v1.hpp"
#include "model/text.hpp"

namespace troupe::http {
namespace {

using json = nlohmann::ordered_json;

/// A body as it becomes content, within `limits.file_bytes`.
class original_body {
public:
  explicit original_body(const server_context& server)
      : most_(static_cast<uint64_t>(server.options.limits.file_bytes))
      , file_(server) {}

  failure feed(std::string_view bytes) {
    if (file_.size() + bytes.size() > most_)
      return fail(errc::too_large, "the original is larger than limits.file_bytes");
    return file_.append(bytes);
  }
  result<content_ref> finish() {
    if (file_.size() == 0) return fail(errc::empty_content, "the original is empty");
    return file_.close();
  }

private:
  uint64_t most_;
  incoming_file file_;
};

/// What was read ahead, to tell whether the request came before.
failure feed_read(request_body& from, original_body& into) {
  if (!from.spooled()) return into.feed(from.text());
  auto* file = from.file();
  char block[65'536];
  while (const auto n = std::fread(block, 1, sizeof block, file))
    if (auto f = into.feed({block, n}); f.code != errc::none) return f;
  return fail(errc::none);
}

asio::awaitable<result<content_ref>> receive(exchange& x, std::optional<response>& refused) {
  original_body body{x.server};
  if (x.body.size() > 0) {
    auto f = co_await callback<failure>(
        x, [&](auto done) { asio::post(x.server.workers, [&, done] { done(feed_read(x.body, body)); }); });
    if (f.code != errc::none) co_return f;
  }
  for (;;) {
    auto piece = co_await x.incoming->next();
    if (piece.refused) {
      refused = std::move(piece.refused);
      co_return fail(errc::invalid_request);
    }
    if (piece.data.empty()) break;
    const auto f = co_await callback<failure>(x, [&](auto done) {
      asio::post(x.server.workers, [&body, data = piece.data, done] { done(body.feed(data)); });
    });
    if (f.code != errc::none) co_return f;
  }
  co_return co_await callback<result<content_ref>>(
      x, [&](auto done) { asio::post(x.server.workers, [&body, done] { done(body.finish()); }); });
}

std::string query_text(const exchange& x, const char* name) {
  const auto it = x.query.find(name);
  return it == x.query.end() ? std::string{} : it->second;
}

response made(const stored_original& o, milliseconds retention) {
  return json_response(201, dump({{"id", "org_" + std::to_string(o.id)},
                                  {"filename", o.filename},
                                  {"sha256", o.hash.hex()},
                                  {"size", o.size},
                                  {"created_at", to_rfc3339(o.created)},
                                  {"expires_at", to_rfc3339(o.created + retention)}}));
}

/// The body is the original; `filename` and `sha256` of the query say what it is called and what it has to
/// be.
asio::awaitable<response> create(exchange& x) {
  if (x.who.key && !x.who.key->may_write) co_return error_response(403, "forbidden", "the key may not write");
  const auto wanted = ascii_lower(query_text(x, "sha256"));
  const bool hexadecimal = wanted.size() == 64 && wanted.find_first_not_of("0123456789abcdef") == wanted.npos;
  if (!wanted.empty() && !hexadecimal)
    co_return error_response(fail(errc::invalid_request, "sha256: expected 64 hexadecimal digits"));
  std::optional<response> refused;
  const auto body = co_await receive(x, refused);
  if (refused) co_return std::move(*refused);
  if (!body) co_return error_response(body.error());
  if (!wanted.empty() && !(digest_from_hex(wanted) == body->hash))
    co_return error_response(422, "digest_mismatch", "the bytes have the SHA-256 " + body->hash.hex());
  stored_original o;
  o.filename = clean_filename(query_text(x, "filename"));
  o.content_type = x.content_type;
  o.hash = body->hash;
  o.size = body->size;
  o.created = now();
  if (x.who.key) o.notebooks = x.who.key->notebooks;
  const auto kept =
      co_await callback<result<record>>(x, [&](auto done) { x.server.to.keep_original(o, *body, done); });
  if (!kept) co_return error_response(kept.error());
  co_return made(std::get<stored_original>(*kept), x.server.options.store.original_retention);
}

} // namespace

void add_v1_original_routes(std::vector<route>& into) {
  into.push_back({"POST", "/v1/originals", scope::keyed, create, true});
}

} // namespace troupe::http
