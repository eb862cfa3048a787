#pragma once
/// Requests that may be sent twice and happen once (IETF draft-ietf-httpapi-idempotency-key-header).
///
/// A POST with an `Idempotency-Key` is answered like the first of its kind: the same request by the same
/// caller gets the first answer again, with `Idempotent-Replayed: true`; another request under the same key
/// gets 422. While the first is at work, equal ones wait for it. Answers are kept for
/// `store.receipt_retention_ms`, those that accept items in the very commit that accepts them. An answer that
/// is no success is not kept.

#include "http/router.hpp"
#include "http/signal.hpp"

#include <map>

namespace troupe::http {

/// Keys whose first request is at work; the front's thread only.
class requests_in_flight {
public:
  /// False: another has it; `waiting` is told when that one is done.
  bool begin(const digest& key, std::shared_ptr<signal> waiting);
  void end(const digest& key);

private:
  std::map<std::array<uint8_t, 32>, std::vector<std::shared_ptr<signal>>> keys_;
};

/// Runs the route for a request with an `Idempotency-Key`, or answers it as it was answered before.
asio::awaitable<response> run_once(exchange& x, const route& to);

} // namespace troupe::http
