#include "config/settings.hpp"

#include "config/settings_table.hpp"

#include "model/time.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>

namespace troupe {
namespace {

using nlohmann::json;

bool has_control(std::string_view s) {
  return std::any_of(s.begin(), s.end(), [](char c) { return static_cast<uint8_t>(c) < ' ' || c == 0x7f; });
}

std::string quoted(const std::vector<std::string>& names) {
  std::string out;
  for (const auto& n : names)
    out += (out.empty() ? "" : ", ") + n;
  return out;
}

/// Reads JSON values into settings; remembers the first complaint.
struct reader {
  const json& document;
  std::string problem;
  std::set<std::string> known;

  const json* find(const std::string& key) {
    known.insert(key);
    const auto dot = key.find('.');
    const auto section = document.find(key.substr(0, dot));
    if (section == document.end() || !section->is_object()) return nullptr;
    const auto value = section->find(key.substr(dot + 1));
    return value == section->end() ? nullptr : &*value;
  }
  void complain(const std::string& key, const std::string& what) {
    if (problem.empty()) problem = key + ": " + what;
  }

  void operator()(const char* key, std::string& x, const char*, const char*) {
    const auto* v = find(key);
    if (!v) return;
    if (!v->is_string() || has_control(v->get<std::string>()))
      return complain(key, "expected a text without control characters");
    x = *v;
  }
  void operator()(const char* key, std::string& x, const choice& c, const char*) {
    const auto* v = find(key);
    if (!v) return;
    if (!v->is_string() || std::find(c.of.begin(), c.of.end(), v->get<std::string>()) == c.of.end())
      return complain(key, "expected one of " + quoted(c.of));
    x = *v;
  }
  void operator()(const char* key, bool& x, const char*, const char*) {
    if (const auto* v = find(key)) v->is_boolean() ? void(x = *v) : complain(key, "expected true or false");
  }
  void operator()(const char* key, int64_t& x, const bounds& b, const char*) {
    if (const auto* v = find(key)) number(key, *v, b, x);
  }
  void operator()(const char* key, milliseconds& x, const bounds& b, const char*) {
    int64_t count = x.count();
    if (const auto* v = find(key)) number(key, *v, b, count);
    x = milliseconds{count};
  }
  void operator()(const char* key, std::vector<std::string>& x, const char*, const char*) {
    const auto* v = find(key);
    if (!v) return;
    if (!v->is_array() || !std::all_of(v->begin(), v->end(), [](const json& e) { return e.is_string(); }))
      return complain(key, "expected an array of texts");
    x = v->get<std::vector<std::string>>();
  }
  void operator()(const char* key, std::vector<int64_t>& x, const char*, const char*) {
    const auto* v = find(key);
    if (!v) return;
    if (!v->is_array() ||
        !std::all_of(v->begin(), v->end(), [](const json& e) { return e.is_number_unsigned(); }))
      return complain(key, "expected an array of whole numbers");
    x = v->get<std::vector<int64_t>>();
  }
  void operator()(const char* key, std::vector<api_key>& x, const char*, const char*) {
    const auto* v = find(key);
    if (!v) return;
    if (!v->is_array()) return complain(key, "expected an array of keys");
    x.clear();
    for (const auto& e : *v)
      read_key(key, e, x);
  }

  void number(const char* key, const json& v, const bounds& b, int64_t& x) {
    if (!v.is_number_integer() || v.get<int64_t>() < b.low || v.get<int64_t>() > b.high)
      return complain(key, "expected a whole number from " + std::to_string(b.low) + " to " +
                               std::to_string(b.high));
    x = v;
  }
  void read_key(const char* key, const json& e, std::vector<api_key>& into) {
    api_key k;
    const auto is_hash = [](const std::string& s) {
      return s.size() == 64 && s.find_first_not_of("0123456789abcdef") == std::string::npos;
    };
    try {
      k.name = e.at("name");
      k.sha256 = e.at("sha256");
      k.notebooks = e.value("notebooks", std::vector<uint64_t>{});
      k.may_write = e.value("write", false);
    } catch (const json::exception&) {
      return complain(
          key, "a key is {\"name\": text, \"sha256\": text, \"notebooks\": [numbers], \"write\": bool}");
    }
    if (!is_hash(k.sha256))
      return complain(key, "sha256 of " + k.name + " is not 64 lower-case hexadecimal digits");
    into.push_back(std::move(k));
  }
};

/// Describes settings from their defaults.
struct describer {
  std::vector<setting_info> out;
  void add(const char* key, const json& initial, std::string unit, std::string range, const char* text) {
    out.push_back({key, initial.dump(), std::move(unit), std::move(range), text});
  }
  void operator()(const char* key, int64_t& x, const bounds& b, const char* text) {
    add(key, x, b.unit, std::to_string(b.low) + " to " + std::to_string(b.high), text);
  }
  void operator()(const char* key, milliseconds& x, const bounds& b, const char* text) {
    add(key, x.count(), b.unit, std::to_string(b.low) + " to " + std::to_string(b.high), text);
  }
  void operator()(const char* key, std::string& x, const choice& c, const char* text) {
    add(key, x, "", quoted(c.of), text);
  }
  void operator()(const char* key, std::vector<api_key>&, const char* unit, const char* text) {
    add(key, json::array(), unit, "", text);
  }
  template <class T>
  void operator()(const char* key, T& x, const char* unit, const char* text) {
    add(key, x, unit, "", text);
  }
};

/// Parses JSON with comments. A key that stands twice is an error: one of the two would silently not count.
json parse_once_each(std::string_view text) {
  std::vector<std::set<std::string>> open;
  const auto watch = [&open](int, json::parse_event_t event, json& parsed) {
    if (event == json::parse_event_t::object_start) open.emplace_back();
    if (event == json::parse_event_t::object_end) open.pop_back();
    if (event == json::parse_event_t::key && !open.back().insert(parsed).second)
      throw std::invalid_argument(parsed.get<std::string>() + ": stands twice");
    return true;
  };
  return json::parse(text, watch, true, true);
}

std::string unknown_key(const json& document, const std::set<std::string>& known) {
  for (const auto& [section, values] : document.items()) {
    if (!values.is_object()) return section + ": expected an object of settings";
    for (const auto& [key, value] : values.items())
      if (!known.contains(section + "." + key)) return section + "." + key + ": there is no such setting";
  }
  return {};
}

std::string read_document(const json& document, settings& into) {
  settings copy = into;
  reader r{document, {}, {}};
  visit_settings(copy, r);
  if (auto unknown = unknown_key(document, r.known); !unknown.empty()) return unknown;
  if (r.problem.empty()) into = std::move(copy);
  return r.problem;
}

} // namespace

std::vector<setting_info> describe_settings() {
  settings defaults;
  describer d;
  visit_settings(defaults, d);
  return std::move(d.out);
}

std::string shipped_settings() {
  std::string out = "// Every setting of Troupe with its default. Give a copy with --config; --set key=value "
                    "overrides it.\n{\n";
  std::string section;
  for (const auto& s : describe_settings()) {
    const auto dot = s.key.find('.');
    if (s.key.substr(0, dot) != section) {
      out += section.empty() ? "" : "\n  },\n\n";
      section = s.key.substr(0, dot);
      out += "  \"" + section + "\": {\n";
    } else {
      out += ",\n\n";
    }
    out += "    // " + s.text + "\n";
    if (!s.unit.empty() || !s.bounds.empty())
      out += "    // " + (s.unit.empty() ? "" : "[" + s.unit + "] ") + s.bounds + "\n";
    out += "    \"" + s.key.substr(dot + 1) + "\": " + s.initial;
  }
  return out + "\n  }\n}\n";
}

std::string read_settings(std::string_view text, settings& into) {
  json document;
  try {
    document = parse_once_each(text);
  } catch (const json::exception& e) {
    return std::string("not JSON: ") + e.what();
  } catch (const std::invalid_argument& e) {
    return e.what();
  }
  if (!document.is_object()) return "expected a JSON object";
  return read_document(document, into);
}

std::string override_setting(std::string_view assignment, settings& into) {
  const auto equals = assignment.find('=');
  const auto dot = assignment.find('.');
  if (equals == std::string_view::npos || dot > equals)
    return std::string(assignment) + ": expected section.key=value";
  const std::string section{assignment.substr(0, dot)};
  const std::string key{assignment.substr(dot + 1, equals - dot - 1)};
  const std::string value{assignment.substr(equals + 1)};
  auto parsed = json::parse(value, nullptr, false);
  if (parsed.is_discarded()) return read_document(json{{section, {{key, value}}}}, into);
  const auto problem = read_document(json{{section, {{key, parsed}}}}, into);
  // A bare text may happen to be JSON, as a directory named 2024.
  return problem.empty() || read_document(json{{section, {{key, value}}}}, into).empty() ? std::string{}
                                                                                         : problem;
}

} // namespace troupe
