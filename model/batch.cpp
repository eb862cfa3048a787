#include "model/batch.hpp"

namespace troupe {

std::string upload_id(const item& x) {
  return x.upload_id.empty() ? upload_id(x.id) : x.upload_id;
}

std::string_view name(job_type x) {
  constexpr std::string_view names[] = {"url_parse", "url_parse_media", "file_upload"};
  return names[static_cast<size_t>(x)];
}

std::string_view name(item_state x) {
  constexpr std::string_view names[] = {"pending", "retry_wait", "succeeded",
                                        "failed",  "cancelled",  "expired"};
  return names[static_cast<size_t>(x)];
}

std::string_view name(batch_state x) {
  constexpr std::string_view names[] = {"open",   "cancelling", "completed", "completed_with_errors",
                                        "failed", "cancelled",  "expired"};
  return names[static_cast<size_t>(x)];
}

std::string_view name(phase x) {
  constexpr std::string_view names[] = {"waiting", "fetching", "parsing", "persisting"};
  return names[static_cast<size_t>(x)];
}

} // namespace troupe
