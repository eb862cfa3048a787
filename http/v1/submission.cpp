#include "http/v1/submission.hpp"

#include "http/multipart.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace troupe::http {
namespace {

using json = nlohmann::json;
using event = json::parse_event_t;

constexpr size_t longest_line = 1'114'112;
/// Values in one item, its metadata included; what is beyond is passed over.
constexpr size_t most_values = 10'000;

/// Ends a parse from inside.
struct stopped {
  failure why;
};

/// Parses a body, keeping no more of it than what is known: members of the top, and one item at a time.
template <class Element>
json parse(request_body& body, Element element) {
  std::string top;
  size_t values = 0;
  const auto keep = [&](int depth, event what, json& parsed) {
    if (what == event::key && depth == 1) {
      top = parsed;
      return top == "items" || is_v1_member(top);
    }
    if (what == event::key) return true;
    const bool begins = what == event::object_start || what == event::array_start;
    if (top != "items" || depth < 2) return !begins || depth < 4;
    if (depth > 2) return ++values < most_values;
    if (begins) return true;
    values = 0;
    element(parsed);
    return false;
  };
  if (!body.spooled()) return json::parse(body.text(), keep);
  return json::parse(body.file(), keep);
}

failure not_json(const std::exception& e) {
  return fail(errc::invalid_request, std::string("the body: not JSON: ") + e.what());
}

std::string text_of(const json& x, const char* key) {
  if (!x.is_object()) return {};
  const auto it = x.find(key);
  return it != x.end() && it->is_string() ? it->get<std::string>() : std::string{};
}

failure too_many() {
  return fail(errc::invalid_request, "items: more than limits.items_per_batch");
}

/// What the item is: a URL, bytes that were sent ahead, or a text.
failure read_subject(const json& x, const item_reading& how, item_spec& into) {
  const auto url = text_of(x, "url");
  const auto original = text_of(x, "original");
  const auto text = text_of(x, "text");
  if ((!url.empty() + !original.empty() + !text.empty()) != 1)
    return fail(errc::invalid_url, "expected a URL, or an object with one of url, original and text");
  into.url = url;
  if (!original.empty()) {
    const auto found = how.original(original);
    if (!found) return fail(errc::invalid_request, "original: " + std::string(found.error().text()));
    into.filename = found->filename;
    into.body.hash = found->hash;
    into.body.size = found->size;
  } else if (!text.empty()) {
    if (text.size() > how.longest_text) return fail(errc::too_large, "text: longer than limits.text_bytes");
    const auto name = text_of(x, "filename");
    into.filename = clean_filename(name.empty() ? "text.md" : name);
    into.body = make_content(text);
  }
  return fail(errc::none);
}

/// Calls `line` with each line of a body; its failure ends the reading.
template <class Line>
failure each_line(request_body& body, Line line) {
  std::string rest;
  const auto feed = [&](std::string_view piece) {
    while (!piece.empty()) {
      const auto end = piece.find('\n');
      rest += piece.substr(0, end);
      if (rest.size() > longest_line)
        return fail(errc::invalid_request, "the body: a line is longer than 1114112 bytes");
      if (end == piece.npos) break;
      piece.remove_prefix(end + 1);
      if (auto f = line(std::exchange(rest, {})); f.code != errc::none) return f;
    }
    return fail(errc::none);
  };
  if (!body.spooled()) {
    if (auto f = feed(body.text()); f.code != errc::none) return f;
    return rest.empty() ? fail(errc::none) : line(rest);
  }
  auto* file = body.file();
  char block[65'536];
  while (const auto n = std::fread(block, 1, sizeof block, file))
    if (auto f = feed({block, n}); f.code != errc::none) return f;
  return rest.empty() ? fail(errc::none) : line(rest);
}

} // namespace

result<v1_submission> read_v1_head(request_body& body, bool needs_items) {
  try {
    const auto members = parse(body, [](const json&) {});
    if (!members.is_object()) return fail(errc::invalid_request, "the body: expected an object");
    const auto items = members.find("items");
    if (items == members.end() ? needs_items : !items->is_array())
      return fail(errc::invalid_request, "items: expected an array");
    return read_v1_members(members);
  } catch (const json::exception& e) {
    return not_json(e);
  }
}

failure read_v1_item(const json& x, const item_reading& how) {
  const auto as_object = x.is_string() ? json{{"url", x}} : x;
  item_spec spec;
  auto f = as_object.is_object() ? read_subject(as_object, how, spec)
                                 : fail(errc::invalid_url, "expected a URL, or an object");
  if (f.code == errc::none) f = read_v1_item_options(as_object, spec);
  const bool fits = f.code == errc::none ? how.into.add(std::move(spec))
                                         : how.into.refuse(text_of(as_object, "url"), std::move(f));
  return fits ? how.next() : too_many();
}

failure read_v1_items(request_body& body, const item_reading& how) {
  try {
    parse(body, [&](const json& x) {
      if (auto f = read_v1_item(x, how); f.code != errc::none) throw stopped{std::move(f)};
    });
    return fail(errc::none);
  } catch (const stopped& s) {
    return s.why;
  } catch (const json::exception& e) {
    return not_json(e);
  }
}

failure read_v1_lines(request_body& body, const item_reading& how) {
  return each_line(body, [&](const std::string& line) {
    if (line.find_first_not_of(" \t\r") == line.npos) return fail(errc::none);
    const auto x = json::parse(line, nullptr, false);
    return read_v1_item(x.is_discarded() ? json{} : x, how);
  });
}

bool may_name_originals(request_body& body) {
  return body.spooled() || body.text().find("\"original\"") != std::string::npos;
}

} // namespace troupe::http
