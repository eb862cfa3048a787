#include "http/cluster/forwarder.hpp"

#include "http/callback.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include <stdexcept>

#include <sys/socket.h>

namespace troupe::http {
namespace {

namespace beast = boost::beast;
namespace bhttp = beast::http;
using local = asio::local::stream_protocol;
constexpr auto tuple = asio::as_tuple(asio::use_awaitable);

/// For the other front to begin its answer: those that wait for something say so within less.
constexpr std::chrono::seconds answer_timeout{120};
/// For the part of a list: the others are not kept waiting by one that is frozen.
constexpr std::chrono::seconds part_timeout{5};
/// For the next piece of an answer; streams of events are never silent for so long.
constexpr std::chrono::seconds piece_timeout{120};
constexpr std::chrono::seconds write_timeout{30};
/// Idle connections are ended by the other side after `http.idle_timeout_ms`: they are not used that long.
constexpr std::chrono::seconds longest_idle{10};
constexpr size_t block_bytes = 65'536;
/// Answers up to here go on whole.
constexpr uint64_t short_answer = 1u << 20;
/// The part of a list is read whole: a thousand rows with all the tags that they may have.
constexpr uint64_t longest_part = 64u << 20;
constexpr std::uint32_t longest_head = 65'536;

/// Of one connection, not of the message (RFC 9110 section 7.6.1).
bool is_hop_by_hop(beast::string_view name) {
  for (const auto* x :
       {"Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "TE", "Trailer",
        "Transfer-Encoding", "Upgrade", "Expect", "Content-Length", "X-Request-Id"})
    if (beast::iequals(name, x)) return true;
  return false;
}

/// A header of the connection because its `Connection` says so.
bool is_named_hop_by_hop(const exchange& x, const std::string& name) {
  return std::any_of(x.sent.begin(), x.sent.end(), [&](const auto& field) {
    return beast::iequals(field.first, "Connection") && bhttp::token_list{field.second}.exists(name);
  });
}

bool is_ours(beast::string_view name) {
  return is_hop_by_hop(name) || beast::iequals(name, "Server") || beast::iequals(name, "Content-Type") ||
         name.starts_with("Access-Control-") || beast::iequals(name, "Vary");
}

} // namespace

struct upstream {
  upstream(const asio::any_io_executor& on, int socket, node_number of)
      : stream(local::socket{on, local{}, socket})
      , owner(of) {}

  beast::basic_stream<local> stream;
  beast::flat_buffer buffer;
  node_number owner;
  std::chrono::steady_clock::time_point last_used = std::chrono::steady_clock::now();
  std::unique_ptr<bhttp::response_parser<bhttp::buffer_body>> answer;
  std::array<char, block_bytes> block;

  bool is_fresh() {
    char byte;
    const bool quiet = ::recv(stream.socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
                       (errno == EAGAIN || errno == EWOULDBLOCK);
    return quiet && std::chrono::steady_clock::now() - last_used < longest_idle;
  }

  asio::awaitable<bool> write(std::string_view bytes) {
    stream.expires_after(write_timeout);
    const auto [error, n] =
        co_await asio::async_write(stream, asio::buffer(bytes.data(), bytes.size()), tuple);
    co_return !error;
  }

  /// The next bytes of the answer's body; none at its end. Throws when it breaks off.
  asio::awaitable<std::string_view> next() {
    size_t n = 0;
    while (n == 0 && !answer->is_done()) {
      auto& body = answer->get().body();
      body.data = block.data();
      body.size = block.size();
      stream.expires_after(piece_timeout);
      const auto [error, read] = co_await bhttp::async_read_some(stream, buffer, *answer, tuple);
      if (error && error != bhttp::error::need_buffer)
        throw std::runtime_error("the answer of another node broke off: " + error.message());
      n = block.size() - answer->get().body().size;
    }
    co_return std::string_view{block.data(), n};
  }
};

response not_here() {
  return home_away("nodes do not agree yet where this lives");
}

response home_away(const std::string& why) {
  return error_response(503, "home_away", why);
}

forwarder::~forwarder() = default;

namespace {

std::string head_of(const exchange& x, const std::string& target, bool with_body, bool chunked) {
  std::string out = (with_body ? x.method : std::string("GET")) + " " + target + " HTTP/1.1\r\n";
  for (const auto& [name, value] : x.sent)
    if (!is_hop_by_hop(name) && !is_named_hop_by_hop(x, name) &&
        (with_body || !beast::iequals(name, "Content-Type")))
      out += name + ": " + value + "\r\n";
  out += "X-Request-Id: " + x.request_id + "\r\n";
  if (with_body && chunked) out += "Transfer-Encoding: chunked\r\n";
  if (with_body && !chunked && !x.content_length.empty())
    out += "Content-Length: " + x.content_length + "\r\n";
  return out + "\r\n";
}

bool comes_chunked(const exchange& x) {
  return std::any_of(x.sent.begin(), x.sent.end(),
                     [](const auto& f) { return beast::iequals(f.first, "Transfer-Encoding"); });
}

asio::awaitable<bool> write_piece(upstream& up, std::string_view piece, bool chunked) {
  if (piece.empty()) co_return true;
  if (!chunked) co_return co_await up.write(piece);
  char size[20];
  const int n = std::snprintf(size, sizeof size, "%zx\r\n", piece.size());
  std::string framed{size, static_cast<size_t>(n)};
  framed.append(piece).append("\r\n");
  co_return co_await up.write(framed);
}

/// What was read of the body already, in memory or in a file.
asio::awaitable<bool> write_read_part(upstream& up, request_body& body, bool chunked) {
  if (!body.spooled()) co_return co_await write_piece(up, body.text(), chunked);
  auto* file = body.file();
  std::vector<char> block(block_bytes);
  while (const auto n = std::fread(block.data(), 1, block.size(), file)) {
    const std::string_view piece{block.data(), n};
    if (!co_await write_piece(up, piece, chunked)) co_return false;
  }
  co_return true;
}

/// None: it was sent, or the other side hears no more, which its answer explains.
asio::awaitable<std::optional<response>> write_body(exchange& x, upstream& up, bool chunked) {
  bool heard = co_await write_read_part(up, x.body, chunked);
  while (heard && x.incoming) {
    auto piece = co_await x.incoming->next();
    if (piece.refused) co_return std::move(piece.refused);
    if (piece.data.empty()) break;
    heard = co_await write_piece(up, piece.data, chunked);
  }
  static constexpr std::string_view last = "0\r\n\r\n";
  if (heard && chunked) co_await up.write(last);
  co_return std::nullopt;
}

response head_of_answer(const upstream& up) {
  const auto& m = up.answer->get();
  response r;
  r.status = m.result_int();
  const auto type = m[bhttp::field::content_type];
  r.content_type.assign(type.data(), type.size());
  for (const auto& f : m)
    if (!is_ours(f.name_string()))
      r.headers.emplace_back(std::string(f.name_string()), std::string(f.value()));
  return r;
}

} // namespace

asio::awaitable<forwarder::upstream_ptr> forwarder::connect(exchange& x, node_number owner) {
  auto& waiting = idle_[owner];
  while (!waiting.empty()) {
    const auto up = waiting.back();
    waiting.pop_back();
    if (up->is_fresh()) co_return up;
  }
  const auto opened =
      co_await callback<result<int>>(x, [&](auto done) { to_.others().open_stream(owner, std::move(done)); });
  if (!opened) co_return nullptr;
  co_return std::make_shared<upstream>(x.executor, *opened, owner);
}

void forwarder::keep(const upstream_ptr& up) {
  auto& waiting = idle_[up->owner];
  // What is left of an answer would be taken for the next.
  if (waiting.size() >= most_idle || up->buffer.size() > 0) return;
  up->answer.reset();
  up->stream.expires_never();
  up->last_used = std::chrono::steady_clock::now();
  waiting.push_back(up);
}

asio::awaitable<std::optional<response>> forwarder::read_answer(upstream_ptr up, bool head_only,
                                                                std::chrono::seconds limit, uint64_t whole) {
  up->answer = std::make_unique<bhttp::response_parser<bhttp::buffer_body>>();
  up->answer->header_limit(longest_head);
  up->answer->body_limit(boost::none);
  if (head_only) up->answer->skip(true);
  up->stream.expires_after(limit);
  const auto [error, n] = co_await bhttp::async_read_header(up->stream, up->buffer, *up->answer, tuple);
  if (error) co_return std::nullopt;
  auto r = head_of_answer(*up);
  const bool reusable = up->answer->get().keep_alive();
  const auto length = up->answer->content_length();
  if (up->answer->is_done() || (length && *length <= whole)) {
    for (;;) {
      const auto piece = co_await up->next();
      if (piece.empty()) break;
      r.body += piece;
    }
    if (reusable) keep(up);
    co_return r;
  }
  r.stream = [this, up, reusable](stream_writer& out) -> asio::awaitable<void> {
    std::string piece;
    for (;;) {
      const auto bytes = co_await up->next();
      if (bytes.empty()) break;
      piece.assign(bytes);
      const bool sent = co_await out.write(piece);
      if (!sent) co_return;
    }
    if (reusable) keep(up);
  };
  co_return r;
}

asio::awaitable<std::optional<response>> forwarder::exchange_with(exchange& x, upstream_ptr up,
                                                                  const std::string& target, bool with_body) {
  const bool chunked = with_body && comes_chunked(x);
  const bool has_body = with_body && (chunked || !x.content_length.empty());
  const auto head = head_of(x, target, with_body, chunked);
  const bool heard = co_await up->write(head);
  if (!heard) co_return std::nullopt;
  if (has_body) {
    auto refused = co_await write_body(x, *up, chunked);
    if (refused) co_return refused;
  }
  co_return co_await read_answer(up, with_body && x.head_only, with_body ? answer_timeout : part_timeout,
                                 with_body ? short_answer : longest_part);
}

asio::awaitable<response> forwarder::send(exchange& x, const destination& d) {
  // Its home keeps the answer for who asks again.
  x.receipt_kept = true;
  if (d.what == destination::kind::unknown)
    co_return home_away("where this notebook lives is not known before every owner was here once");
  const auto up = co_await connect(x, d.owner);
  if (!up) co_return home_away("the node that has this is away");
  auto r = co_await exchange_with(x, up, x.target, true);
  if (!r) co_return home_away("the node that has this went away");
  co_return std::move(*r);
}

asio::awaitable<std::optional<response>> forwarder::to_home(exchange& x, notebook_id n) {
  if (!wanted_) co_return std::nullopt;
  const auto d = destination_of(n, to_.others());
  if (d.what == destination::kind::here) co_return std::nullopt;
  if (x.handed_on) co_return not_here();
  co_return co_await send(x, d);
}

asio::awaitable<std::optional<response>> forwarder::ask(exchange& x, node_number owner,
                                                        const std::string& target) {
  const auto up = co_await connect(x, owner);
  if (!up) co_return std::nullopt;
  co_return co_await exchange_with(x, up, target, false);
}

} // namespace troupe::http
