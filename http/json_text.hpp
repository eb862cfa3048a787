#pragma once
#include <nlohmann/json.hpp>

namespace troupe::http {

/// JSON as it is sent: compact; bytes that are no UTF-8 become U+FFFD instead of failing the answer.
inline std::string dump(const nlohmann::ordered_json& j) {
  return j.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

} // namespace troupe::http
