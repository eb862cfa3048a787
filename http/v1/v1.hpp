#pragma once
/// The native API, under /v1: conventions shared by its routes.
///
/// JSON in snake_case, times in RFC 3339, ids with a prefix (`bat_`, `itm_`, `f_`), errors as problems (RFC
/// 9457), lists as `{"data", "has_more", "next_cursor"}` with cursors that stay valid while rows come and go.

#include "http/router.hpp"

#include <nlohmann/json_fwd.hpp>

namespace troupe::http {

std::vector<route> v1_routes();

/// The parts, by what they are about.
void add_v1_batch_routes(std::vector<route>& into);
void add_v1_item_routes(std::vector<route>& into);
void add_v1_event_routes(std::vector<route>& into);
void add_v1_create_routes(std::vector<route>& into);
void add_v1_result_routes(std::vector<route>& into);
void add_v1_key_routes(std::vector<route>& into);
void add_v1_host_routes(std::vector<route>& into);
void add_v1_bulk_routes(std::vector<route>& into);
void add_v1_webhook_routes(std::vector<route>& into);
void add_v1_backup_routes(std::vector<route>& into);
void add_v1_node_routes(std::vector<route>& into);
void add_v1_original_routes(std::vector<route>& into);

/// How many rows a list's answer holds at most.
constexpr uint64_t v1_longest_page = 1'000;

/// `limit` of the query: 1 to 1,000, 100 when it is not there. Fails with `invalid_request`.
result<uint32_t> v1_limit(const exchange& x);
/// `cursor` of the query, as `v1_page` made it; `initial` when it is not there. Fails with `invalid_request`.
result<uint64_t> v1_cursor(const exchange& x, uint64_t initial);
/// A request's target with another cursor, or, of an empty one, without.
std::string v1_with_cursor(std::string_view target, const std::string& cursor);
/// A list's answer, with a `Link` to the next (RFC 8288); `next` none: it is the last.
response v1_page(const exchange& x, nlohmann::ordered_json data, std::optional<uint64_t> next);

/// The batch that the path names, if the caller may see it; to others it is not there. With `write` the
/// caller has to be allowed to change it: fails with `invalid_request`, `not_found`, or `forbidden` in
/// `refused`.
asio::awaitable<result<batch_view>> v1_batch(exchange& x);
asio::awaitable<result<item_view>> v1_item(exchange& x);
/// What an item has left, as the caller's `Accept` wants it; 410 when that is gone.
response v1_item_result(const exchange& x, const item& row, const result<source_text>& text);
/// A JSON value, or why there is none.
struct json_body {
  std::shared_ptr<const nlohmann::json> value;
  failure problem{errc::none, {}, 0, std::nullopt};
  explicit operator bool() const { return value != nullptr; }
  const failure& error() const { return problem; }
  const nlohmann::json& operator*() const { return *value; }
  const nlohmann::json* operator->() const { return value.get(); }
};
/// The JSON object in the request's body; an empty one when there is none. Fails with `invalid_request`.
json_body v1_object(exchange& x);
/// `{"items": "failed"|"all", "stage": "fetch"|"parse"}` in the body. Fails with `invalid_request`.
result<retry_plan> v1_retry_plan(exchange& x);
/// None: the caller may write to this notebook.
std::optional<response> v1_refuse_write(const exchange& x, notebook_id n);

} // namespace troupe::http
