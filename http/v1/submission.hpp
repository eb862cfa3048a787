#pragma once
/// The bodies that create batches through the native API, read as streams: memory stays flat whatever their
/// length.

#include "http/body.hpp"
#include "http/v1/options.hpp"

#include <functional>

namespace troupe::http {

/// Called after each item; stops the reading when it returns a failure.
using on_item = std::function<failure()>;

/// Bytes that were sent ahead, by the name that the client knows them by. May block.
using find_original = std::function<result<stored_original>(const std::string& name)>;

struct item_reading {
  intake& into;
  on_item next;
  find_original original;
  uint64_t longest_text = 1 << 20;
  /// What bounds how many there may be.
  std::string_view limit = "limits.items_per_batch";
};

/// Members of `{…, "items": […]}`, as `read_v1_members` has them; the items are passed over. `needs_items`:
/// it fails without them. Fails with `invalid_request`, naming the member.
result<v1_submission> read_v1_head(request_body& body, bool needs_items);
/// Its items: URLs, or objects with one of `url`, `original` and `text` (the latter with a `filename`) and
/// with options. Elements that are neither are refused, not the body.
failure read_v1_items(request_body& body, const item_reading& how);
/// The same, one a line (application/x-ndjson).
failure read_v1_lines(request_body& body, const item_reading& how);
/// One such object.
failure read_v1_item(const nlohmann::json& x, const item_reading& how);
/// The body names originals: to read its items may block.
bool may_name_originals(request_body& body);

} // namespace troupe::http
