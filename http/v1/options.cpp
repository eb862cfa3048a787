#include "http/v1/options.hpp"

#include "model/secrets.hpp"
#include "model/text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>

namespace troupe::http {
namespace {

using json = nlohmann::json;

constexpr int64_t ten_years = 10LL * 366 * 24 * 3600;
constexpr size_t most_tags = 20;
constexpr size_t longest_tag = 100;
constexpr size_t most_listed = 1'000;
constexpr size_t longest_url = 2'048;

constexpr std::string_view members[] = {
    "notebook",   "strict",   "sealed",   "media",         "max_age", "priority", "max_concurrency",
    "not_before", "deadline", "on_error", "expires_after", "tags",    "webhook"};

/// Reads members, and remembers the first complaint.
class reader {
public:
  explicit reader(const json& from)
      : from_(from) {}
  failure problem{errc::none, {}, 0, std::nullopt};

  template <class T>
  void number(const char* name, uint64_t low, uint64_t high, T& into) {
    const auto* v = find(name);
    if (!v) return;
    if (!v->is_number_unsigned() || *v < low || *v > high)
      return complain(name,
                      "expected a whole number from " + std::to_string(low) + " to " + std::to_string(high));
    into = T(v->get<uint64_t>());
  }
  void seconds(const char* name, std::optional<std::chrono::seconds>& into) {
    const auto* v = find(name);
    if (!v) return;
    if (!v->is_number_unsigned() || v->get<uint64_t>() > ten_years)
      return complain(name, "expected a whole number of seconds, at most ten years");
    into = std::chrono::seconds{v->get<int64_t>()};
  }
  void truth(const char* name, bool& into) {
    const auto* v = find(name);
    if (v) v->is_boolean() ? void(into = *v) : complain(name, "expected true or false");
  }
  void time(const char* name, timestamp& into) {
    const auto* v = find(name);
    if (!v) return;
    if (v->is_string()) into = parse_rfc3339(v->get_ref<const std::string&>());
    if (into == timestamp{}) complain(name, "expected a time, as 2030-01-31T12:00:00Z (RFC 3339)");
  }
  void choice(const char* name, const char* no, const char* yes, bool& into) {
    const auto* v = find(name);
    if (!v) return;
    if (*v != no && *v != yes)
      return complain(name, std::string("expected \"") + no + "\" or \"" + yes + '"');
    into = *v == yes;
  }
  void texts(const char* name, size_t most, size_t longest, std::vector<std::string>& into) {
    const auto* v = find(name);
    if (!v) return;
    const auto fits = [&](const json& x) {
      return x.is_string() && !x.get_ref<const std::string&>().empty() &&
             x.get_ref<const std::string&>().size() <= longest &&
             x.get_ref<const std::string&>().find('\n') == std::string::npos;
    };
    if (!v->is_array() || v->size() > most || !std::all_of(v->begin(), v->end(), fits))
      return complain(name, "expected up to " + std::to_string(most) + " texts of up to " +
                                std::to_string(longest) + " bytes");
    into = v->get<std::vector<std::string>>();
  }
  void object(const char* name, std::string& into) {
    const auto* v = find(name);
    if (v) v->is_object() ? void(into = v->dump()) : complain(name, "expected an object");
  }
  void text(const char* name, std::string& into) {
    const auto* v = find(name);
    if (v) v->is_string() ? void(into = *v) : complain(name, "expected a text");
  }
  /// Null: it is not there.
  const json* find(const char* name) const {
    const auto it = from_.find(name);
    return it == from_.end() || it->is_null() ? nullptr : &*it;
  }
  void complain(const std::string& name, const std::string& what) {
    if (problem.code == errc::none) problem = fail(errc::invalid_request, name + ": " + what);
  }

private:
  const json& from_;
};

/// A value of a query as JSON: a number, a boolean, or a text.
json value_of(const std::string& name, const std::string& text) {
  if (name == "tags") {
    auto list = json::array();
    for (std::string_view rest = text; !rest.empty();) {
      const auto end = rest.find(',');
      list.push_back(trim(rest.substr(0, end)));
      rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
    }
    return list;
  }
  if (text == "true" || text == "false") return text == "true";
  uint64_t n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error == std::errc{} && end == text.data() + text.size()) return n;
  return text;
}

} // namespace

bool is_v1_member(std::string_view name) {
  return std::find(std::begin(members), std::end(members), name) != std::end(members);
}

result<v1_submission> read_v1_members(const json& body) {
  v1_submission out;
  auto& o = out.options;
  reader r{body};
  bool sealed = true;
  bool media = false;
  r.number("notebook", 0, max_id, out.home);
  r.truth("strict", out.strict);
  r.truth("sealed", sealed);
  r.truth("media", media);
  r.seconds("max_age", o.max_age);
  r.number("priority", 0, highest_priority, o.priority);
  r.number("max_concurrency", 1, 100'000, o.max_concurrency);
  r.time("not_before", o.not_before);
  r.time("deadline", o.deadline);
  r.choice("on_error", "continue", "cancel", o.cancel_on_error);
  r.seconds("expires_after", o.expires_after);
  r.texts("tags", most_tags, longest_tag, o.tags);
  if (const auto* w = r.find("webhook")) {
    auto told = read_v1_webhook(*w);
    if (!told) r.complain("webhook", told.error().message);
    if (told) out.told = std::move(*told);
  }
  if (r.problem.code != errc::none) return r.problem;
  out.held = !sealed;
  out.job = media ? job_type::url_parse_media : job_type::url_parse;
  return out;
}

result<v1_submission> read_v1_query(const std::map<std::string, std::string>& query) {
  auto body = json::object();
  for (const auto& [name, text] : query)
    if (is_v1_member(name)) body[name] = value_of(name, text);
  return read_v1_members(body);
}

failure read_v1_item_options(const json& x, item_spec& into) {
  reader r{x};
  r.text("custom_id", into.custom_id);
  r.number("priority", 0, highest_priority, into.options.priority);
  r.time("deadline", into.options.deadline);
  r.time("not_before", into.not_before);
  r.object("metadata", into.options.metadata);
  return r.problem;
}

result<webhook> read_v1_webhook(const json& x) {
  webhook w;
  const auto as_object = x.is_string() ? json{{"url", x}} : x;
  if (!as_object.is_object()) return fail(errc::invalid_request, "expected a URL, or an object with a url");
  reader r{as_object};
  r.text("url", w.url);
  r.text("secret", w.secret);
  r.texts("events", most_listed, longest_tag, w.events);
  if (const auto* n = r.find("notebooks")) {
    const auto is_id = [](const json& e) { return e.is_number_unsigned() && e <= max_id; };
    if (!n->is_array() || n->size() > most_listed || !std::all_of(n->begin(), n->end(), is_id))
      r.complain("notebooks", "expected an array of whole numbers");
    else
      w.notebooks = n->get<std::vector<uint64_t>>();
  }
  if (r.problem.code != errc::none) return r.problem;
  auto url = usable_url(w.url, longest_url);
  if (!url) return fail(errc::invalid_request, "url: " + std::string(url.error().text()));
  w.url = std::move(*url);
  if (w.secret.empty()) w.secret = new_webhook_secret();
  if (!is_webhook_secret(w.secret))
    return fail(errc::invalid_request, "secret: expected whsec_ and the base64 of 24 to 64 bytes");
  w.created = now();
  return w;
}

} // namespace troupe::http
