#pragma once
/// What passes between the server and a parser process: frames over a socket pair.
///
///   frame   = header size (4 bytes, little-endian) body size (8) header body
///   request   header: {"url", "type", "max"}                      body: the document
///   answer    header: {"code", "text", "title", "type", "method", "metadata"}   body: the Markdown

#include "parse/parser.hpp"

namespace troupe::wire {

constexpr size_t prefix_size = 12;
constexpr uint32_t most_header = 1u << 20;

/// The prefix and header of a request; the document follows as it is.
std::string request_head(const parse_order& order, size_t body_size, size_t max_markdown);
std::string answer(const result<document>& outcome);

struct sizes {
  uint32_t header = 0;
  uint64_t body = 0;
};
sizes read_prefix(const char* twelve_bytes);

struct request {
  std::string url;
  std::string content_type;
  size_t max_markdown = 0;
};
/// False when the header is no request.
bool read_request(std::string_view header, request& into);
/// `parse_crashed` when the header is no answer.
result<document> read_answer(std::string_view header, std::string body);

} // namespace troupe::wire
