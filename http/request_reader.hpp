#pragma once
/// Requests as they come over a connection, one after another: their heads (RFC 9112), their bodies piece by
/// piece. The front's thread only.

#include "config/settings.hpp"
#include "http/answer_writer.hpp"

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>

#include <optional>
#include <vector>

namespace troupe::http {

class request_reader final : public body_source {
public:
  using message = boost::beast::http::request<boost::beast::http::buffer_body>;
  using error_code = boost::system::error_code;

  /// All outlive it; `answers` is told to say "100 Continue".
  request_reader(client_stream& from, answer_writer& answers, const settings& s);

  /// What has been read and is part of no request yet.
  boost::beast::flat_buffer& unread() { return buffer_; }

  /// Drops the request before and waits for the first byte of another, `http.idle_timeout_ms` at most: an
  /// idle connection has another limit than a slow head. False: none came.
  asio::awaitable<bool> begin();
  /// Reads a head of `http.header_bytes` at most, within `http.header_timeout_ms`. Mostly it is there
  /// already: with the first byte came the rest.
  asio::awaitable<error_code> read_head();
  /// The request whose head was read last. Until `begin`.
  const message& head() const { return in_->get(); }
  /// Where its body ends can be told (RFC 9112 section 6.3); else nothing more can be read.
  bool framed() const;

  /// The most that the body may have, in bytes. False: the head says already that it has more.
  bool allow(uint64_t most);
  /// Refused are, with `body_too_large`, what is longer than allowed; with `body_timeout`, what takes longer
  /// than `http.body_timeout_ms`; with `bad_request`, what breaks off or cannot be asked for.
  asio::awaitable<body_piece> next() override;
  bool body_read() const { return in_->is_done(); }
  /// Gives the room for pieces back: an answer may take long.
  void end_body() { std::vector<char>().swap(block_); }
  static response body_too_large();

  /// After an answer that did not want the body: what is left of it is dropped if it is short and comes soon,
  /// so that the client gets to read the answer. The connection is to end.
  asio::awaitable<void> drop_body();

private:
  using parser = boost::beast::http::request_parser<boost::beast::http::buffer_body>;

  bool at_request_line();
  body_piece broken(error_code error);
  asio::awaitable<error_code> read_piece();

  client_stream& from_;
  answer_writer& answers_;
  const settings& options_;
  boost::beast::flat_buffer buffer_;
  /// Bytes of empty lines before this request.
  int64_t passed_over_ = 0;
  std::optional<parser> in_;
  std::vector<char> block_;
  /// Of this request's body: the most it may have, and what came of it.
  uint64_t most_ = 0;
  uint64_t received_ = 0;
  bool continued_ = false;
  /// Nothing more can be read of it.
  bool body_broken_ = false;
};

} // namespace troupe::http
