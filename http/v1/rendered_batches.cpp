#include "http/v1/rendered_batches.hpp"

#include "http/json_text.hpp"
#include "http/v1/render.hpp"

#include "model/content.hpp"

namespace troupe::http {

/// What of a batch changes during its life. Its options do not.
bool rendered_batches::is_of(const entry& e, const batch_view& v) {
  const auto& a = e.row;
  const auto& b = v.row;
  return a.last_event == b.last_event && a.updated == b.updated && e.processing == v.processing &&
         a.counts == b.counts && a.state == b.state && a.paused == b.paused && a.held == b.held &&
         a.sealed == b.sealed;
}

const rendered_batches::answer& rendered_batches::of(const batch_view& v) {
  if (kept_.size() >= most_kept && !kept_.contains(v.row.id)) kept_.clear();
  auto& e = kept_[v.row.id];
  if (!e.written.body.empty() && is_of(e, v)) return e.written;
  e.row = v.row;
  e.processing = v.processing;
  e.written.body = dump(v1_json(v));
  e.written.tag = '"' + sha256(e.written.body).hex().substr(0, 16) + '"';
  return e.written;
}

} // namespace troupe::http
