#include "http/v1_submission.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace troupe::http {
namespace {

using json = nlohmann::json;
using event = json::parse_event_t;

constexpr int64_t longest_age = 10LL * 366 * 24 * 3600;
constexpr size_t longest_line = 65'536;

/// Ends a parse from inside.
struct stopped {
  failure why;
};

/// Parses a body, keeping no more of it than what is known: members of the top, and one item at a time.
template <class Element>
json parse(request_body& body, Element element) {
  std::string top;
  const auto keep = [&](int depth, event what, json& parsed) {
    if (what == event::key && depth == 1) {
      top = parsed;
      return top == "notebook" || top == "strict" || top == "max_age" || top == "items";
    }
    if (what == event::key) return parsed == "url" || parsed == "custom_id";
    const bool begins = what == event::object_start || what == event::array_start;
    // Of an item's members none is deeper than a text.
    if (top != "items" || depth != 2) return !(begins && depth > 2);
    if (begins) return true;
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
  const auto it = x.find(key);
  return it != x.end() && it->is_string() ? it->get<std::string>() : std::string{};
}

failure take(const json& x, intake& into, const on_item& next) {
  bool fits = true;
  const auto custom = x.is_object() ? x.find("custom_id") : x.end();
  if (x.is_string())
    fits = into.add(x.get_ref<const std::string&>());
  else if (!x.is_object() || text_of(x, "url").empty())
    fits = into.refuse("", fail(errc::invalid_url, "expected a URL, or an object with a url"));
  else if (custom != x.end() && !custom->is_string())
    fits = into.refuse(text_of(x, "url"), fail(errc::invalid_request, "custom_id: expected a text"));
  else
    fits = into.add(text_of(x, "url"), {}, text_of(x, "custom_id"));
  if (!fits) return fail(errc::invalid_request, "items: more than limits.items_per_batch");
  return next();
}

result<v1_submission> read_members(const json& body) {
  if (!body.is_object()) return fail(errc::invalid_request, "the body: expected an object");
  if (!body.contains("items") || !body["items"].is_array())
    return fail(errc::invalid_request, "items: expected an array");
  v1_submission out;
  if (const auto n = body.find("notebook"); n != body.end()) {
    if (!n->is_number_unsigned() || n->get<uint64_t>() > max_id)
      return fail(errc::invalid_request, "notebook: expected a whole number below 2^53");
    out.home = notebook_id{n->get<uint64_t>()};
  }
  if (const auto s = body.find("strict"); s != body.end()) {
    if (!s->is_boolean()) return fail(errc::invalid_request, "strict: expected true or false");
    out.strict = *s;
  }
  if (const auto a = body.find("max_age"); a != body.end()) {
    if (!a->is_number_unsigned() || a->get<uint64_t>() > longest_age)
      return fail(errc::invalid_request, "max_age: expected a whole number of seconds, at most ten years");
    out.options.max_age = std::chrono::seconds{a->get<int64_t>()};
  }
  return out;
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
        return fail(errc::invalid_request, "the body: a line is longer than 65536 bytes");
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

result<v1_submission> read_v1_head(request_body& body) {
  try {
    return read_members(parse(body, [](const json&) {}));
  } catch (const json::exception& e) {
    return not_json(e);
  }
}

failure read_v1_items(request_body& body, intake& into, const on_item& next) {
  try {
    parse(body, [&](const json& x) {
      if (auto f = take(x, into, next); f.code != errc::none) throw stopped{std::move(f)};
    });
    return fail(errc::none);
  } catch (const stopped& s) {
    return s.why;
  } catch (const json::exception& e) {
    return not_json(e);
  }
}

failure read_v1_lines(request_body& body, intake& into, const on_item& next) {
  return each_line(body, [&](const std::string& line) {
    if (line.find_first_not_of(" \t\r") == line.npos) return fail(errc::none);
    const auto x = json::parse(line, nullptr, false);
    return take(x.is_discarded() ? json{} : x, into, next);
  });
}

} // namespace troupe::http
