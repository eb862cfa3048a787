#include "http/answer_writer.hpp"

#include "http/relay.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

namespace troupe::http {
namespace {

namespace bhttp = boost::beast::http;
constexpr auto tuple = asio::as_tuple(asio::use_awaitable);

} // namespace

template <class Message>
void answer_writer::set_head(Message& m, const response& r) const {
  m.result(r.status);
  m.version(version);
  m.keep_alive(keep_alive);
  m.set(bhttp::field::server, "Troupe");
  if (!request_id.empty()) m.set("X-Request-Id", request_id);
  if (r.status != 204) m.set(bhttp::field::content_type, r.content_type);
  for (const auto& [key, value] : r.headers)
    m.insert(key, value);
}

asio::awaitable<bool> answer_writer::send(response& r) {
  if (r.take_socket) co_return co_await hand_over(r);
  if (r.stream) co_return co_await send_stream(r);
  if (!r.file.empty()) co_return co_await send_file(r);
  co_return co_await send_bytes(r);
}

asio::awaitable<bool> answer_writer::send_bytes(response& r) {
  bhttp::response<bhttp::string_body> m;
  set_head(m, r);
  m.body() = std::move(r.body);
  if (r.status != 204) m.prepare_payload();
  if (head_only) m.body().clear();
  to_.expires_after(limit_);
  const auto [error, n] = co_await bhttp::async_write(to_, m, tuple);
  co_return !error;
}

asio::awaitable<bool> answer_writer::send_file(const response& r) {
  bhttp::response<bhttp::file_body> m;
  beast::error_code missing;
  m.body().open(r.file.c_str(), beast::file_mode::scan, missing);
  if (missing) {
    auto no = error_response(fail(errc::not_found, "the original is gone"));
    render_error(no, false, false, request_id);
    co_return co_await send_bytes(no);
  }
  set_head(m, r);
  m.prepare_payload();
  bhttp::response_serializer<bhttp::file_body> out{m};
  out.split(head_only);
  // Each piece has its own time: a large file takes long as a whole.
  while (!out.is_done()) {
    to_.expires_after(limit_);
    const auto [error, n] = co_await bhttp::async_write_some(to_, out, tuple);
    if (error) co_return false;
    if (head_only && out.is_header_done()) break;
  }
  co_return true;
}

asio::awaitable<bool> answer_writer::send_head_alone(const response& r, bool chunked) {
  bhttp::response<bhttp::empty_body> m;
  set_head(m, r);
  m.chunked(chunked);
  bhttp::response_serializer<bhttp::empty_body> out{m};
  to_.expires_after(limit_);
  const auto [error, n] = co_await bhttp::async_write_header(to_, out, tuple);
  co_return !error;
}

asio::awaitable<bool> answer_writer::send_stream(const response& r) {
  // HTTP/1.0 knows no chunks: the body ends with the connection.
  if (version < 11) keep_alive = false;
  const bool begun = co_await send_head_alone(r, version > 10);
  if (!begun) co_return false;
  if (head_only) co_return true;
  co_await r.stream(*this);
  if (version < 11) co_return false;
  to_.expires_after(limit_);
  const auto [failed, n] = co_await asio::async_write(to_, bhttp::make_chunk_last(), tuple);
  co_return !failed;
}

asio::awaitable<bool> answer_writer::write(const std::string& piece) {
  if (piece.empty()) co_return true;
  to_.expires_after(limit_);
  if (version < 11) {
    const auto [error, n] = co_await asio::async_write(to_, asio::buffer(piece), tuple);
    co_return !error;
  }
  const auto [error, n] = co_await asio::async_write(to_, bhttp::make_chunk(asio::buffer(piece)), tuple);
  co_return !error;
}

/// The body ends with the connection, which is somebody else's from here on; under TLS a socket to the relay
/// is.
asio::awaitable<bool> answer_writer::hand_over(const response& r) {
  keep_alive = false;
  const bool begun = co_await send_head_alone(r, false);
  if (!begun || head_only) co_return false;
  to_.expires_never();
  if (!to_.tls()) {
    auto socket = to_.tcp().release_socket();
    r.take_socket(socket.release());
    co_return false;
  }
  const auto [theirs, ours] = relay_sockets();
  if (theirs < 0) co_return false;
  r.take_socket(theirs);
  co_await relay(to_, ours, limit_);
  co_return false;
}

asio::awaitable<bool> answer_writer::send_continue() {
  static constexpr std::string_view line = "HTTP/1.1 100 Continue\r\n\r\n";
  to_.expires_after(limit_);
  const auto [error, n] = co_await asio::async_write(to_, asio::buffer(line), tuple);
  co_return !error;
}

} // namespace troupe::http
