#include "http/v1/submission.hpp"

#include "http/json_events.hpp"
#include "http/json_tree.hpp"
#include "http/multipart.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace troupe::http {
namespace {

using json = nlohmann::json;

constexpr size_t longest_line = 1'114'112;

failure too_many(const item_reading& how) {
  return fail(errc::invalid_request, "items: more than " + std::string(how.limit));
}

failure take_url(std::string_view url, const item_reading& how) {
  return how.into.add(url) ? how.next() : too_many(how);
}

/// Reads `{…, "items": […]}`, keeping no more of it than what is known: members of the top, and one item at a
/// time.
class submission_reader final : public json_events {
public:
  /// `items`: where they go; null: they are passed over.
  explicit submission_reader(const item_reading* items)
      : items_(items) {}

  const failure& error() const { return error_; }
  const json& members() const { return members_; }
  bool has_items() const { return has_items_; }

  bool null() override {
    return value([&] { growing_.null(); });
  }
  bool boolean(bool v) override {
    return value([&] { growing_.boolean(v); });
  }
  bool integer(int64_t v) override {
    return value([&] { growing_.integer(v); });
  }
  bool large_integer(uint64_t v) override {
    return value([&] { growing_.large_integer(v); });
  }
  bool number(double v, std::string_view text) override {
    return value([&] { growing_.number(v, text); });
  }
  bool string(std::string_view v) override {
    if (items_ && depth_ == 2 && in_items()) return taken(take_url(v, *items_));
    return value([&] { growing_.string(v); });
  }
  bool key(std::string_view k) override {
    if (depth_ > 1) return growing_.key(k);
    top_ = k;
    return true;
  }
  bool begin_object() override { return begin(false); }
  bool end_object() override { return end(&json_tree::end_object); }
  bool begin_array() override { return begin(true); }
  bool end_array() override { return end(&json_tree::end_array); }

private:
  bool in_items() const { return top_ == "items"; }
  bool is_wanted() const { return in_items() ? items_ != nullptr : is_v1_member(top_); }
  /// Where the values of the top, or the items, are.
  int level() const { return in_items() ? 2 : 1; }

  template <class Grow>
  bool value(Grow grow) {
    if (depth_ == 0) return wrong("the body: expected an object");
    if (depth_ == 1 && in_items()) return wrong("items: expected an array");
    if (!is_wanted()) return true;
    grow();
    return depth_ > level() || complete();
  }
  bool begin(bool array) {
    if (depth_ == 0 && array) return wrong("the body: expected an object");
    if (depth_ == 1 && in_items()) {
      if (!array) return wrong("items: expected an array");
      has_items_ = true;
    } else if (depth_ > 0 && is_wanted()) {
      array ? growing_.begin_array() : growing_.begin_object();
    }
    ++depth_;
    return true;
  }
  bool end(bool (json_tree::*of_tree)()) {
    --depth_;
    if (depth_ == 1 && in_items()) top_.clear();
    if (depth_ == 0 || !is_wanted()) return true;
    (growing_.*of_tree)();
    return depth_ > level() || complete();
  }
  /// A member of the top, or an item, is there as a whole.
  bool complete() {
    auto whole = growing_.take();
    if (!in_items()) {
      members_[top_] = std::move(whole);
      return true;
    }
    return taken(read_v1_item(whole, *items_));
  }
  bool taken(failure outcome) {
    error_ = std::move(outcome);
    return error_.code == errc::none;
  }
  bool wrong(const char* what) {
    error_ = fail(errc::invalid_request, what);
    return false;
  }

  const item_reading* items_;
  failure error_ = fail(errc::none);
  json members_ = json::object();
  bool has_items_ = false;
  int depth_ = 0;
  std::string top_;
  json_tree growing_;
};

failure read(request_body& body, submission_reader& to) {
  auto f = body.spooled() ? read_json(body.file(), to) : read_json(body.text(), to);
  return f.code == errc::none ? to.error() : f;
}

std::string text_of(const json& x, const char* key) {
  if (!x.is_object()) return {};
  const auto it = x.find(key);
  return it != x.end() && it->is_string() ? it->get<std::string>() : std::string{};
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

failure read_object(const json& x, const item_reading& how, item_spec& into) {
  auto f = read_subject(x, how, into);
  return f.code == errc::none ? read_v1_item_options(x, into) : f;
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
  submission_reader top{nullptr};
  if (auto f = read(body, top); f.code != errc::none) return f;
  if (needs_items && !top.has_items()) return fail(errc::invalid_request, "items: expected an array");
  return read_v1_members(top.members());
}

failure read_v1_item(const json& x, const item_reading& how) {
  if (x.is_string()) return take_url(x.get_ref<const std::string&>(), how);
  item_spec spec;
  auto f =
      x.is_object() ? read_object(x, how, spec) : fail(errc::invalid_url, "expected a URL, or an object");
  const bool fits =
      f.code == errc::none ? how.into.add(std::move(spec)) : how.into.refuse(text_of(x, "url"), std::move(f));
  return fits ? how.next() : too_many(how);
}

failure read_v1_items(request_body& body, const item_reading& how) {
  submission_reader items{&how};
  return read(body, items);
}

failure read_v1_lines(request_body& body, const item_reading& how) {
  return each_line(body, [&](const std::string& line) {
    if (line.find_first_not_of(" \t\r") == line.npos) return fail(errc::none);
    // What is no JSON is no item either.
    json x;
    if (read_json_value(line, x).code != errc::none) x = nullptr;
    return read_v1_item(x, how);
  });
}

bool may_name_originals(request_body& body) {
  return body.spooled() || body.text().find("\"original\"") != std::string::npos;
}

} // namespace troupe::http
