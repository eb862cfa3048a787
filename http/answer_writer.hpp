#pragma once
/// Writes answers to a connection: bytes, files, streams, and streams that somebody else goes on with.

#include "http/client_stream.hpp"
#include "http/exchange.hpp"

namespace troupe::http {

class answer_writer final : public stream_writer {
public:
  /// Each piece of an answer has `limit` to be taken. `to` outlives it.
  answer_writer(client_stream& to, milliseconds limit)
      : to_(to)
      , limit_(limit) {}

  /// Of the request that is answered.
  unsigned version = 11;
  bool head_only = false;
  std::string request_id;
  /// Whether the connection may be used again; an answer whose end is the connection's takes it back.
  bool keep_alive = true;

  /// False: the connection is over. Its error has been rendered.
  asio::awaitable<bool> send(response& r);
  /// A piece of the body of a stream.
  asio::awaitable<bool> write(const std::string& piece) override;
  /// "100 Continue".
  asio::awaitable<bool> send_continue();

private:
  /// The head of an answer (RFC 9112 section 4); `framing`: the field that says where its body ends.
  std::string head_of(const response& r, std::string_view framing) const;
  /// `bytes` stay until it is done.
  asio::awaitable<bool> put(std::string_view bytes);
  asio::awaitable<bool> send_bytes(const response& r);
  asio::awaitable<bool> send_file(const response& r);
  asio::awaitable<bool> send_stream(const response& r);
  asio::awaitable<bool> hand_over(const response& r);

  client_stream& to_;
  milliseconds limit_;
};

} // namespace troupe::http
