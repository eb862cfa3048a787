#pragma once
/// The bodies that create batches through the native API, read as streams: memory stays flat whatever their
/// length.

#include "actors/gateway.hpp"
#include "http/body.hpp"

namespace troupe::http {

/// What a body says beside its items.
struct v1_submission {
  notebook_id home{};
  bool strict = false;
  batch_options options;
};

/// Called after each item; stops the reading when it returns a failure.
using on_item = std::function<failure()>;

/// The members of `{"notebook", "strict", "max_age", "items": […]}`; the items are passed over. Fails with
/// `invalid_request`, naming the member.
result<v1_submission> read_v1_head(request_body& body);
/// Its items: texts, or objects `{"url", "custom_id"}`. Elements that are neither are refused, not the body.
failure read_v1_items(request_body& body, intake& into, const on_item& next);
/// The same, one a line (application/x-ndjson).
failure read_v1_lines(request_body& body, intake& into, const on_item& next);

} // namespace troupe::http
