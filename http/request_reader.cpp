#include "http/request_reader.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/read.hpp>

#include <algorithm>
#include <string_view>

namespace troupe::http {
namespace {

namespace bhttp = boost::beast::http;

constexpr size_t read_block = 64 * 1024;
constexpr size_t head_block = 4096;
/// A body that was refused is read and dropped up to here.
constexpr uint64_t most_drained = 1 << 20;
constexpr auto tuple = asio::as_tuple(asio::use_awaitable);

body_piece refuse(response r) {
  return {{}, std::move(r)};
}

} // namespace

request_reader::request_reader(client_stream& from, answer_writer& answers, const settings& s)
    : from_(from)
    , answers_(answers)
    , options_(s) {
  buffer_.max_size(static_cast<size_t>(s.http.header_bytes) + read_block);
}

asio::awaitable<bool> request_reader::begin() {
  in_.reset();
  end_body();
  passed_over_ = 0;
  if (at_request_line()) {
    // Others in between: what was answered at once may be followed by a thousand more.
    co_await asio::post(from_.get_executor(), asio::use_awaitable);
    co_return true;
  }
  const auto limit = from_.within(options_.http.idle_timeout);
  for (;;) {
    const auto [error, n] = co_await from_.async_read_some(buffer_.prepare(head_block), tuple);
    buffer_.commit(n);
    if (error || at_request_line()) co_return !error;
  }
}

/// Passes over empty lines before a request (RFC 9112 section 2.2), `http.header_bytes` of them at most: more
/// are no HTTP. False: nothing else is there yet.
bool request_reader::at_request_line() {
  const auto here = [this] {
    return std::string_view(static_cast<const char*>(buffer_.data().data()), buffer_.size());
  };
  for (; here().starts_with("\r\n") && passed_over_ < options_.http.header_bytes; passed_over_ += 2)
    buffer_.consume(2);
  return !here().empty() && here() != "\r";
}

asio::awaitable<request_reader::error_code> request_reader::read_head() {
  in_.emplace();
  in_->header_limit(static_cast<uint32_t>(options_.http.header_bytes));
  // Which limit holds is known with the route.
  in_->body_limit(boost::none);
  most_ = received_ = 0;
  continued_ = body_broken_ = false;
  const auto limit = from_.within(options_.http.header_timeout);
  for (;;) {
    error_code error;
    buffer_.consume(in_->put(buffer_.data(), error));
    if (error != bhttp::error::need_more) co_return error;
    const auto room = std::min(head_block, buffer_.max_size() - buffer_.size());
    if (room == 0) co_return bhttp::error::buffer_overflow;
    const auto [failed, n] = co_await from_.async_read_some(buffer_.prepare(room), tuple);
    buffer_.commit(n);
    if (!failed) continue;
    if (failed != asio::error::eof) co_return failed;
    in_->put_eof(error);
    co_return error;
  }
}

bool request_reader::framed() const {
  return head()[bhttp::field::transfer_encoding].empty() || head().chunked();
}

bool request_reader::allow(uint64_t most) {
  most_ = most;
  return in_->content_length().value_or(0) <= most;
}

asio::awaitable<body_piece> request_reader::next() {
  if (in_->is_done()) co_return body_piece{};
  // A client of HTTP/1.0 is not told to go on (RFC 9110 section 10.1.1).
  if (!continued_ && head().version() > 10 &&
      boost::beast::iequals(head()[bhttp::field::expect], "100-continue")) {
    const bool sent = co_await answers_.send_continue();
    if (!sent) co_return refuse(error_response(400, "bad_request", "the client is gone"));
  }
  continued_ = true;
  size_t n = 0;
  while (n == 0 && !in_->is_done()) {
    const auto error = co_await read_piece();
    if (error && error != bhttp::error::need_buffer) co_return broken(error);
    n = block_.size() - in_->get().body().size;
  }
  received_ += n;
  if (received_ > most_) co_return refuse(body_too_large());
  co_return body_piece{std::string_view{block_.data(), n}, std::nullopt};
}

response request_reader::body_too_large() {
  return error_response(413, "body_too_large", "the body is longer than allowed here");
}

body_piece request_reader::broken(error_code error) {
  body_broken_ = true;
  if (error == asio::error::operation_aborted)
    return refuse(error_response(408, "body_timeout", "the next piece of the body did not arrive in time"));
  return refuse(error_response(400, "bad_request", "the body broke off: " + error.message()));
}

/// Reads what comes, as much as a block takes. When that takes too long the connection stays open for the
/// answer.
asio::awaitable<request_reader::error_code> request_reader::read_piece() {
  block_.resize(read_block);
  in_->get().body().data = block_.data();
  in_->get().body().size = block_.size();
  const auto limit = from_.within(options_.http.body_timeout, expiry::interrupts);
  const auto [error, n] = co_await bhttp::async_read_some(from_, buffer_, *in_, tuple);
  co_return error;
}

asio::awaitable<void> request_reader::drop_body() {
  // Who waits for "100 Continue" sends nothing before this answer.
  if (in_->is_done() || body_broken_ || (!continued_ && !head()[bhttp::field::expect].empty())) co_return;
  const auto until = time_limit::clock::now() + options_.http.body_timeout;
  for (uint64_t dropped = 0; !in_->is_done() && dropped < most_drained && time_limit::clock::now() < until;) {
    const auto error = co_await read_piece();
    if (error && error != bhttp::error::need_buffer) break;
    dropped += block_.size() - in_->get().body().size;
  }
}

} // namespace troupe::http
