#include "parse/wire.hpp"

#include <nlohmann/json.hpp>

namespace troupe::wire {
namespace {

using nlohmann::json;

void put(std::string& out, uint64_t n, unsigned bytes) {
  for (unsigned i = 0; i < bytes; ++i)
    out += static_cast<char>(n >> (8 * i));
}

uint64_t take(const char* from, unsigned bytes) {
  uint64_t n = 0;
  for (unsigned i = bytes; i-- > 0;)
    n = n << 8 | static_cast<uint8_t>(from[i]);
  return n;
}

std::string head(const json& header, size_t body_size) {
  const auto text = header.dump(-1, ' ', false, json::error_handler_t::replace);
  std::string out;
  put(out, text.size(), 4);
  put(out, body_size, 8);
  return out + text;
}

result<document> document_of(const json& x, std::string body) {
  const auto code = errc_from_name(x.value("code", "internal_error"));
  if (code != errc::none) return fail(code, x.value("text", ""));
  return document{std::move(body), x.value("title", ""), x.value("type", ""), x.value("method", ""),
                  x.value("metadata", "{}")};
}

} // namespace

std::string request_head(const parse_order& order, size_t body_size, size_t max_markdown) {
  return head({{"url", order.url}, {"type", order.content_type}, {"max", max_markdown}}, body_size);
}

std::string answer(const result<document>& outcome) {
  if (!outcome)
    return head({{"code", info(outcome.error().code).name}, {"text", outcome.error().message}}, 0);
  return head({{"code", "none"},
               {"title", outcome->title},
               {"type", outcome->content_type},
               {"method", outcome->extraction_method},
               {"metadata", outcome->metadata}},
              outcome->markdown.size()) +
         outcome->markdown;
}

sizes read_prefix(const char* p) {
  return {static_cast<uint32_t>(take(p, 4)), take(p + 4, 8)};
}

bool read_request(std::string_view header, request& into) {
  const auto x = json::parse(header, nullptr, false);
  if (!x.is_object()) return false;
  try {
    into = {x.value("url", ""), x.value("type", ""), x.value("max", size_t{0})};
    return true;
  } catch (const json::exception&) {
    return false;
  }
}

result<document> read_answer(std::string_view header, std::string body) {
  const auto x = json::parse(header, nullptr, false);
  const auto nonsense = fail(errc::parse_crashed, "the parser process answered nonsense");
  if (!x.is_object()) return nonsense;
  try {
    return document_of(x, std::move(body));
  } catch (const json::exception&) {
    return nonsense;
  }
}

} // namespace troupe::wire
