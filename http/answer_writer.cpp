#include "http/answer_writer.hpp"

#include "http/relay.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

namespace troupe::http {
namespace {

namespace beast = boost::beast;
namespace bhttp = beast::http;
constexpr auto tuple = asio::as_tuple(asio::use_awaitable);
/// A longer body is not copied behind its head; files are read so much at once.
constexpr size_t most_in_one = 65'536;
/// A long body is held in memory until its client has taken it: no slower than this, beside the limit of a
/// piece.
constexpr uint64_t least_bytes_a_second = 65'536;

std::string length_field(uint64_t bytes) {
  return "Content-Length: " + std::to_string(bytes) + "\r\n";
}

} // namespace

std::string answer_writer::head_of(const response& r, std::string_view framing) const {
  std::string out;
  out.reserve(512);
  const auto field = [&out](std::string_view name, std::string_view value) {
    out.append(name).append(": ");
    // A line's end in a value would begin another field (RFC 9110 section 5.5).
    std::copy_if(value.begin(), value.end(), std::back_inserter(out),
                 [](unsigned char c) { return c >= ' ' && c != 0x7f; });
    out.append("\r\n");
  };
  out.append(version > 10 ? "HTTP/1.1 " : "HTTP/1.0 ").append(std::to_string(r.status)).append(" ");
  const auto reason = bhttp::obsolete_reason(static_cast<bhttp::status>(r.status));
  out.append(reason.data(), reason.size()).append("\r\n");
  field("Server", "Troupe");
  if (!request_id.empty()) field("X-Request-Id", request_id);
  if (r.status != 204) field("Content-Type", r.content_type);
  for (const auto& [name, value] : r.headers)
    field(name, value);
  // What a version does by itself is not said (RFC 9112 section 9.3).
  if (keep_alive != (version > 10)) field("Connection", keep_alive ? "keep-alive" : "close");
  return out.append(framing).append("\r\n");
}

asio::awaitable<bool> answer_writer::put(std::string_view bytes) {
  const auto until =
      time_limit::clock::now() + limit_ + std::chrono::seconds(bytes.size() / least_bytes_a_second);
  while (!bytes.empty() && time_limit::clock::now() < until) {
    const auto limit = to_.within(limit_);
    const auto [error, n] = co_await to_.async_write_some(asio::buffer(bytes), tuple);
    if (error) co_return false;
    bytes.remove_prefix(n);
  }
  co_return bytes.empty();
}

asio::awaitable<bool> answer_writer::send(response& r) {
  if (r.take_socket) co_return co_await hand_over(r);
  if (r.stream) co_return co_await send_stream(r);
  if (!r.file.empty()) co_return co_await send_file(r);
  co_return co_await send_bytes(r);
}

asio::awaitable<bool> answer_writer::send_bytes(const response& r) {
  // RFC 9110 section 8.6: these have no length of their own to tell.
  const bool may_have_body = r.status != 204 && r.status != 304;
  auto out = head_of(r, may_have_body ? length_field(r.body.size()) : std::string{});
  const bool has_body = !head_only && may_have_body;
  const bool together = r.body.size() <= most_in_one;
  if (has_body && together) out += r.body;
  std::string_view rest = out;
  rest.remove_prefix(to_.write_now(rest));
  bool begun = rest.empty();
  if (!begun) begun = co_await put(rest);
  if (!begun || !has_body || together) co_return begun;
  co_return co_await put(r.body);
}

asio::awaitable<bool> answer_writer::send_file(const response& r) {
  beast::file file;
  beast::error_code error;
  file.open(r.file.c_str(), beast::file_mode::scan, error);
  const auto size = error ? 0 : file.size(error);
  if (error) {
    auto no = error_response(fail(errc::not_found, "the original is gone"));
    render_error(no, false, false, request_id);
    co_return co_await send_bytes(no);
  }
  const auto head = head_of(r, length_field(size));
  const bool begun = co_await put(head);
  if (!begun || head_only) co_return begun;
  std::vector<char> piece(most_in_one);
  for (auto left = size; left > 0;) {
    const auto n = file.read(piece.data(), std::min<uint64_t>(piece.size(), left), error);
    // The length was promised: a shorter body ends the connection.
    if (error || n == 0) co_return false;
    // Each piece has its own time: a large file takes long as a whole.
    const std::string_view bytes{piece.data(), n};
    const bool taken = co_await put(bytes);
    if (!taken) co_return false;
    left -= n;
  }
  co_return true;
}

asio::awaitable<bool> answer_writer::send_stream(const response& r) {
  // HTTP/1.0 knows no chunks: the body ends with the connection.
  if (version < 11) keep_alive = false;
  const auto head = head_of(r, version > 10 ? "Transfer-Encoding: chunked\r\n" : "");
  const bool begun = co_await put(head);
  if (!begun) co_return false;
  if (head_only) co_return true;
  co_await r.stream(*this);
  if (version < 11) co_return false;
  const auto limit = to_.within(limit_);
  const auto [failed, n] = co_await asio::async_write(to_, bhttp::make_chunk_last(), tuple);
  co_return !failed;
}

asio::awaitable<bool> answer_writer::write(const std::string& piece) {
  if (piece.empty()) co_return true;
  if (version < 11) co_return co_await put(piece);
  const auto limit = to_.within(limit_);
  const auto [error, n] = co_await asio::async_write(to_, bhttp::make_chunk(asio::buffer(piece)), tuple);
  co_return !error;
}

/// The body ends with the connection, which is somebody else's from here on; under TLS a socket to the relay
/// is.
asio::awaitable<bool> answer_writer::hand_over(const response& r) {
  keep_alive = false;
  const auto head = head_of(r, "");
  const bool begun = co_await put(head);
  if (!begun || head_only) co_return false;
  if (!to_.tls()) {
    r.take_socket(to_.socket().release());
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
  co_return co_await put(line);
}

} // namespace troupe::http
