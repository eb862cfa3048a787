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

std::string frame(const json& header, uint64_t body_size) {
  const auto text = header.dump(-1, ' ', false, json::error_handler_t::replace);
  std::string out;
  put(out, text.size(), 4);
  put(out, body_size, 8);
  return out + text;
}

failure failure_of(const json& x) {
  return fail(errc_from_name(x.value("code", "internal_error")), x.value("text", ""));
}

result<document> document_of(const json& x, std::string body) {
  if (auto f = failure_of(x); f.code != errc::none) return f;
  document out;
  auto rest = std::string_view(body);
  const auto take_bytes = [&rest](uint64_t n) {
    const auto taken = rest.substr(0, n);
    rest.remove_prefix(taken.size());
    return taken;
  };
  const auto size = x.value("markdown", uint64_t{0});
  if (size > rest.size()) return fail(errc::parse_crashed, "the parser process answered nonsense");
  rest.remove_prefix(size);
  for (const auto& i : x.value("images", json::array()))
    out.images.push_back(
        {i.value("name", ""), i.value("type", ""), std::string(take_bytes(i.value("size", uint64_t{0})))});
  body.resize(size);
  out.markdown = std::move(body);
  out.title = x.value("title", "");
  out.content_type = x.value("type", "");
  out.extraction_method = x.value("method", "");
  out.metadata = x.value("metadata", "{}");
  out.media = x.value("media", false);
  return out;
}

/// A header that is no object, or whose members are of other kinds, reads as `otherwise`.
template <class T, class Read>
T read_header(std::string_view header, T otherwise, Read read) {
  const auto x = json::parse(header, nullptr, false);
  if (!x.is_object()) return otherwise;
  try {
    return read(x);
  } catch (const json::exception&) {
    return otherwise;
  }
}

} // namespace

std::string request_frame(const parse_order& order, const documents::reading_limits& limits) {
  return frame({{"url", order.url},
                {"type", order.content_type},
                {"max", limits.max_markdown_bytes},
                {"images", limits.max_images},
                {"image_bytes", limits.max_image_bytes},
                {"chart_values", limits.chart_values}},
               order.body.size);
}

std::string wish_frame(conversion what) {
  return frame({{"code", "wish"}, {"conversion", static_cast<unsigned>(what)}}, 0);
}

std::string granted_frame(const result<std::string>& written) {
  if (!written)
    return frame({{"code", info(written.error().code).name}, {"text", written.error().message}}, 0);
  return frame({{"code", "none"}}, written->size()) + *written;
}

std::string answer_frame(const result<document>& outcome) {
  if (!outcome)
    return frame({{"code", info(outcome.error().code).name}, {"text", outcome.error().message}}, 0);
  auto images = json::array();
  auto size = outcome->markdown.size();
  for (const auto& i : outcome->images) {
    images.push_back({{"name", i.name}, {"type", i.type}, {"size", i.data.size()}});
    size += i.data.size();
  }
  auto out = frame({{"code", "none"},
                    {"title", outcome->title},
                    {"type", outcome->content_type},
                    {"method", outcome->extraction_method},
                    {"metadata", outcome->metadata},
                    {"media", outcome->media},
                    {"markdown", outcome->markdown.size()},
                    {"images", std::move(images)}},
                   size) +
             outcome->markdown;
  for (const auto& i : outcome->images)
    out += i.data;
  return out;
}

sizes read_prefix(const char* p) {
  return {static_cast<uint32_t>(take(p, 4)), take(p + 4, 8)};
}

bool read_request(std::string_view header, request& into) {
  return read_header(header, false, [&](const json& x) {
    into.url = x.value("url", "");
    into.content_type = x.value("type", "");
    into.limits.max_markdown_bytes = x.value("max", size_t{0});
    into.limits.max_images = x.value("images", size_t{0});
    into.limits.max_image_bytes = x.value("image_bytes", size_t{0});
    into.limits.chart_values = x.value("chart_values", false);
    return true;
  });
}

std::optional<conversion> read_wish(std::string_view header) {
  return read_header(header, std::optional<conversion>{}, [](const json& x) -> std::optional<conversion> {
    const auto kind = x.value("conversion", ~0u);
    if (x.value("code", "") != "wish" || kind > static_cast<unsigned>(conversion::legacy_office))
      return std::nullopt;
    return static_cast<conversion>(kind);
  });
}

result<std::string> read_granted(std::string_view header, std::string body) {
  const result<std::string> nothing{fail(errc::parse_failed, "no layout came")};
  return read_header(header, nothing, [&](const json& x) -> result<std::string> {
    if (auto f = failure_of(x); f.code != errc::none) return f;
    return std::move(body);
  });
}

result<document> read_answer(std::string_view header, std::string body) {
  const result<document> nonsense{fail(errc::parse_crashed, "the parser process answered nonsense")};
  return read_header(header, nonsense, [&](const json& x) { return document_of(x, std::move(body)); });
}

} // namespace troupe::wire
