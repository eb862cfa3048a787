#include "model/records.hpp"

namespace troupe {
namespace {

std::string name_of(const access_key& x) {
  return x.id;
}
std::string name_of(const browser_session& x) {
  return x.sha256;
}
std::string name_of(const host_rule& x) {
  return x.host;
}
std::string name_of(const webhook& x) {
  return std::to_string(x.id);
}
std::string name_of(const bulk_action& x) {
  return std::to_string(x.id);
}
std::string name_of(const stored_original& x) {
  return std::to_string(x.id);
}

} // namespace

std::string name_of(const record& r) {
  return std::visit([](const auto& x) { return name_of(x); }, r);
}

std::string type_of(const event& e) {
  switch (e.kind) {
  case event_kind::batch_accepted: return "batch.accepted";
  case event_kind::attempt_failed: return "item.attempt_failed";
  case event_kind::item_finished: return "item." + std::string(name(e.item_now));
  case event_kind::batch_changed: return "batch." + std::string(name(e.batch_now));
  case event_kind::batch_paused: return "batch.paused";
  case event_kind::batch_resumed: return "batch.resumed";
  case event_kind::batch_extended: return "batch.extended";
  case event_kind::batch_sealed: return "batch.sealed";
  case event_kind::batch_retried: return "batch.retried";
  case event_kind::item_retried: return "item.retried";
  case event_kind::batch_removed: return "batch.removed";
  }
  return {};
}

} // namespace troupe
