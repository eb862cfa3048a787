#include "actors/supervising.hpp"

#include "actors/open_order.hpp"
#include "actors/retry.hpp"
#include "actors/stages.hpp"
#include "fetch/url.hpp"
#include "model/text.hpp"

namespace troupe {
namespace {

constexpr milliseconds storage_pause{1'000};
constexpr milliseconds persist_timeout{60'000};

/// It did not stay on the node where it was fetched.
bool is_here(const content_ref& x) {
  return x.bytes || !x.path.empty();
}

/// Another node might not have failed so: its network, its programs or its memory may be why.
bool may_be_the_nodes(errc code) {
  switch (code) {
  case errc::dns_failure:
  case errc::connect_refused:
  case errc::connect_timeout:
  case errc::fetch_failed:
  case errc::no_converter:
  case errc::worker_died:
  case errc::node_lost:
  case errc::overloaded:
  case errc::internal_error: return true;
  default: return false;
  }
}

} // namespace

void supervising::want(std::vector<wanted_turn> wants) {
  if (wants.empty()) return;
  self_->send(s_.of.with.gate, want_atom_v, s_.of.row.id, s_.of.row.options.max_concurrency, std::move(wants),
              caf::actor_cast<turn_taker>(self_));
}

wanted_turn supervising::turn_of(const slot& it, bool first) const {
  // What is parsed again comes from no host.
  const auto& url = first ? it.url : it.row.url;
  return {it.row.key.index,
          it.row.input.empty() ? host_of(url) : std::string{},
          first,
          std::max(it.row.options.priority, s_.of.row.options.priority),
          wants_media(),
          it.failed_at};
}

void supervising::turn(const std::vector<uint32_t>& indexes, const workplace& where) {
  std::vector<uint32_t> unused;
  for (const auto index : indexes) {
    const auto it = s_.slots.find(index);
    if (it == s_.slots.end() || it->second.at != place::turn)
      unused.push_back(index);
    else {
      it->second.at_node = where;
      fetch(it->second);
    }
  }
  if (!unused.empty()) self_->send(s_.of.with.gate, cancel_atom_v, s_.of.row.id, std::move(unused));
}

void supervising::fetch(slot& it) {
  if (it.redirects == 0) begin_attempt(it);
  it.deadline = self_->clock().now() + it.left;
  if (!it.row.input.empty()) return parse_upload(it);
  fetch_order order;
  order.work = order_of(it);
  order.url = it.url;
  if (it.known) order.known = *it.known;
  order.obey_robots = s_.of.options->fetch.robots;
  if (wants_media()) {
    order.max_bytes = static_cast<uint64_t>(s_.of.options->media.max_bytes);
    order.timeout = s_.of.options->media.timeout;
  }
  enter(it, place::fetch, phase::fetching,
        spawn_fetch(self_, taker(), services_at(it), it.row.key.index, std::move(order)));
}

void supervising::begin_attempt(slot& it) {
  it.token = {s_.of.epoch, it.row.attempts + 1};
  it.started = now();
  it.left = s_.of.options->work.item_budget;
  if (wants_media()) it.left += s_.of.options->media.timeout;
  it.url = it.row.url;
}

void supervising::parse_upload(slot& it) {
  leave_transfer(it);
  it.page = std::make_unique<troupe::fetched>();
  it.page->body.hash = it.row.input;
  it.page->body.size = it.row.input_size;
  it.page->final_url = it.row.input_url;
  it.page->content_type = it.row.input_type;
  it.page->reparsed = true;
  const auto url = it.row.input_url.empty() ? url_of_file(it.row.filename) : it.row.input_url;
  parse_order order{order_of(it), url, it.row.input_type, it.page->body};
  enter(it, place::parse, phase::parsing,
        spawn_parse(self_, taker(), services_at(it), it.row.key.index, std::move(order)));
}

void supervising::redirected(slot& it, std::string url) {
  ++it.redirects;
  it.left = order_of(it).budget;
  it.url = std::move(url);
  it.at = place::turn;
  s_.of.listeners->clear(it.row.key);
  const auto index = it.row.key.index;
  self_->send(s_.of.with.gate, cancel_atom_v, s_.of.row.id, std::vector<uint32_t>{index});
  if (holds_back()) {
    s_.slots.erase(index);
    look_again_from(index);
    return settle();
  }
  // The host it came from is free; where it goes it is the batch's next, so that what has begun ends.
  want({turn_of(it, true)});
}

void supervising::fetched(uint32_t index, attempt_token token, fetch_result& r) {
  auto* it = working(index, token, place::fetch);
  if (!it) return;
  const bool moved = !r.page.moved_to.empty();
  if (moved && it->redirects < s_.of.options->fetch.max_redirects)
    return redirected(*it, std::move(r.page.moved_to));
  leave_transfer(*it);
  if (moved) {
    auto f = fail(errc::too_many_redirects);
    f.http_status = r.page.http_status;
    return failed(*it, std::move(f));
  }
  if (r.error.code != errc::none) return failed(*it, std::move(r.error));
  if (r.page.unchanged) return end_with_known(*it, false);
  it->page = std::make_unique<troupe::fetched>(std::move(r.page));
  parse_order order{order_of(*it), it->page->final_url, it->page->content_type, it->page->body,
                    wants_media()};
  order.lies_there = it->at_node.link != nullptr;
  order.keep_media = s_.of.options->media.keep_original;
  enter(*it, place::parse, phase::parsing,
        spawn_parse(self_, taker(), services_at(*it), index, std::move(order)));
}

void supervising::parsed(uint32_t index, attempt_token token, parse_result& r) {
  auto* it = working(index, token, place::parse);
  if (!it) return;
  if (!r.original.empty()) it->page->body = std::move(r.original);
  if (r.error.code != errc::none) return failed(*it, std::move(r.error), std::move(r.about));
  const bool media = r.text.extraction_method.starts_with("media/");
  if (media && !s_.of.options->media.keep_original) it->page->body = {};
  auto e = ending_of(*it, item_state::succeeded);
  e.found = std::make_shared<const finding>(finding{std::move(*it->page), std::move(r.text)});
  persist(*it, std::move(e));
}

void supervising::failed(slot& it, failure f, std::string about) {
  // Nobody asked for this item to be cancelled: a service lost it.
  if (f.code == errc::cancelled) f = fail(errc::worker_died);
  const auto v = judge(f, it.row, *s_.of.options, std::uniform_real_distribution<>{0, 1}(s_.random));
  if (f.retry_after) {
    const auto pause = std::min(*f.retry_after, s_.of.options->work.retry_after_limit);
    self_->send(s_.of.with.gate, hold_atom_v, host_of(it.url), int64_t{pause.count()});
  }
  auto e = ending_of(it, v.to);
  if (v.to == item_state::failed && info(f.code).at == stage::parse && !wants_media() && it.page &&
      !it.page->body.empty())
    e.original = std::make_shared<const troupe::fetched>(std::move(*it.page));
  if (e.original && !e.original->reparsed && !is_here(e.original->body)) e.original = nullptr;
  e.not_before = now() + v.delay;
  e.parser_died = v.parser_died;
  e.about = std::move(about);
  e.error = std::move(f);
  persist(it, std::move(e));
}

void supervising::persist(slot& it, ending e) {
  it.page.reset();
  it.redirects = 0;
  it.last = std::make_unique<ending>(std::move(e));
  enter(it, place::persist, phase::persisting, spawn_persist(self_, s_.of.with, it.row.key.index, *it.last));
}

void supervising::stored(uint32_t index, attempt_token token, const persist_result& r) {
  auto* it = working(index, token, place::persist);
  if (!it) return;
  if (r.error.code != errc::none) {
    // The store's trouble is not the item's: its ending is kept and offered again.
    self_->delayed_send(self_, storage_pause, persist_atom_v, index);
    return;
  }
  if (s_.reading) s_.ended_meanwhile.insert(index);
  leave_work(*it, may_be_the_nodes(it->last->error.code));
  it->failed_at = may_be_the_nodes(it->last->error.code) ? std::optional{it->at_node.number} : std::nullopt;
  it->at_node = {};
  it->last.reset();
  if (r.what.at >= s_.counted) {
    s_.counted = r.what.at;
    s_.of.row.counts = r.what.counts;
    s_.of.row.state = r.what.batch_now;
  }
  if (terminal(r.what.row.state))
    finished(index, r.what.row);
  else
    again(*it, r.what.row);
  // Its failure may have been the one that ends all.
  if (s_.of.row.state == batch_state::cancelling && !s_.cancelling) return end_all(item_state::cancelled);
  read();
  settle();
}

void supervising::persist_again(uint32_t index) {
  const auto it = s_.slots.find(index);
  if (it != s_.slots.end() && it->second.at == place::persist) persist(it->second, ending{*it->second.last});
}

void supervising::finished(uint32_t index, const item& row) {
  s_.of.listeners->clear(row.key);
  s_.slots.erase(index);
  tell_cancelled(index);
  const auto node = s_.parked.extract(index);
  if (node.empty()) return;
  if (row.state == item_state::cancelled && !s_.cancelling) return promote(node.mapped());
  for (const auto follower : node.mapped())
    if (const auto it = s_.slots.find(follower); it != s_.slots.end() && it->second.at == place::parked)
      take_over(it->second, row);
}

void supervising::promote(const std::vector<uint32_t>& followers) {
  std::optional<uint32_t> leader;
  for (const auto index : followers) {
    const auto it = s_.slots.find(index);
    if (it == s_.slots.end() || it->second.at != place::parked) continue;
    if (leader) {
      s_.parked[*leader].push_back(index);
      continue;
    }
    leader = index;
    it->second.at = place::turn;
    want({turn_of(it->second)});
  }
}

void supervising::again(slot& it, const item& row) {
  it.row = row;
  // A batch that is being cancelled ends this item itself.
  if (s_.to_cancel.erase(row.key.index) > 0)
    return end_unattempted(it, item_state::cancelled, fail(errc::cancelled));
  const auto& deadline = row.options.deadline;
  if (deadline != timestamp{} && deadline <= now() && !s_.cancelling)
    return end_unattempted(it, item_state::expired, fail(errc::deadline_exceeded));
  if (!holds_back()) return back_off(it, row.not_before - now());
  look_again_from(row.key.index);
  s_.slots.erase(row.key.index);
}

void supervising::back_off(slot& it, milliseconds delay) {
  s_.of.listeners->clear(it.row.key);
  // What was known of its URL may be what failed it.
  if (it.row.error.code == errc::not_found) it.known.reset();
  it.at = place::backoff;
  s_.resting.set(++s_.in_backoff);
  constexpr std::chrono::hours century{100 * 366 * 24};
  it.due = self_->clock().now() + std::clamp<milliseconds>(delay, milliseconds{0}, century);
  self_->delayed_send(self_, timer_for(delay), retry_atom_v, it.row.key.index);
}

/// Media that waits for its programs takes no place from what is quick.
void supervising::progress(uint32_t index, attempt_token token, uint32_t percent) {
  const auto it = s_.slots.find(index);
  if (it == s_.slots.end() || it->second.at != place::parse || !(it->second.token == token)) return;
  // How it went is not known yet: nobody is praised for it.
  leave_work(it->second, true);
  it->second.overdue = self_->clock().now() + listening_timeout;
  s_.of.listeners->progress(it->second.row.key, static_cast<uint8_t>(percent));
}

void supervising::retry(uint32_t index) {
  const auto it = s_.slots.find(index);
  if (it == s_.slots.end() || it->second.at != place::backoff) return;
  const auto early = std::chrono::ceil<milliseconds>(it->second.due - self_->clock().now());
  if (early.count() > 0) return self_->delayed_send(self_, timer_for(early), retry_atom_v, index);
  --s_.in_backoff;
  it->second.at = place::turn;
  want({turn_of(it->second)});
}

// -- an item in its stage ------------------------------------------------------------------------------

slot* supervising::working(uint32_t index, attempt_token token, place at) {
  const auto it = s_.slots.find(index);
  if (it == s_.slots.end() || it->second.at != at || !(it->second.token == token)) return nullptr;
  s_.actors.erase(it->second.actor);
  it->second.actor = {};
  return &it->second;
}

void supervising::enter(slot& it, place at, phase now, caf::actor_addr actor) {
  if (it.at == place::backoff) --s_.in_backoff;
  it.at = at;
  it.actor = actor;
  s_.actors.emplace(actor, it.row.key.index);
  s_.of.listeners->set(it.row.key, now);
  it.overdue = self_->clock().now() + time_of(it, at);
  if (!std::exchange(s_.watching, true)) self_->delayed_send(self_, watch_interval, wake_atom_v);
}

milliseconds supervising::time_of(const slot& it, place at) const {
  if (at == place::persist) return persist_timeout;
  // Of media more than that as soon as its programs are waited for (`progress`).
  return order_of(it).budget + service_grace;
}

services supervising::services_at(const slot& it) const {
  auto with = s_.of.with;
  if (!it.at_node.link) return with;
  with.elsewhere = it.at_node.link;
  return with;
}

work_order supervising::order_of(const slot& it) const {
  const auto left = std::chrono::duration_cast<milliseconds>(it.deadline - self_->clock().now());
  return {it.row.id, it.token, std::max(left, milliseconds{1})};
}

ending supervising::ending_of(slot& it, item_state to) {
  if (it.token.number != it.row.attempts + 1) it.token = {s_.of.epoch, it.row.attempts + 1};
  return {.key = it.row.key, .token = it.token, .started = it.started, .to = to, .worker = it.at_node.name};
}

void supervising::end_unattempted(slot& it, item_state to, failure f) {
  auto e = ending_of(it, to);
  e.error = std::move(f);
  e.unattempted = true;
  persist(it, std::move(e));
}

void supervising::end_with_known(slot& it, bool unattempted) {
  auto e = ending_of(it, item_state::succeeded);
  e.existing = it.known->source;
  e.unattempted = unattempted;
  persist(it, std::move(e));
}

void supervising::leave_transfer(slot& it) {
  self_->send(s_.of.with.gate, leave_atom_v, s_.of.row.id, it.row.key.index);
  it.in_work = true;
}

void supervising::leave_work(slot& it, bool failed) {
  if (it.in_work) self_->send(s_.of.with.gate, done_atom_v, s_.of.row.id, it.row.key.index, failed);
  it.in_work = false;
}

} // namespace troupe
