#include "http/v1/render.hpp"

#include <nlohmann/json.hpp>

#include <cmath>

namespace troupe::http {
namespace {

using json = nlohmann::ordered_json;

json counts_json(const item_counts& c) {
  return {{"total", c.total},         {"succeeded", c.succeeded}, {"failed", c.failed},
          {"cancelled", c.cancelled}, {"expired", c.expired},     {"open", c.open()}};
}

double percent_of(const item_counts& c) {
  return c.total == 0 ? 100.0 : std::round(1000.0 * c.finished() / c.total) / 10.0;
}

void add_options(const batch_options& o, json& into) {
  if (o.max_age) into["max_age"] = o.max_age->count();
  if (o.priority) into["priority"] = o.priority;
  if (o.max_concurrency) into["max_concurrency"] = o.max_concurrency;
  if (o.not_before != timestamp{}) into["not_before"] = to_rfc3339(o.not_before);
  if (o.deadline != timestamp{}) into["deadline"] = to_rfc3339(o.deadline);
  if (o.cancel_on_error) into["on_error"] = "cancel";
  if (o.expires_after) into["expires_after"] = o.expires_after->count();
  if (!o.tags.empty()) into["tags"] = o.tags;
}

/// Why a batch is as it is, for people.
std::string reason_of(const batch& b) {
  switch (b.state) {
  case batch_state::completed: return "every item succeeded";
  case batch_state::completed_with_errors: return "every item ended, some without success";
  case batch_state::failed: return "every item ended, none with success";
  case batch_state::cancelled: return "it was cancelled before every item had ended";
  case batch_state::expired: return "its deadline passed before every item had ended";
  default: return {};
  }
}

} // namespace

std::string_view v1_state(const batch_view& v) {
  if (v.row.state != batch_state::open) return name(v.row.state);
  if (v.row.paused) return "paused";
  return v.processing > 0 || v.row.counts.finished() > 0 ? "running" : "queued";
}

std::string_view v1_state(const item_view& v) {
  return terminal(v.row.state) || v.now == phase::waiting ? name(v.row.state) : name(v.now);
}

bool read_v1_state(std::string_view wanted, item_filter& into) {
  if (item_state s{}; find_state(wanted, s)) {
    into.state = s;
    return true;
  }
  for (const auto p : {phase::fetching, phase::parsing, phase::persisting})
    if (name(p) == wanted) {
      into.now = p;
      return true;
    }
  return false;
}

bool read_v1_state(std::string_view wanted, batch_filter& into) {
  // Whether an open batch has begun is not stored.
  if (wanted == "queued" || wanted == "running" || wanted == "paused") wanted = name(batch_state::open);
  batch_state s{};
  if (!find_state(wanted, s)) return false;
  into.states.push_back(s);
  return true;
}

json v1_json(const failure& f) {
  const auto& i = info(f.code);
  json out{{"stage", name(i.at)}, {"code", i.name}, {"retryable", i.retryable}, {"message", f.text()}};
  if (f.http_status) out["http_status"] = f.http_status;
  return out;
}

json v1_json(const batch_view& v) {
  const auto& b = v.row;
  json out{{"id", batch_name(b.id)},
           {"notebook", raw(b.home)},
           {"job_type", name(b.job)},
           {"state", v1_state(v)},
           {"counts", counts_json(b.counts)},
           {"progress_percentage", percent_of(b.counts)},
           {"created_at", to_rfc3339(b.created)},
           {"updated_at", to_rfc3339(b.updated)}};
  out["counts"]["processing"] = v.processing;
  if (terminal(b.state)) out["reason"] = reason_of(b);
  add_options(b.options, out);
  if (b.held) out["sealed"] = false;
  if (b.sealed) out["sealed"] = true;
  return out;
}

json v1_json(const item_view& v) {
  const auto& x = v.row;
  json out{{"id", item_name(x.id)},
           {"batch", batch_name(x.key.batch)},
           {"index", x.key.index},
           {"state", v1_state(v)},
           {"attempts", x.attempts},
           {"created_at", to_rfc3339(x.created)},
           {"updated_at", to_rfc3339(x.updated)}};
  if (!x.custom_id.empty()) out["custom_id"] = x.custom_id;
  if (x.filename.empty())
    out["url"] = x.url;
  else
    out.update({{"filename", x.filename}, {"size", x.input_size}});
  if (x.source != source_id{}) out["file_id"] = file_id(x.source);
  if (x.duplicate) out["duplicate"] = true;
  if (x.options.priority) out["priority"] = x.options.priority;
  if (x.options.deadline != timestamp{}) out["deadline"] = to_rfc3339(x.options.deadline);
  if (!x.options.metadata.empty()) out["metadata"] = json::parse(x.options.metadata, nullptr, false);
  if (x.state == item_state::retry_wait || (x.state == item_state::pending && x.not_before != timestamp{}))
    out["next_attempt_at"] = to_rfc3339(x.not_before);
  if (x.error.code != errc::none && x.state != item_state::succeeded) {
    out["error"] = v1_json(x.error);
    out["error"]["attempt"] = x.attempts;
    out["error"]["at"] = to_rfc3339(x.updated);
  }
  return out;
}

json v1_result_json(const item& x, const source_text& text) {
  const auto about = json::parse(text.row.metadata, nullptr, false);
  json out{{"item", item_name(x.id)},
           {"index", x.key.index},
           {"file_id", file_id(text.row.id)},
           {"title", text.row.title},
           {"content_type", text.row.content_type},
           {"extraction_method", text.row.extraction_method},
           {"about", about.is_object() ? about : json::object()},
           {"markdown", text.markdown}};
  if (!x.custom_id.empty()) out["custom_id"] = x.custom_id;
  if (!x.options.metadata.empty()) out["metadata"] = json::parse(x.options.metadata, nullptr, false);
  return out;
}

json v1_json(const attempt& a) {
  json out{{"number", a.token.number},
           {"node", a.node},
           {"started_at", to_rfc3339(a.started)},
           {"ended_at", to_rfc3339(a.ended)},
           {"took_ms", (a.ended - a.started).count()},
           {"succeeded", a.error.code == errc::none}};
  if (!a.worker.empty()) out["worker"] = a.worker;
  if (a.error.code != errc::none) out["error"] = v1_json(a.error);
  return out;
}

} // namespace troupe::http
