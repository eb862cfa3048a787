#pragma once
/// A batch on its way in: what every submission does, whatever its body looks like.

#include "http/exchange.hpp"

#include <future>

namespace troupe::http {

class accepting {
public:
  accepting(const server_context& server, notebook_id home, job_type job);
  /// Unless it was completed, what was sent of it is dropped.
  ~accepting();
  accepting(const accepting&) = delete;

  intake items;
  batch_options options;
  bool held = false;
  std::optional<webhook> told;
  std::shared_ptr<const receipt_plan> receipt;
  /// The open batch that the items are added to, all in one part; zero: a new one.
  batch_id add_to{};

  /// As many items have gathered as a part has: `limits.accept_chunk`, and an eighth of them the first time,
  /// so that the writer begins early.
  bool part_is_full() const;
  /// Sends the items that have gathered as a part of the batch, once the writer has taken the part before:
  /// one is on its way while the next gathers. For a worker's thread.
  failure send_part();
  /// Waits for the part that is on its way: for a worker's thread, before `complete`.
  failure settle();
  /// Sends the last part; answers once the batch is durable.
  asio::awaitable<submitted> complete(exchange& x);

private:
  submission next_part(bool last);

  gateway& to_;
  size_t items_of_part_;
  submission next_;
  std::future<submitted> on_its_way_;
  bool done_ = false;
};

/// Waits until the batch is final or the time is up; its status then, with its first item.
asio::awaitable<result<batch_view>> wait_for_batch(exchange& x, notebook_id n, batch_id id,
                                                   milliseconds at_most);

} // namespace troupe::http
