#pragma once
/// The native API's objects as JSON. Pure; any thread.

#include "actors/gateway.hpp"

#include <nlohmann/json_fwd.hpp>

namespace troupe::http {

/// `queued`, `running`, `cancelling`, or how it ended.
std::string_view v1_state(const batch_view& v);
/// `pending`, `fetching`, `parsing`, `persisting`, `retry_wait`, or how it ended.
std::string_view v1_state(const item_view& v);
/// The filter that a state's name stands for. False: there is no such state.
bool read_v1_state(std::string_view name, item_filter& into);
bool read_v1_state(std::string_view name, batch_filter& into);

nlohmann::ordered_json v1_json(const batch_view& v);
nlohmann::ordered_json v1_json(const item_view& v);
/// What an item has left.
nlohmann::ordered_json v1_result_json(const item& x, const source_text& text);
nlohmann::ordered_json v1_json(const attempt& a);
/// `{stage, code, retryable, http_status, message}` of a failure.
nlohmann::ordered_json v1_json(const failure& f);

} // namespace troupe::http
