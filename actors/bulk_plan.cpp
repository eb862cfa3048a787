#include "actors/bulk.hpp"

#include "fetch/url.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace troupe {
namespace {

using nlohmann::json;

failure wrong(const std::string& member, const std::string& what) {
  return fail(errc::invalid_request, member + ": " + what);
}

std::string text_in(const json& x, const char* name) {
  const auto it = x.find(name);
  return it != x.end() && it->is_string() ? it->get<std::string>() : std::string{};
}

failure read_action(const json& body, bulk_plan& into) {
  for (const auto* name : {"action", "of", "stage"})
    if (const auto it = body.find(name); it != body.end() && !it->is_string())
      return wrong(name, "expected a text");
  const auto action = text_in(body, "action");
  const auto of = text_in(body, "of");
  if (!of.empty() && of != "items" && of != "batches") return wrong("of", "expected items or batches");
  into.of_batches = of == "batches";
  const std::pair<const char*, bulk_verb> verbs[] = {{"retry", bulk_verb::retry},
                                                     {"cancel", bulk_verb::cancel},
                                                     {"pause", bulk_verb::pause},
                                                     {"resume", bulk_verb::resume},
                                                     {"delete", bulk_verb::remove}};
  const auto it =
      std::find_if(std::begin(verbs), std::end(verbs), [&](const auto& v) { return action == v.first; });
  const bool known = it != std::end(verbs) && (into.of_batches || it->second <= bulk_verb::cancel);
  if (!known)
    return wrong("action", into.of_batches ? "expected retry, cancel, pause, resume or delete"
                                           : "expected retry or cancel");
  into.action = it->second;
  const auto stage = text_in(body, "stage");
  if (!stage.empty() && stage != "fetch" && stage != "parse")
    return wrong("stage", "expected fetch or parse");
  into.retry.reparse = stage == "parse";
  if (const auto dry = body.find("dry_run"); dry != body.end()) {
    if (!dry->is_boolean()) return wrong("dry_run", "expected true or false");
    into.dry_run = *dry;
  }
  return fail(errc::none);
}

failure read_status(const std::string& status, bulk_plan& into) {
  if (status.empty()) return fail(errc::none);
  item_state item{};
  batch_state b{};
  if (into.of_batches && find_state(status, b)) {
    into.batches.states.push_back(b);
    return fail(errc::none);
  }
  if (into.of_batches || !find_state(status, item))
    return wrong("filter.status", "there is no stored state \"" + status + '"');
  into.items.state = item;
  return fail(errc::none);
}

failure read_filter(const json& f, bulk_plan& into) {
  for (const auto& [name, value] : f.items()) {
    const bool is_number = name == "notebook";
    const bool known = is_number || name == "batch" || name == "tag" || name == "status" ||
                       name == "error_code" || name == "host" || name == "q";
    // A filter that is not understood would match too much.
    if (!known) return wrong("filter." + name, "there is no such filter");
    if (is_number ? !value.is_number_unsigned() : !value.is_string() || value == "")
      return wrong("filter." + name,
                   is_number ? "expected a whole number" : "expected a text that is not empty");
    if (into.of_batches && (name == "host" || name == "q" || name == "error_code"))
      return wrong("filter." + name, "goes with items, not with batches");
  }
  if (const auto b = text_in(f, "batch"); !b.empty()) {
    into.in = parse_batch_name(b);
    if (into.in == batch_id{}) return wrong("filter.batch", "there is no batch \"" + b + '"');
  }
  if (f.contains("notebook")) into.batches.notebooks = {f["notebook"].get<uint64_t>()};
  into.batches.tag = text_in(f, "tag");
  into.items.host = text_in(f, "host");
  into.items.text = text_in(f, "q");
  if (const auto code = text_in(f, "error_code"); !code.empty()) {
    into.items.error = errc_from_name(code);
    if (info(into.items.error).name != code)
      return wrong("filter.error_code", "there is no code \"" + code + '"');
  }
  return read_status(text_in(f, "status"), into);
}

} // namespace

result<bulk_plan> read_bulk(std::string_view text) {
  const auto body = json::parse(text, nullptr, false);
  if (!body.is_object()) return fail(errc::invalid_request, "the body: expected a JSON object");
  bulk_plan out;
  if (auto f = read_action(body, out); f.code != errc::none) return f;
  const auto filter = body.find("filter");
  if (filter == body.end() || !filter->is_object())
    return wrong("filter", "expected an object; {} matches all");
  if (auto f = read_filter(*filter, out); f.code != errc::none) return f;
  return out;
}

failure check_bulk(std::string_view request) {
  const auto plan = read_bulk(request);
  return plan ? fail(errc::none) : plan.error();
}

bool matches(const item& x, const item_filter& f) {
  return (!f.state || x.state == *f.state) && (f.error == errc::none || x.error.code == f.error) &&
         (f.host.empty() || host_of(x.url) == f.host) &&
         (f.text.empty() || x.url.find(f.text) != x.url.npos || x.filename.find(f.text) != x.url.npos ||
          x.custom_id.find(f.text) != x.url.npos);
}

bool matches(const batch& b, const batch_filter& f) {
  const auto contains = [](const auto& all, const auto& x) {
    return all.empty() || std::find(all.begin(), all.end(), x) != all.end();
  };
  return contains(f.notebooks, raw(b.home)) && contains(f.states, b.state) && b.created > f.created_after &&
         (f.tag.empty() || std::count(b.options.tags.begin(), b.options.tags.end(), f.tag) > 0);
}

} // namespace troupe
