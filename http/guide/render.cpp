#include "http/guide/render.hpp"
#include "http/json_text.hpp"

#include <cmath>

namespace troupe::http {
namespace {

using json = nlohmann::ordered_json;

constexpr size_t preview_bytes = 500;

double progress(const item_counts& c) {
  if (c.total == 0) return 100.0;
  return std::round(1000.0 * c.finished() / c.total) / 10.0;
}

uint32_t failures(const item_counts& c) {
  return c.failed + c.cancelled + c.expired;
}

json result_of(const item& x) {
  json out{
      {"file_id", file_id(x.source)}, {"knowledge_item_id", raw(x.source)}, {"source_id", raw(x.source)}};
  if (x.duplicate) out["duplicate"] = true;
  return out;
}

std::string error_text(const item& x) {
  return std::string(info(x.error.code).name) + ": " + std::string(x.error.text());
}

json item_data(const item& x) {
  if (x.filename.empty()) return {{"url", x.url}};
  return {{"filename", x.filename}, {"size", x.input_size}};
}

std::string started(const batch& b) {
  const auto n = std::to_string(b.counts.total);
  switch (b.job) {
  case job_type::file_upload: return "Batch upload started for " + n + " files";
  case job_type::url_parse_media: return "Batch media processing started for " + n + " URLs";
  default: return "Batch processing started for " + n + " URLs";
  }
}

/// Metadata as it is stored; an empty object when it is none.
json object_of(std::string_view stored) {
  auto x = json::parse(stored, nullptr, false);
  return x.is_object() ? std::move(x) : json::object();
}

/// What a source would be called as a file.
std::string markdown_name(const source& s) {
  std::string out;
  for (const char c : s.title)
    out += static_cast<uint8_t>(c) < ' ' || std::string_view("/\\:*?\"<>|").find(c) != std::string_view::npos
               ? '_'
               : c;
  if (out.empty()) out = file_id(s.id);
  return out + (s.extraction_method.starts_with("media/") ? "_transcript.md" : ".md");
}

json item_json(const item_view& v) {
  const auto& x = v.row;
  json out{{"id", raw(x.id)},
           {"status", guide_status(v)},
           {"item_data", item_data(x)},
           {"upload_id", upload_id(x)},
           {"created_at", to_rfc3339(x.created)},
           {"updated_at", to_rfc3339(x.updated)}};
  if (x.state == item_state::succeeded) out["result"] = result_of(x);
  if (x.error.code != errc::none && x.state != item_state::succeeded) {
    out["error"] = error_text(x);
    out["error_code"] = info(x.error.code).name;
  }
  if (!x.about.empty()) out["media"] = object_of(x.about);
  if (x.attempts > 0) out["attempts"] = x.attempts;
  return out;
}

json source_json(const held_source& h) {
  const auto& s = h.row;
  json out{{"file_id", file_id(s.id)},
           {"knowledge_item_id", raw(s.id)},
           {"title", s.title},
           {"name", markdown_name(s)},
           {"content_type", s.content_type},
           {"source_url", s.url},
           {"extraction_method", s.extraction_method},
           {"markdown_size", s.markdown_size},
           {"original_size", s.original_size},
           {"created_at", to_rfc3339(s.created)}};
  if (!s.filename.empty()) out["filename"] = s.filename;
  if (!s.final_url.empty()) out["final_url"] = s.final_url;
  if (!h.notes.empty()) out["notes"] = h.notes;
  out["metadata"] = object_of(s.metadata);
  return out;
}

json page_json(const source_page& page, uint64_t limit, uint64_t offset) {
  return {{"success", true},
          {"data", json::array()},
          {"pagination", {{"limit", limit}, {"offset", offset}, {"total", page.total}}}};
}

std::string preview(std::string_view text) {
  auto end = std::min(text.size(), preview_bytes);
  while (end < text.size() && end > 0 && (static_cast<uint8_t>(text[end]) & 0xc0) == 0x80)
    --end;
  return std::string(text.substr(0, end));
}

/// How far an item is, for a progress bar.
int percent(const item_view& x) {
  if (terminal(x.row.state)) return 100;
  switch (x.now) {
  case phase::fetching: return 10;
  case phase::parsing: return 50 + x.percent * 2 / 5;
  case phase::persisting: return 90;
  default: return 0;
  }
}

std::string_view upload_status(const item_view& x) {
  switch (x.row.state) {
  case item_state::succeeded: return "completed";
  case item_state::cancelled:
  case item_state::expired: return "cancelled";
  case item_state::failed: return x.row.error.code == errc::unsupported_type ? "unsupported" : "error";
  default: return x.now == phase::waiting ? "pending" : "processing";
  }
}

} // namespace

std::string_view guide_status(const batch& b, uint32_t processing) {
  switch (b.state) {
  case batch_state::completed: return "completed";
  case batch_state::failed: return "failed";
  case batch_state::completed_with_errors: return "partially_completed";
  case batch_state::expired:
  case batch_state::cancelled: return b.counts.succeeded > 0 ? "partially_completed" : "failed";
  default: return processing > 0 || b.counts.finished() > 0 ? "processing" : "pending";
  }
}

std::string_view guide_status(const item_view& x) {
  if (x.row.state == item_state::succeeded) return "completed";
  if (terminal(x.row.state)) return "failed";
  return x.now == phase::waiting ? "pending" : "processing";
}

std::string render_status(const batch_view& v, uint32_t offset, bool with_items) {
  const auto& b = v.row;
  json out{{"batch_job",
            {{"id", raw(b.id)},
             {"job_type", name(b.job)},
             {"status", guide_status(b, v.processing)},
             {"total_items", b.counts.total},
             {"completed_items", b.counts.succeeded},
             {"failed_items", failures(b.counts)},
             {"processing_items", v.processing},
             {"pending_items", v.pending()},
             {"progress_percentage", progress(b.counts)},
             {"created_at", to_rfc3339(b.created)},
             {"updated_at", to_rfc3339(b.updated)}}}};
  if (!with_items) return dump(out);
  auto& items = out["items"] = json::array();
  for (const auto& x : v.items)
    items.push_back(item_json(x));
  const auto end = offset + v.items.size();
  if (end < b.counts.total) out["next_offset"] = end;
  return dump(out);
}

std::string render_accepted(const batch& b, const intake& from) {
  json out{{"success", true},
           {"batch_job_id", raw(b.id)},
           {"total_items", b.counts.total},
           {"message", started(b)},
           {"is_batch", true}};
  if (from.refused() == 0) return dump(out);
  auto& rejected = out["rejected"] = json::array();
  for (const auto& r : from.refusals())
    rejected.push_back({{"index", r.index},
                        {b.job == job_type::file_upload ? "filename" : "url", r.url},
                        {"reason", r.reason.text()},
                        {"code", info(r.reason.code).name}});
  out["rejected_items"] = from.refused();
  return dump(out);
}

std::string render_single(const item_view& x, const source_text& text) {
  json out{{"success", true},
           {"file_id", file_id(x.row.source)},
           {"knowledge_item_id", raw(x.row.source)},
           {"is_batch", false},
           {"total_items", 1},
           {"upload_id", upload_id(x.row)},
           {"title", text.row.title},
           {"content_preview", preview(text.markdown)},
           {"extraction_method", text.row.extraction_method}};
  out.update(item_data(x.row));
  if (x.row.duplicate) out["duplicate"] = true;
  return dump(out);
}

std::string render_waiting(const item_view& x) {
  return dump({{"success", true},
               {"is_batch", false},
               {"total_items", 1},
               {"status", guide_status(x)},
               {"upload_id", upload_id(x.row)},
               {"batch_job_id", raw(x.row.key.batch)}});
}

std::string render_upload(const item_view& x) {
  json details{{"progress_percentage", percent(x)}};
  if (x.row.state == item_state::succeeded) details["result"] = result_of(x.row);
  if (x.row.error.code != errc::none && x.row.state != item_state::succeeded) {
    details["error"] = error_text(x.row);
    details["error_code"] = info(x.row.error.code).name;
  }
  if (!x.row.about.empty()) details["media"] = object_of(x.row.about);
  return dump({{"status", upload_status(x)}, {"job_details", std::move(details)}});
}

bool upload_ended(const item_view& x) {
  return terminal(x.row.state);
}

std::string render_files(const source_page& page, uint64_t limit, uint64_t offset) {
  auto out = page_json(page, limit, offset);
  for (const auto& h : page.sources)
    out["data"].push_back(source_json(h));
  return dump(out);
}

std::string render_knowledge(const source_page& page, uint64_t limit, uint64_t offset) {
  auto out = page_json(page, limit, offset);
  out["pagination"].erase("total");
  out["pagination"]["has_more"] = page.sources.size() > limit;
  for (const auto& h : page.sources) {
    if (out["data"].size() == limit) break;
    auto row = source_json(h);
    row["linked"] = h.linked;
    out["data"].push_back(std::move(row));
  }
  return dump(out);
}

std::string render_content(const source_text& text) {
  auto metadata = source_json({text.row, true, {}, {}});
  auto said = std::move(metadata["metadata"]);
  metadata.erase("metadata");
  metadata.update(said);
  return dump({{"success", true},
               {"data",
                {{"content", text.markdown},
                 {"title", text.row.title},
                 {"content_type", text.row.content_type},
                 {"metadata", std::move(metadata)}}}});
}

} // namespace troupe::http
