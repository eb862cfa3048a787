#include "http/accepting.hpp"

#include "http/callback.hpp"
#include "http/signal.hpp"

#include <algorithm>

namespace troupe::http {
namespace {

constexpr std::chrono::seconds part_timeout{60};
constexpr size_t longest_custom_id = 512;
constexpr size_t most_bytes_of_part = 2u << 20;
/// They are one part: all of them or none.
constexpr size_t most_bytes_added = 32u << 20;

} // namespace

asio::awaitable<result<single_view>> wait_for_single(exchange& x, batch_id id, milliseconds at_most) {
  const auto deadline = std::chrono::steady_clock::now() + at_most;
  const auto changes = std::make_shared<signal>(x.executor);
  const auto watching = x.server.to.watch(id, news::events, [changes] { changes->notify(); });
  for (;;) {
    // At hand, mostly: its item is only read once it has ended.
    const auto b =
        co_await callback<result<batch_view>>(x, [&](auto done) { x.server.to.ask().find_batch(id, done); });
    if (!b) co_return b.error();
    if (terminal(b->row.state) || std::chrono::steady_clock::now() >= deadline) break;
    co_await changes->wait(deadline);
  }
  co_return co_await callback<result<single_view>>(x, [&](auto done) { x.server.to.ask().single(id, done); });
}

accepting::accepting(const server_context& server, notebook_id home, job_type job)
    : accepting(server, {.home = home, .job = job}, server.options.limits.items_per_batch) {}

accepting::accepting(const server_context& server, const batch& open)
    : accepting(server, {.home = open.home, .job = open.job, .add_to = open.id},
                server.options.limits.append_items) {}

accepting::accepting(const server_context& server, const submission& first, int64_t most_items)
    : items({static_cast<size_t>(most_items), static_cast<size_t>(server.options.limits.url_bytes),
             static_cast<size_t>(server.options.limits.upload_id_bytes), longest_custom_id,
             static_cast<size_t>(server.options.limits.metadata_bytes)})
    , to_(server.to)
    , items_of_part_(static_cast<size_t>(server.options.limits.accept_chunk))
    , next_(first) {}

accepting::~accepting() {
  if (!done_ && next_.part_of != batch_id{}) to_.abandon(next_.part_of);
}

submission accepting::next_part(bool last) {
  auto part = next_;
  part.items = items.take(last ? 0 : std::min(items_of_part_, 2 * items.waiting()));
  part.options = options;
  part.last = last;
  part.held = held;
  if (last) {
    part.told = told;
    part.receipt = receipt;
  }
  return part;
}

bool accepting::part_is_full() const {
  const bool is_first = next_.part_of == batch_id{};
  return items.waiting() >= (is_first ? (items_of_part_ + 1) / 2 : items_of_part_) ||
         items.waiting_bytes() >= most_bytes_of_part;
}

failure accepting::send_if_full() {
  if (!adds()) return part_is_full() ? send_part() : fail(errc::none);
  return items.waiting_bytes() <= most_bytes_added
             ? fail(errc::none)
             : fail(errc::too_large, "items: more than 32 MiB for a batch that is there already");
}

failure accepting::send_part() {
  if (auto f = settle(); f.code != errc::none) return f;
  auto answered = std::make_shared<std::promise<submitted>>();
  on_its_way_ = answered->get_future();
  to_.submit(next_part(false), [answered](submitted r) { answered->set_value(std::move(r)); });
  // What the first part is answered with names the batch for the others.
  return next_.part_of == batch_id{} ? settle() : fail(errc::none);
}

failure accepting::settle() {
  if (!on_its_way_.valid()) return fail(errc::none);
  if (on_its_way_.wait_for(part_timeout) != std::future_status::ready)
    return fail(errc::overloaded, "the store did not take a part of the batch in time");
  const auto r = on_its_way_.get();
  if (r.error.code == errc::none) next_.part_of = r.row.id;
  return r.error;
}

asio::awaitable<submitted> accepting::complete(exchange& x) {
  auto part = next_part(true);
  // From here on the batch is the node's: what fails is dropped there.
  done_ = true;
  co_return co_await callback<submitted>(x, [&](auto done) { to_.submit(std::move(part), done); });
}

} // namespace troupe::http
