#pragma once
/// What passes between the server and a parser process: frames over a socket pair.
///
///   frame    = header size (4 bytes, little-endian) body size (8) header body
///   request    header: {"url", "type", "max", "images", "image_bytes", "chart_values"}
///              body: the document or, when a descriptor comes with the frame, that file, of that size
///   wish       header: {"code": "wish", "conversion": N}: the document as a program of that kind writes it
///   granted    header: {"code", "text"}            body: what the program wrote
///   answer     header: {"code", "text", "title", "type", "method", "metadata", "media", "markdown",
///              "images"}
///              body: the Markdown, then the images
///
/// A request is answered by a wish or an answer, a granted wish by an answer.

#include "parse/parser.hpp"

namespace troupe::wire {

constexpr size_t prefix_size = 12;
constexpr uint32_t most_header = 1u << 20;
/// Documents in memory up to this size go with their frame, in one message of a socket; to make a file of
/// longer ones costs less.
constexpr size_t most_inline = 65'536;

/// The frame of a request without its body.
std::string request_frame(const parse_order& order, const documents::reading_limits& limits);
std::string wish_frame(conversion what);
std::string granted_frame(const result<std::string>& written);
std::string answer_frame(const result<document>& outcome);

struct sizes {
  uint32_t header = 0;
  uint64_t body = 0;
};
sizes read_prefix(const char* twelve_bytes);

struct request {
  std::string url;
  std::string content_type;
  documents::reading_limits limits;
};
/// False when the header is no request.
bool read_request(std::string_view header, request& into);
/// What is wished for; none: the header is no wish.
std::optional<conversion> read_wish(std::string_view header);
/// `parse_failed` when the header grants nothing.
result<std::string> read_granted(std::string_view header, std::string body);
/// `parse_crashed` when the header is no answer, or says more than the body holds.
result<document> read_answer(std::string_view header, std::string body);

} // namespace troupe::wire
