#include "actors/supervising.hpp"

#include "fetch/url.hpp"

namespace troupe {
namespace {

constexpr milliseconds read_timeout{30'000};
constexpr milliseconds storage_pause{1'000};
constexpr uint32_t page_size = 256;
/// Items in backoff at most, in multiples of `work.lookahead`.
constexpr size_t backoff_factor = 16;

} // namespace

void supervising::read() {
  const auto& o = *s_.of.options;
  // Media is large: what is fetched ahead waits on the disk.
  const auto lookahead = static_cast<size_t>(wants_media() ? o.media.lookahead : o.work.lookahead);
  if (s_.reading || s_.draining || s_.cancelling || s_.next >= s_.of.row.counts.total ||
      s_.slots.size() - s_.in_backoff >= lookahead || s_.in_backoff >= backoff_factor * lookahead)
    return;
  s_.reading = true;
  read_from(s_.next, std::min<uint32_t>(page_size, static_cast<uint32_t>(lookahead)), true);
}

void supervising::read_from(uint32_t first, uint32_t limit, bool in_order) {
  self_->request(s_.of.with.reader, read_timeout, read_atom_v, s_.of.row, first, limit)
      .then([self = self_, first,
             in_order](item_page& page) { supervising(self).take_page(page, first, in_order); },
            [self = self_, first, in_order](const caf::error&) {
              if (!in_order) return self->delayed_send(self, storage_pause, read_atom_v, first);
              self->state.reading = false;
              self->delayed_send(self, storage_pause, start_atom_v);
            });
}

void supervising::read_one(uint32_t index) {
  read_from(index, 1, false);
}

void supervising::take_page(item_page& page, uint32_t first, bool in_order) {
  if (in_order) {
    s_.reading = false;
    s_.next = page.next;
  }
  std::vector<wanted_turn> wants;
  bool found = false;
  for (auto& x : page.items) {
    found = found || x.row.key.index == first;
    if (in_order || x.row.key.index == first) take(x, wants);
  }
  // An item that was asked for by itself and is not open has ended before.
  if (!in_order && !found) tell_cancelled(first);
  want(std::move(wants));
  read();
  settle();
}

void supervising::take(open_item& x, std::vector<wanted_turn>& wants) {
  const auto index = x.row.key.index;
  if (s_.draining || s_.cancelling || s_.slots.contains(index)) return;
  auto& it = s_.slots[index];
  it.row = std::move(x.row);
  it.known = std::move(x.known);
  if (s_.to_cancel.erase(index)) return end_unattempted(it, item_state::cancelled, fail(errc::cancelled));
  if (it.row.error.code == errc::corrupt_row)
    return end_unattempted(it, item_state::failed, fail(errc::corrupt_row));
  if (it.row.same_as && !(x.original && x.original->state == item_state::cancelled))
    return follow(it, x.original);
  if (it.row.state == item_state::retry_wait) return back_off(it, it.row.not_before - now());
  if (is_fresh(it)) return end_with_known(it, true);
  it.at = place::turn;
  wants.push_back({index, host_of(it.row.url)});
}

bool supervising::is_fresh(const slot& it) const {
  const auto& age = s_.of.row.options.max_age;
  return age && it.known && now() - it.known->fetched < *age;
}

void supervising::follow(slot& it, const std::optional<item>& original) {
  const auto leader = *it.row.same_as;
  if (original && terminal(original->state)) return take_over(it, *original);
  if (s_.slots.contains(leader)) {
    s_.parked[leader].push_back(it.row.key.index);
    return;
  }
  // It ended after this page was read: read again.
  const auto index = it.row.key.index;
  s_.slots.erase(index);
  read_from(index, 1, false);
}

void supervising::take_over(slot& it, const item& original) {
  if (original.state != item_state::succeeded) return end_unattempted(it, original.state, original.error);
  ending e = ending_of(it, item_state::succeeded);
  e.existing = original.source;
  e.unattempted = true;
  persist(it, std::move(e));
}

} // namespace troupe
