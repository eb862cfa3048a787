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

void supervising::begin() {
  const auto& b = s_.of.row;
  if (b.state == batch_state::cancelling) return end_all(item_state::cancelled);
  set_deadline();
  const auto wait = b.options.not_before - now();
  if (wait.count() > 0) self_->delayed_send(self_, timer_for(wait), start_atom_v);
  if (b.retry.next != 0) return retry_on();
  if (wait.count() > 0) return;
  if (s_.passed_due <= now())
    look_again_from(std::exchange(s_.passed_from, ~uint32_t{0}));
  else if (s_.passed_due != timestamp::max())
    self_->delayed_send(self_, timer_for(s_.passed_due - now()), start_atom_v);
  read();
}

size_t supervising::lookahead() const {
  // Media is large: what is fetched ahead waits on the disk.
  const auto& o = *s_.of.options;
  const auto own = static_cast<size_t>(wants_media() ? o.media.lookahead : o.work.lookahead);
  return std::min(own, s_.held.room());
}

void supervising::read() {
  const auto& b = s_.of.row;
  if (s_.reading) return;
  count_held();
  const auto most = lookahead();
  if (holds_back() || b.retry.next != 0 || b.options.not_before > now() || held() >= most) return;
  if (!s_.reached.urgent && s_.reached.next >= b.counts.total) return;
  const auto limit = std::min<uint32_t>(page_size, static_cast<uint32_t>(most));
  s_.held.set(held() + limit);
  s_.reading = true;
  s_.ended_meanwhile.clear();
  read_on(limit);
}

void supervising::read_on(uint32_t limit) {
  self_->request(s_.of.with.reader, read_timeout, read_atom_v, s_.of.row, s_.reached, limit)
      .then([self = self_,
             begun = s_.begun_anew](item_page& page) { supervising(self).take_page(page, begun); },
            [self = self_](const caf::error&) {
              supervising(self).reading_ended();
              self->delayed_send(self, storage_pause, start_atom_v);
            });
}

void supervising::reading_ended() {
  s_.reading = false;
  count_held();
}

void supervising::count_held() {
  s_.held.set(held());
  s_.resting.set(s_.in_backoff);
}

void supervising::read_urgent_again() {
  ++s_.begun_anew;
  s_.reached.urgent.emplace();
}

void supervising::take_page(item_page& page, uint32_t begun) {
  reading_ended();
  // What it held was not taken: it is read again.
  if (holds_back()) return settle();
  // Of a page that is older than what was opened again, the items are taken, but not its end: before that end
  // there may be more by now.
  if (s_.begun_anew == begun) s_.reached = std::move(page.reached);
  std::vector<wanted_turn> wants;
  for (auto& x : page.items)
    if (!s_.ended_meanwhile.contains(x.row.key.index)) take(x, wants);
  want(std::move(wants));
  read();
  settle();
}

void supervising::read_one(uint32_t index) {
  self_
      ->request(s_.of.with.reader, read_timeout, read_atom_v, s_.of.row, reading_mark{std::nullopt, index},
                uint32_t{1})
      .then([self = self_, index](item_page& page) { supervising(self).take_one(page, index); },
            [self = self_, index](const caf::error&) {
              self->delayed_send(self, storage_pause, read_atom_v, index);
            });
}

void supervising::take_one(item_page& page, uint32_t index) {
  std::vector<wanted_turn> wants;
  // Unless it has ended before.
  const bool open = !page.items.empty() && page.items.front().row.key.index == index;
  if (open)
    take(page.items.front(), wants);
  else
    tell_cancelled(index);
  want(std::move(wants));
  read();
  settle();
}

void supervising::take(open_item& x, std::vector<wanted_turn>& wants) {
  const auto index = x.row.key.index;
  if (s_.draining || s_.cancelling || s_.slots.contains(index)) return;
  if (s_.of.row.paused && !s_.to_cancel.contains(index)) return look_again_from(index);
  auto& it = s_.slots[index];
  it.row = std::move(x.row);
  if (x.known) it.known = std::make_unique<known_url>(std::move(*x.known));
  if (ends_at_once(it)) return;
  if (it.row.same_as && !(x.original && x.original->state == item_state::cancelled))
    return follow(it, x.original);
  if (const auto wait = it.row.not_before - now(); wait.count() > 0) {
    if (s_.in_backoff >= std::min(backoff_factor * lookahead(), s_.resting.room()))
      return pass_over(index, it.row.not_before);
    return back_off(it, wait);
  }
  if (is_fresh(it)) return end_with_known(it, true);
  it.at = place::turn;
  wants.push_back(turn_of(it));
}

bool supervising::ends_at_once(slot& it) {
  const auto index = it.row.key.index;
  const auto& deadline = it.row.options.deadline;
  if (s_.to_cancel.erase(index)) {
    end_unattempted(it, item_state::cancelled, fail(errc::cancelled));
  } else if (it.row.error.code == errc::corrupt_row) {
    end_unattempted(it, item_state::failed, fail(errc::corrupt_row));
  } else if (deadline != timestamp{} && deadline <= now()) {
    end_unattempted(it, item_state::expired, fail(errc::deadline_exceeded));
  } else {
    if (deadline != timestamp{})
      self_->delayed_send(self_, timer_for(deadline - now()), expire_atom_v, index);
    return false;
  }
  return true;
}

/// It is not due for long, and as many as may wait do: the store keeps it until one of those is due.
void supervising::pass_over(uint32_t index, timestamp due) {
  s_.slots.erase(index);
  s_.passed_from = std::min(s_.passed_from, index);
  if (due >= s_.passed_due && s_.passed_due > now()) return;
  s_.passed_due = due;
  self_->delayed_send(self_, timer_for(due - now()), start_atom_v);
}

void supervising::look_again_from(uint32_t index) {
  s_.reached.next = std::min(s_.reached.next, index);
  read_urgent_again();
  s_.passed_due = s_.passed_from == ~uint32_t{0} ? timestamp::max() : s_.passed_due;
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
  const auto index = it.row.key.index;
  if (original && original->not_before > now()) return pass_over(index, original->not_before);
  // It ended after this page was read, or this one is more urgent: read both again.
  s_.slots.erase(index);
  read_one(leader);
  read_one(index);
}

void supervising::take_over(slot& it, const item& original) {
  if (original.state != item_state::succeeded) return end_unattempted(it, original.state, original.error);
  ending e = ending_of(it, item_state::succeeded);
  e.existing = original.source;
  e.unattempted = true;
  persist(it, std::move(e));
}

} // namespace troupe
