#include "actors/supervising.hpp"

#include "fetch/url.hpp"

namespace troupe {
namespace {

constexpr milliseconds writer_timeout{30'000};
constexpr milliseconds storage_pause{1'000};

} // namespace

/// What comes here and what stored items bring come by different ways: the newer counts.
void supervising::learn(const batch& row) {
  auto& mine = s_.of.row;
  if (row.last_event >= s_.counted) {
    s_.counted = row.last_event;
    mine.counts = row.counts;
    mine.state = row.state;
  }
  if (row.last_event < s_.steered) return;
  s_.steered = row.last_event;
  mine.paused = row.paused;
  mine.held = row.held;
  mine.sealed = row.sealed;
  mine.retry = row.retry;
  mine.options = row.options;
  mine.counts.total = std::max(mine.counts.total, row.counts.total);
}

void supervising::changed(const batch& row, uint32_t from) {
  const bool was_paused = s_.of.row.paused;
  learn(row);
  const auto& mine = s_.of.row;
  // Its items were ended, and some are tried again.
  if (s_.cancel_done && mine.state == batch_state::open) s_.cancelling = s_.cancel_done = false;
  if (mine.paused && !was_paused) withdraw();
  if (from < mine.counts.total) look_again_from(from);
  read_urgent_again();
  if (mine.retry.next != 0) return retry_on();
  read();
  settle();
}

/// The store goes through the batch in stretches; what it opens again is read once it is through.
void supervising::retry_on() {
  if (s_.retrying || s_.draining) return;
  s_.retrying = true;
  self_->request(s_.of.with.writer, writer_timeout, retry_atom_v, s_.of.row.id)
      .then(
          [self = self_](const steered& r) {
            self->state.retrying = false;
            if (r.error.code != errc::none) return self->delayed_send(self, storage_pause, start_atom_v);
            supervising(self).changed(r.row, 0);
          },
          [self = self_](const caf::error&) {
            self->state.retrying = false;
            self->delayed_send(self, storage_pause, start_atom_v);
          });
}

// -- deadlines --------------------------------------------------------------------------------------

void supervising::set_deadline() {
  const auto& at = s_.of.row.options.deadline;
  if (at == timestamp{} || s_.deadline_set) return;
  s_.deadline_set = true;
  self_->delayed_send(self_, timer_for(at - now()), expire_atom_v);
}

void supervising::expire() {
  if (s_.draining || terminal(s_.of.row.state) || s_.of.row.options.deadline == timestamp{}) return;
  // Clocks differ a little: the store looks at the time by itself.
  if (const auto early = s_.of.row.options.deadline - now(); early.count() > 0)
    return self_->delayed_send(self_, timer_for(early), expire_atom_v);
  end_all(item_state::expired);
}

void supervising::expire_item(uint32_t index) {
  const auto it = s_.slots.find(index);
  if (it == s_.slots.end() || it->second.at == place::persist) return;
  const auto& deadline = it->second.row.options.deadline;
  if (deadline == timestamp{}) return;
  if (const auto early = deadline - now(); early.count() > 0)
    return self_->delayed_send(self_, timer_for(early), expire_atom_v, index);
  stop(it->second);
  end_unattempted(it->second, item_state::expired, fail(errc::deadline_exceeded));
}

// -- why --------------------------------------------------------------------------------------------

caf::result<wait_reason> supervising::why(uint32_t index) {
  const auto& b = s_.of.row;
  const auto it = s_.slots.find(index);
  if (it == s_.slots.end()) {
    if (s_.cancelling) return wait_reason{"ending", "Every item of its batch is being ended.", {}, {}};
    if (b.paused) return wait_reason{"batch_paused", "Its batch is paused.", {}, {}};
    if (b.retry.next != 0)
      return wait_reason{"retrying", "The items to be tried again are looked up.", {}, {}};
    if (b.options.not_before > now())
      return wait_reason{"not_before", "Its batch is not to begin yet.", b.options.not_before, {}};
    return wait_reason{"behind_others", "Other items of its batch come first.", {}, {}};
  }
  const auto& x = it->second;
  switch (x.at) {
  case place::backoff:
    if (x.row.state == item_state::pending)
      return wait_reason{"not_before", "It is not to begin yet.", x.row.not_before, {}};
    return wait_reason{"backoff", "Its last attempt failed; the next comes later.", x.row.not_before, {}};
  case place::parked:
    return wait_reason{"same_url", "An earlier item of its batch has the same URL.", {}, x.row.same_as};
  case place::turn:
    return self_->delegate(s_.of.with.gate, look_atom_v, b.id, index, turn_of(x, x.redirects > 0).host);
  default: return wait_reason{"in_work", "A stage is at work on it.", {}, {}};
  }
}

} // namespace troupe
