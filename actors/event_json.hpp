#pragma once
/// Events as clients see them, on streams, in lists and in webhooks.

#include "model/records.hpp"

namespace troupe {

/// `{"id", "type", "batch", "notebook", "at", "counts", "item", "index", "file_id", "code"}`, the last four
/// where they apply. One line of JSON; any thread.
std::string json_of(const event& e);

/// The body of a webhook's message: `{"type", "timestamp", "data"}`.
std::string message_of(const delivery& d, const event& e);

/// `dlv_<webhook>_<event>`, with `_p` when it tells of progress: the message's id, the same at every attempt.
std::string delivery_name(const delivery& d);
/// Webhook, event and kind in such a name; the webhook is 0 when the text is not one.
delivery parse_delivery_name(std::string_view text);

} // namespace troupe
