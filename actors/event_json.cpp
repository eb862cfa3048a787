#include "actors/event_json.hpp"

#include <nlohmann/json.hpp>

namespace troupe {
namespace {

using json = nlohmann::ordered_json;

json object_of(const event& e) {
  const auto& c = e.counts;
  json out{{"id", raw(e.number)},
           {"type", type_of(e)},
           {"batch", batch_name(e.batch)},
           {"notebook", raw(e.home)},
           {"at", to_rfc3339(e.at)},
           {"counts",
            {{"total", c.total},
             {"succeeded", c.succeeded},
             {"failed", c.failed},
             {"cancelled", c.cancelled},
             {"expired", c.expired},
             {"open", c.open()}}}};
  if (e.item != item_id{}) {
    out["item"] = item_name(e.item);
    out["index"] = e.index;
  }
  if (e.source != source_id{}) out["file_id"] = file_id(e.source);
  if (e.code != errc::none) out["code"] = info(e.code).name;
  return out;
}

} // namespace

std::string json_of(const event& e) {
  return object_of(e).dump();
}

std::string message_of(const delivery& d, const event& e) {
  return json{{"type", d.type}, {"timestamp", to_rfc3339(e.at)}, {"data", object_of(e)}}.dump();
}

std::string delivery_name(const delivery& d) {
  return "dlv_" + std::to_string(d.webhook) + '_' + std::to_string(raw(d.event)) + (d.progress() ? "_p" : "");
}

delivery parse_delivery_name(std::string_view text) {
  delivery d;
  if (!text.starts_with("dlv_")) return d;
  text.remove_prefix(4);
  if (text.ends_with("_p")) {
    d.type = "batch.progress";
    text.remove_suffix(2);
  }
  const auto gap = text.find('_');
  uint64_t to = 0;
  uint64_t number = 0;
  if (gap == text.npos || !parse_id(text.substr(0, gap), to) || !parse_id(text.substr(gap + 1), number))
    return {};
  d.webhook = to;
  d.event = event_number{number};
  return d;
}

} // namespace troupe
