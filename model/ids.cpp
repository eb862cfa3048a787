#include "model/ids.hpp"

#include <charconv>

namespace troupe {
namespace {

uint64_t after_prefix(std::string_view text, std::string_view prefix) {
  uint64_t id = 0;
  return text.starts_with(prefix) && parse_id(text.substr(prefix.size()), id) ? id : 0;
}

} // namespace

bool parse_id(std::string_view text, uint64_t& id) {
  if (text.empty() || text.size() > 16) return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  return error == std::errc{} && end == text.data() + text.size() && id <= max_id;
}

std::string file_id(source_id id) {
  return "f_" + std::to_string(raw(id));
}
source_id parse_file_id(std::string_view text) {
  return source_id{after_prefix(text, "f_")};
}
std::string batch_name(batch_id id) {
  return "bat_" + std::to_string(raw(id));
}
std::string item_name(item_id id) {
  return "itm_" + std::to_string(raw(id));
}
batch_id parse_batch_name(std::string_view text) {
  return batch_id{after_prefix(text, "bat_")};
}
item_id parse_item_name(std::string_view text) {
  return item_id{after_prefix(text, "itm_")};
}
std::string upload_id(item_id id) {
  return "u_" + std::to_string(raw(id));
}
item_id parse_upload_id(std::string_view text) {
  return item_id{after_prefix(text, "u_")};
}

} // namespace troupe
