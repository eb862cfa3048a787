#pragma once
/// Lists over all notebooks: each owner's part, merged.

#include "http/cluster/forwarder.hpp"

namespace troupe::http {

/// Batches of all owners, newest first. `own` answers this node's part, for the query as it is then. What
/// owners that are away have is missing, and the answer has `"incomplete": true`. Its cursor holds how far
/// each owner's part was taken, as `m1.123-2.77`: the number before a dot is the owner's, an owner that is
/// not there has no more.
asio::awaitable<response> gather_batches(exchange& x, const handler& own);

} // namespace troupe::http
