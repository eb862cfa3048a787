#include "http/v1_render.hpp"

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

/// Why a batch is as it is, for people.
std::string reason_of(const batch& b) {
  switch (b.state) {
  case batch_state::completed: return "every item succeeded";
  case batch_state::completed_with_errors: return "every item ended, some without success";
  case batch_state::failed: return "every item ended, none with success";
  case batch_state::cancelled: return "it was cancelled before every item had ended";
  default: return {};
  }
}

} // namespace

std::string_view v1_state(const batch_view& v) {
  if (v.row.state != batch_state::open) return name(v.row.state);
  return v.processing > 0 || v.row.counts.finished() > 0 ? "running" : "queued";
}

std::string_view v1_state(const item_view& v) {
  return terminal(v.row.state) || v.now == phase::waiting ? name(v.row.state) : name(v.now);
}

bool read_v1_state(std::string_view wanted, item_filter& into) {
  for (auto s = item_state::pending; s <= item_state::expired; s = static_cast<item_state>(int(s) + 1))
    if (name(s) == wanted) {
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
  if (wanted == "queued" || wanted == "running") wanted = name(batch_state::open);
  for (auto s = batch_state::open; s <= batch_state::cancelled; s = static_cast<batch_state>(int(s) + 1))
    if (name(s) == wanted) {
      into.states.push_back(s);
      return true;
    }
  return false;
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
  if (b.options.max_age) out["max_age"] = b.options.max_age->count();
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
  if (x.state == item_state::succeeded) out["file_id"] = file_id(x.source);
  if (x.duplicate) out["duplicate"] = true;
  if (x.state == item_state::retry_wait) out["next_attempt_at"] = to_rfc3339(x.not_before);
  if (x.error.code != errc::none && x.state != item_state::succeeded) {
    out["error"] = v1_json(x.error);
    out["error"]["attempt"] = x.attempts;
    out["error"]["at"] = to_rfc3339(x.updated);
  }
  return out;
}

json v1_json(const attempt& a) {
  json out{{"number", a.token.number},
           {"node", a.node},
           {"started_at", to_rfc3339(a.started)},
           {"ended_at", to_rfc3339(a.ended)},
           {"took_ms", (a.ended - a.started).count()},
           {"succeeded", a.error.code == errc::none}};
  if (a.error.code != errc::none) out["error"] = v1_json(a.error);
  return out;
}

std::string v1_type(const event& e) {
  switch (e.kind) {
  case event_kind::batch_accepted: return "batch.accepted";
  case event_kind::attempt_failed: return "item.attempt_failed";
  case event_kind::item_finished: return "item." + std::string(name(e.item_now));
  default: return "batch." + std::string(name(e.batch_now));
  }
}

json v1_json(const event& e) {
  json out{{"id", raw(e.number)},
           {"type", v1_type(e)},
           {"batch", batch_name(e.batch)},
           {"at", to_rfc3339(e.at)},
           {"counts", counts_json(e.counts)}};
  if (e.item != item_id{}) {
    out["item"] = item_name(e.item);
    out["index"] = e.index;
  }
  if (e.source != source_id{}) out["file_id"] = file_id(e.source);
  if (e.code != errc::none) out["code"] = info(e.code).name;
  return out;
}

} // namespace troupe::http
