#include "model/batch.hpp"

namespace troupe {
namespace {

template <class State>
bool find(std::string_view wanted, State last, State& into) {
  for (int s = 0; s <= static_cast<int>(last); ++s)
    if (name(static_cast<State>(s)) == wanted) {
      into = static_cast<State>(s);
      return true;
    }
  return false;
}

} // namespace

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

bool find_state(std::string_view wanted, item_state& into) {
  return find(wanted, item_state::expired, into);
}
bool find_state(std::string_view wanted, batch_state& into) {
  return find(wanted, batch_state::expired, into);
}

} // namespace troupe
