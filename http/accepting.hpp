#pragma once
/// A batch on its way in: what every submission does, whatever its body looks like.

#include "http/exchange.hpp"

#include <future>

namespace troupe::http {

class accepting {
public:
  accepting(const server_context& server, notebook_id home, job_type job);
  /// What is added to an open batch: `limits.append_items` at most.
  accepting(const server_context& server, const batch& open);
  /// Unless it was completed, what was sent of it is dropped.
  ~accepting();
  accepting(const accepting&) = delete;

  intake items;
  batch_options options;
  bool held = false;
  std::optional<webhook> told;
  std::shared_ptr<const receipt_plan> receipt;

  /// Sends the items that have gathered as a part of the batch, if they fill one: `limits.accept_chunk` of
  /// them, or 2 MiB. The first has half as many items, and is waited for, as its answer names the batch for
  /// the others. Of these one is on its way while the next gathers. What is added is one part, sent by
  /// `complete`: it fails with `too_large` beyond 32 MiB. For a worker's thread.
  failure send_if_full();
  /// To an open batch, not a new one.
  bool adds() const { return next_.add_to != batch_id{}; }
  /// Waits for the part that is on its way: for a worker's thread, before `complete`.
  failure settle();
  /// Sends the last part; answers once the batch is durable.
  asio::awaitable<submitted> complete(exchange& x);

private:
  accepting(const server_context& server, const submission& first, int64_t most_items);
  bool part_is_full() const;
  failure send_part();
  submission next_part(bool last);

  gateway& to_;
  size_t items_of_part_;
  submission next_;
  std::future<submitted> on_its_way_;
  bool done_ = false;
};

/// Waits until a batch of one item is final or the time is up; what there is of it then.
asio::awaitable<result<single_view>> wait_for_single(exchange& x, batch_id id, milliseconds at_most);

} // namespace troupe::http
