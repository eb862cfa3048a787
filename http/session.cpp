#include "http/session.hpp"

#include "http/cluster/forwarder.hpp"
#include "http/idempotency.hpp"
#include "http/request_reader.hpp"

#include "config/log.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/core/detect_ssl.hpp>
#include <boost/beast/http.hpp>

#include <algorithm>
#include <cstdio>
#include <optional>
#include <random>

namespace troupe::http {
namespace {

namespace beast = boost::beast;
namespace bhttp = beast::http;
using tcp = asio::ip::tcp;

/// For a client to say that it has understood the end, under TLS.
constexpr std::chrono::seconds goodbye{1};
constexpr auto tuple = asio::as_tuple(asio::use_awaitable);

std::string to_string(beast::string_view s) {
  return {s.data(), s.size()};
}
std::string_view view(beast::string_view s) {
  return {s.data(), s.size()};
}

class connection {
public:
  connection(front_context& front, tcp::socket socket, connection_slot slot, bool of_node)
      : of_node_(of_node)
      , front_(front)
      , slot_(std::move(slot))
      , options_(front.server.options)
      , stream_(std::move(socket), front.limits)
      , answer_(stream_, options_.http.write_timeout)
      , in_(stream_, answer_, options_) {
    beast::error_code ignored;
    stream_.socket().set_option(tcp::no_delay{true}, ignored);
  }

  asio::awaitable<void> run() {
    const bool begun = co_await shake_hands();
    if (!begun) co_return;
    // One co_await a statement: of one behind && g++ 12 has been seen to lose the value.
    for (bool again = true; again && !front_.stopping;) {
      again = co_await in_.begin();
      if (again) again = co_await serve_one();
    }
    if (stream_.tls() && stream_.socket().is_open()) {
      const auto limit = stream_.within(goodbye);
      co_await stream_.tls()->async_shutdown(tuple);
    }
    beast::error_code ignored;
    stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
  }

private:
  /// False: there is no connection to serve.
  asio::awaitable<bool> shake_hands() {
    if (!front_.tls || of_node_) co_return true;
    const auto begun = co_await begin_tls();
    if (begun == hello::other) {
      keep_alive_off();
      answer_.request_id = request_id_of({});
      auto no = error_response(400, "https_required", "this port speaks HTTPS: ask for https://");
      co_await send(no);
    }
    co_return begun == hello::tls;
  }

  /// What a client begins with.
  enum class hello : uint8_t { none, other, tls };

  asio::awaitable<hello> begin_tls() {
    const auto limit = stream_.within(options_.http.header_timeout);
    auto& unread = in_.unread();
    const auto [failed, is_tls] = co_await beast::async_detect_ssl(stream_.socket(), unread, tuple);
    if (failed) co_return hello::none;
    if (!is_tls) co_return hello::other;
    stream_.secure(front_.tls);
    const auto first = unread.data();
    const auto [refused, n] =
        co_await stream_.tls()->async_handshake(asio::ssl::stream_base::server, first, tuple);
    unread.consume(n);
    if (refused) log::debug("a TLS handshake failed", {{"reason", refused.message()}});
    co_return refused ? hello::none : hello::tls;
  }
  void count_requests(int more) {
    front_.requests += more;
    front_.in_flight.set(double(front_.requests));
  }
  void keep_alive_off() { answer_.keep_alive = false; }

  /// True: the connection may be used again.
  asio::awaitable<bool> serve_one() {
    if (const auto error = co_await in_.read_head()) co_return co_await refuse_head(error);
    const auto& head = in_.head();
    answer_.keep_alive = head.keep_alive() && !front_.stopping;
    answer_.version = head.version();
    answer_.head_only = head.method() == bhttp::verb::head;
    answer_.request_id = request_id_of(view(head["X-Request-Id"]));
    origin_ = to_string(head[bhttp::field::origin]);
    has_body_ = head.method() == bhttp::verb::post || head.method() == bhttp::verb::patch;
    native_ = path_part(parse_target(view(head.target())).second).starts_with("/v1/");
    exchange x{front_.server, stream_.get_executor()};
    x.request_id = answer_.request_id;
    route_ = nullptr;
    const auto begun = std::chrono::steady_clock::now();
    count_requests(+1);
    auto answer = co_await handle(x);
    answer_room room{front_, answer.body.size()};
    // What a request has changed is told in any case: sent again it would change it twice.
    if (!has_body_ && room.exceeded()) {
      answer = too_many_answers();
      room.give_back();
    }
    front_.meter.answered(route_, answer.status, std::chrono::steady_clock::now() - begun);
    // The answer first: who waits for it before the body goes on must not wait for the body's time limit.
    if (!in_.body_read()) keep_alive_off();
    in_.end_body();
    const bool streamed = answer.stream != nullptr || answer.take_socket != nullptr;
    if (streamed) count_requests(-1);
    if (answer.take_socket) slot_.release();
    const bool sent = co_await send(answer);
    if (sent && !streamed) co_await in_.drop_body();
    if (!streamed) count_requests(-1);
    co_return sent&& answer_.keep_alive;
  }

  /// The client's own, when it is one line of visible characters.
  static std::string request_id_of(std::string_view given) {
    constexpr size_t longest = 128;
    const bool visible = std::all_of(given.begin(), given.end(), [](char c) { return c > ' ' && c < 0x7f; });
    if (!given.empty() && given.size() <= longest && visible) return std::string(given);
    thread_local std::mt19937_64 random{std::random_device{}()};
    char text[20];
    std::snprintf(text, sizeof text, "req_%014llx",
                  static_cast<unsigned long long>(random() & 0xffffffffffffffu));
    return text;
  }

  asio::awaitable<bool> refuse_head(beast::error_code error) {
    keep_alive_off();
    if (auto no = answer_to_bad_head(error)) co_await send(*no);
    co_return false;
  }

  /// None: there is nobody to answer.
  static std::optional<response> answer_to_bad_head(beast::error_code error) {
    if (error == bhttp::error::header_limit || error == bhttp::error::buffer_overflow)
      return error_response(431, "header_too_large", "the request head is longer than http.header_bytes");
    if (error.category() != bhttp::make_error_code(bhttp::error::bad_method).category()) return std::nullopt;
    return error_response(400, "bad_request", "the request is no HTTP: " + error.message());
  }

  asio::awaitable<response> handle(exchange& x) {
    const auto& head = in_.head();
    const auto hosts = head.count(bhttp::field::host);
    if (hosts > 1 || (hosts == 0 && answer_.version > 10))
      co_return error_response(400, "bad_request", "a request must name its host, once");
    if (!in_.framed()) {
      keep_alive_off();
      co_return error_response(400, "bad_request", "Transfer-Encoding must end with chunked");
    }
    const auto [authority, target] = parse_target(view(head.target()));
    const door::request at_door{view(head.method_string()),
                                authority.empty() ? view(head[bhttp::field::host]) : authority,
                                origin_,
                                view(head[bhttp::field::authorization]),
                                view(head[bhttp::field::cookie]),
                                view(head["X-CSRFToken"]),
                                hosts == 0 && authority.empty()};
    // What another node hands on has been let in there.
    if (!of_node_)
      if (auto no = front_.entrance.check(at_door)) co_return std::move(*no);
    allowed_origin_ = !of_node_;
    if (head.method() == bhttp::verb::options) co_return front_.entrance.preflight();
    const auto found =
        front_.routes.find(answer_.head_only ? std::string_view("GET") : at_door.method, path_part(target));
    auto no = found.to ? front_.entrance.authorize(at_door, *found.to, found.arguments, x.who)
                       : nowhere(found, target);
    if (no) co_return std::move(*no);
    route_ = found.to;
    x.method = at_door.method;
    x.target = target;
    x.content_length = to_string(head[bhttp::field::content_length]);
    x.arguments = found.arguments;
    x.query = parse_query(target);
    x.content_type = to_string(head[bhttp::field::content_type]);
    for (const auto name : {"If-None-Match", "Last-Event-ID", "Accept", "Idempotency-Key", "Prefer", "Cookie",
                            "Content-Digest", "X-Forwarded-Proto"})
      if (const auto value = head[name]; !value.empty()) x.headers[name] = to_string(value);
    x.handed_on = of_node_;
    x.head_only = answer_.head_only;
    x.body = request_body{options_.store.directory, static_cast<uint64_t>(options_.http.spool_bytes)};
    x.incoming = &in_;
    const auto most =
        static_cast<uint64_t>(found.to->streamed ? options_.limits.upload_bytes : options_.http.body_bytes);
    if (!in_.allow(most)) co_return request_reader::body_too_large();
    if (front_.server.others.wanted()) {
      for (const auto& f : head)
        x.sent.emplace_back(to_string(f.name_string()), to_string(f.value()));
      const auto d = destination_of(*found.to, found.arguments, front_.server.to.others());
      if (d.what != destination::kind::here && of_node_) co_return not_here();
      if (d.what != destination::kind::here) co_return co_await hand_on(x, d);
    }
    if (!found.to->streamed) {
      if (is_once(x)) x.body.hash();
      no = co_await read_whole_body(x);
    }
    if (no) co_return std::move(*no);
    co_return co_await run_handler(*found.to, x);
  }

  asio::awaitable<response> hand_on(exchange& x, const destination& d) {
    try {
      co_return co_await front_.server.others.send(x, d);
    } catch (const std::exception& e) {
      log::warn("a request could not be handed on", {{"target", x.target}, {"reason", e.what()}});
    }
    co_return home_away("the node that has this went away");
  }

  /// It is to happen once, however often it is sent.
  bool is_once(const exchange& x) const {
    // A session's cookie is nothing to be given twice.
    return native_ && x.method == "POST" && x.headers.contains("Idempotency-Key") &&
           path_part(x.target) != "/v1/session";
  }

  asio::awaitable<response> run_handler(const route& to, exchange& x) {
    try {
      if (is_once(x)) co_return co_await run_once(x, to);
      co_return co_await to.run(x);
    } catch (const std::exception& e) {
      log::error("a handler failed", {{"route", to.pattern}, {"reason", e.what()}});
    }
    co_return error_response(500, "internal_error", "the request could not be handled");
  }

  static std::optional<response> nowhere(const match& found, std::string_view target) {
    if (found.allowed.empty())
      return error_response(404, "not_found", "there is no " + std::string(path_part(target)));
    auto r = error_response(405, "method_not_allowed", "that method is not allowed here");
    std::string allowed;
    for (const auto& m : found.allowed)
      allowed += (allowed.empty() ? "" : ", ") + m;
    r.headers.emplace_back("Allow", allowed);
    return r;
  }

  static response too_many_answers() {
    return error_response(fail(errc::overloaded, "http.answer_bytes of answers wait for their clients"));
  }

  asio::awaitable<bool> send(response& r) {
    if (allowed_origin_) front_.entrance.add_headers({.origin = origin_}, r);
    allowed_origin_ = false;
    render_error(r, native_, has_body_, answer_.request_id);
    co_return co_await answer_.send(r);
  }

  /// It comes from another node's front.
  const bool of_node_;
  front_context& front_;
  connection_slot slot_;
  const settings& options_;
  client_stream stream_;
  answer_writer answer_;
  request_reader in_;
  std::string origin_;
  /// Where the request goes; null: nowhere, or not past the door.
  const route* route_ = nullptr;
  /// The native API was called.
  bool native_ = false;
  bool has_body_ = false;
  bool allowed_origin_ = false;
};

} // namespace

asio::awaitable<void> serve_connection(front_context& front, tcp::socket socket, connection_slot slot,
                                       bool of_node) {
  connection c{front, std::move(socket), std::move(slot), of_node};
  co_await c.run();
}

} // namespace troupe::http
