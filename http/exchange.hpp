#pragma once
/// One request and its answer, as handlers see them.

#include "actors/gateway.hpp"
#include "config/settings.hpp"
#include "http/body.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/thread_pool.hpp>
#include <nlohmann/json_fwd.hpp>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace troupe::http {

namespace asio = boost::asio;

/// Writes a body piece by piece. False when the client is gone or too slow. The piece is the caller's and
/// stays where it is until then: g++ 12 destroys some temporaries of a co_await twice.
class stream_writer {
public:
  virtual ~stream_writer() = default;
  virtual asio::awaitable<bool> write(const std::string& piece) = 0;
};
using stream_body = std::function<asio::awaitable<void>(stream_writer&)>;

/// What went wrong, in the words of no API yet: the session renders it for the one that was called.
struct error_body {
  std::string code;
  std::string detail;
};

struct response {
  unsigned status = 200;
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers;
  /// Bytes, a file's content, or a stream; no body at all with 204.
  std::string body;
  std::string file;
  stream_body stream;
  /// Called with the connection's socket once the head is sent: what follows is the callee's to send and to
  /// end.
  std::function<void(int)> take_socket;
  /// Set: what stands in the place of a body.
  std::optional<error_body> error;
};

/// The next bytes of a request's body; none at its end.
struct body_piece {
  /// Valid until the next call.
  std::string_view data;
  /// The body cannot be read on: the answer that says why.
  std::optional<response> refused;
};

/// A body as it arrives, for handlers that take it piece by piece.
class body_source {
public:
  virtual ~body_source() = default;
  virtual asio::awaitable<body_piece> next() = 0;
};

/// Who asks, as far as keys tell.
struct caller {
  /// Null without keys: may do everything.
  std::shared_ptr<const api_key> key;
  /// Who signed in by cookie: what it called itself.
  std::string user;
  /// SHA-256 of the cookie's value; empty: it came with a key.
  std::string session;
  bool may_manage() const { return !key || (key->may_write && key->notebooks.empty()); }
  bool may_see(notebook_id n) const;
  bool may_write(notebook_id n) const;
};

/// What every handler may use; outlives all of them.
class key_ring;
class requests_in_flight;
class feeds;
class forwarder;

class rendered_batches;

struct server_context {
  const settings& options;
  gateway& to;
  /// The front's thread only.
  key_ring& keys;
  requests_in_flight& in_flight;
  feeds& streams;
  /// For work that takes long: spooled bodies.
  asio::thread_pool& workers;
  /// The front's thread only.
  forwarder& others;
  /// The front's thread only.
  rendered_batches& rendered;
  std::atomic<int64_t> spooled_requests{0};
};

struct exchange {
  server_context& server;
  asio::any_io_executor executor;
  std::string method;
  /// Path and query as sent.
  std::string target;
  std::string content_length;
  /// Of the path, percent-decoded, in the order of the route's placeholders.
  std::vector<std::string> arguments;
  std::map<std::string, std::string> query;
  std::map<std::string, std::string> headers;
  /// All header lines, where the request may have to be handed on.
  std::vector<std::pair<std::string, std::string>> sent;
  /// Another node's front handed it on to this one.
  bool handed_on = false;
  /// Wanted is the head of the answer alone.
  bool head_only = false;
  caller who;
  std::string content_type;
  /// `X-Request-Id`: the client's own, or one made for the request.
  std::string request_id;
  /// Read whole before the handler runs, unless its route is streamed: then `incoming` is what is to be read.
  request_body body;
  body_source* incoming = nullptr;
  /// Of a request with an `Idempotency-Key`: under what its answer is kept. Who keeps it with what it commits
  /// sets `receipt_kept`.
  std::optional<receipt> kept_as;
  bool receipt_kept = false;
};

/// Reads the rest of the body into `x.body`, at most `http.body_bytes`. None: it is there.
asio::awaitable<std::optional<response>> read_whole_body(exchange& x);

using handler = std::function<asio::awaitable<response>(exchange&)>;

/// A JSON answer.
response json_response(unsigned status, std::string body);
/// An error answer.
response error_response(unsigned status, std::string_view code, std::string_view detail);
/// The answer to a failure: its status by its code; `Retry-After` where trying again makes sense.
response error_response(const failure& f);

/// Gives an error answer its body: `{"success": false, "detail", "code"}` for the guide's clients, a problem
/// (RFC 9457) with `code`, `request_id` and, where one member or parameter is to blame, `errors` for those of
/// the native API.
void render_error(response& r, bool native, bool has_body, const std::string& request_id);

/// An original, never as a page of this server's own origin.
response bytes_response(const source_bytes& b);

/// See callback.hpp.
template <class T, class Start>
asio::awaitable<T> callback(exchange& x, Start start);

} // namespace troupe::http
