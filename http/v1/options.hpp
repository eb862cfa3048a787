#pragma once
/// What clients may say about a batch and about an item, beside what it is: members of JSON, or of the query.

#include "actors/gateway.hpp"
#include "config/settings.hpp"

#include <nlohmann/json_fwd.hpp>

#include <map>

namespace troupe::http {

/// What a body says beside its items.
struct v1_submission {
  notebook_id home{};
  /// One item that cannot be used refuses the whole.
  bool strict = false;
  job_type job = job_type::url_parse;
  /// The batch does not end before it is sealed.
  bool held = false;
  batch_options options;
  std::optional<webhook> told;
};

/// Names of the members that `read_v1_members` reads.
bool is_v1_member(std::string_view name);
/// Reads `notebook`, `strict`, `sealed`, `media`, `max_age`, `priority`, `max_concurrency`, `not_before`,
/// `deadline`, `on_error`, `expires_after`, `tags`, `webhook`; others are passed over. Fails with
/// `invalid_request`, naming the member.
result<v1_submission> read_v1_members(const nlohmann::json& body);
/// The same from a query: numbers and booleans as they are, tags with commas between them, a webhook by its
/// URL.
result<v1_submission> read_v1_query(const std::map<std::string, std::string>& query);

/// Reads `priority`, `deadline`, `not_before`, `metadata` and `custom_id` of an item. `none`: they can be
/// used.
failure read_v1_item_options(const nlohmann::json& x, item_spec& into);

/// A webhook: its URL, or `{"url", "secret", "events", "notebooks"}`. A secret is made when none is given.
/// Fails with `invalid_request`.
result<webhook> read_v1_webhook(const nlohmann::json& x);

} // namespace troupe::http
