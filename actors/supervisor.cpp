#include "actors/supervisor.hpp"

#include "actors/retry.hpp"
#include "actors/stages.hpp"
#include "config/log.hpp"
#include "fetch/url.hpp"

#include <random>

namespace troupe {
namespace {

constexpr milliseconds read_timeout{30'000};
constexpr milliseconds storage_pause{1'000};
constexpr uint32_t page_size = 256;
/// Items in backoff at most, in multiples of `work.lookahead`.
constexpr size_t backoff_factor = 16;

/// Where an item that the supervisor has read stands.
enum class place : uint8_t { parked, turn, fetch, parse, persist, backoff };

struct slot {
  item row;
  std::optional<known_url> known;
  place at = place::parked;
  caf::actor_addr actor;
  attempt_token token;
  timestamp started{};
  caf::actor_clock::time_point deadline{};
  fetched page;
  /// What is being persisted.
  ending last;
  /// The gate counts it as in work.
  bool in_work = false;
};

struct supervisor_state {
  supervision of;
  std::unordered_map<uint32_t, slot> slots;
  std::unordered_map<caf::actor_addr, uint32_t> actors;
  /// Items that wait for an earlier one with the same URL.
  std::unordered_map<uint32_t, std::vector<uint32_t>> parked;
  std::unordered_set<uint32_t> to_cancel;
  /// Who waits for an item that was cancelled to be final.
  std::unordered_map<uint32_t, std::vector<caf::typed_response_promise<bool>>> cancel_waiters;
  uint32_t next = 0;
  size_t in_backoff = 0;
  bool reading = false;
  bool draining = false;
  bool cancelling = false;
  bool cancel_done = false;
  std::minstd_rand random{std::random_device{}()};
  static inline const char* name = "supervisor";

  ~supervisor_state() {
    if (!of.listeners) return;
    of.listeners->clear(of.row.id);
    for (const auto& [actor, index] : actors)
      if (const auto a = caf::actor_cast<caf::actor>(actor))
        caf::anon_send_exit(a, caf::exit_reason::user_shutdown);
  }
};

class supervising {
public:
  using pointer = supervisor_actor::stateful_pointer<supervisor_state>;
  explicit supervising(pointer self)
      : self_(self)
      , s_(self->state) {}

  // -- reading ----------------------------------------------------------------------------------------

  void read() {
    const auto& o = *s_.of.options;
    const auto lookahead = static_cast<size_t>(o.work.lookahead);
    if (s_.reading || s_.draining || s_.cancelling || s_.next >= s_.of.row.counts.total ||
        s_.slots.size() - s_.in_backoff >= lookahead || s_.in_backoff >= backoff_factor * lookahead)
      return;
    s_.reading = true;
    read_from(s_.next, std::min<uint32_t>(page_size, static_cast<uint32_t>(lookahead)), true);
  }

  void read_from(uint32_t first, uint32_t limit, bool in_order) {
    self_->request(s_.of.with.reader, read_timeout, read_atom_v, s_.of.row, first, limit)
        .then([self = self_, first,
               in_order](item_page& page) { supervising(self).take_page(page, first, in_order); },
              [self = self_, first, limit, in_order](const caf::error&) {
                if (!in_order) return supervising(self).read_from(first, limit, false);
                self->state.reading = false;
                self->delayed_send(self, storage_pause, start_atom_v);
              });
  }

  void take_page(item_page& page, uint32_t first, bool in_order) {
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

  void take(open_item& x, std::vector<wanted_turn>& wants) {
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

  bool is_fresh(const slot& it) const {
    const auto& age = s_.of.row.options.max_age;
    return age && it.known && now() - it.known->fetched < *age;
  }

  /// An item with the same URL as an earlier one takes over its outcome.
  void follow(slot& it, const std::optional<item>& original) {
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

  void take_over(slot& it, const item& original) {
    if (original.state != item_state::succeeded) return end_unattempted(it, original.state, original.error);
    ending e = ending_of(it, item_state::succeeded);
    e.existing = original.source;
    e.unattempted = true;
    persist(it, std::move(e));
  }

  void want(std::vector<wanted_turn> wants) {
    if (wants.empty()) return;
    self_->send(s_.of.with.gate, want_atom_v, s_.of.row.id, std::move(wants),
                caf::actor_cast<turn_taker>(self_));
  }

  // -- stages -----------------------------------------------------------------------------------------

  void turn(const std::vector<uint32_t>& indexes) {
    std::vector<uint32_t> unused;
    for (const auto index : indexes) {
      const auto it = s_.slots.find(index);
      if (it == s_.slots.end() || it->second.at != place::turn)
        unused.push_back(index);
      else
        fetch(it->second);
    }
    if (!unused.empty()) self_->send(s_.of.with.gate, cancel_atom_v, s_.of.row.id, std::move(unused));
  }

  void fetch(slot& it) {
    it.token = {s_.of.epoch, it.row.attempts + 1};
    it.started = now();
    it.deadline = self_->clock().now() + s_.of.options->work.item_budget;
    fetch_order order;
    order.work = order_of(it);
    order.url = it.row.url;
    order.known = it.known;
    order.obey_robots = s_.of.options->fetch.robots;
    enter(it, place::fetch, phase::fetching,
          spawn_fetch(self_, s_.of.with, it.row.key.index, std::move(order)));
  }

  void fetched(uint32_t index, attempt_token token, fetch_result& r) {
    auto* it = working(index, token, place::fetch);
    if (!it) return;
    leave_transfer(*it);
    if (r.error.code != errc::none) return failed(*it, std::move(r.error));
    if (r.page.unchanged) return end_with_known(*it, false);
    it->page = std::move(r.page);
    parse_order order{order_of(*it), it->page.final_url, it->page.content_type, it->page.body};
    enter(*it, place::parse, phase::parsing, spawn_parse(self_, s_.of.with, index, std::move(order)));
  }

  void parsed(uint32_t index, attempt_token token, parse_result& r) {
    auto* it = working(index, token, place::parse);
    if (!it) return;
    if (r.error.code != errc::none) return failed(*it, std::move(r.error));
    auto e = ending_of(*it, item_state::succeeded);
    e.found = std::make_shared<const finding>(finding{std::move(it->page), std::move(r.text)});
    persist(*it, std::move(e));
  }

  void failed(slot& it, failure f) {
    // Nobody asked for this item to be cancelled: a service lost it.
    if (f.code == errc::cancelled) f = fail(errc::worker_died);
    const auto v = judge(f, it.row, *s_.of.options, std::uniform_real_distribution<>{0, 1}(s_.random));
    if (f.retry_after) {
      const auto pause = std::min(*f.retry_after, s_.of.options->work.retry_after_limit);
      self_->send(s_.of.with.gate, hold_atom_v, host_of(it.row.url), int64_t{pause.count()});
    }
    auto e = ending_of(it, v.to);
    e.not_before = now() + v.delay;
    e.parser_died = v.parser_died;
    e.error = std::move(f);
    persist(it, std::move(e));
  }

  void persist(slot& it, ending e) {
    it.page = {};
    it.last = std::move(e);
    enter(it, place::persist, phase::persisting, spawn_persist(self_, s_.of.with, it.row.key.index, it.last));
  }

  void stored(uint32_t index, attempt_token token, const persist_result& r) {
    auto* it = working(index, token, place::persist);
    if (!it) return;
    if (r.error.code != errc::none) {
      // The store's trouble is not the item's: its ending is kept and offered again.
      self_->delayed_send(self_, storage_pause, persist_atom_v, index);
      return;
    }
    leave_work(*it);
    it->last = {};
    s_.of.row.counts = r.what.counts;
    s_.of.row.state = r.what.batch_now;
    if (terminal(r.what.row.state))
      finished(index, r.what.row);
    else
      again(*it, r.what.row);
    read();
    settle();
  }

  void persist_again(uint32_t index) {
    const auto it = s_.slots.find(index);
    if (it != s_.slots.end() && it->second.at == place::persist) persist(it->second, ending{it->second.last});
  }

  void finished(uint32_t index, const item& row) {
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

  /// Nobody asked for these to be cancelled: the first is fetched in the place of the one that was.
  void promote(const std::vector<uint32_t>& followers) {
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
      want({{index, host_of(it->second.row.url)}});
    }
  }

  void again(slot& it, const item& row) {
    it.row = row;
    // A batch that is being cancelled ends this item itself.
    if (s_.to_cancel.erase(row.key.index) > 0)
      end_unattempted(it, item_state::cancelled, fail(errc::cancelled));
    else if (s_.cancelling)
      s_.slots.erase(row.key.index);
    else
      back_off(it, row.not_before - now());
  }

  void back_off(slot& it, milliseconds delay) {
    s_.of.listeners->clear(it.row.key);
    // What was known of its URL may be what failed it.
    if (it.row.error.code == errc::not_found) it.known.reset();
    it.at = place::backoff;
    ++s_.in_backoff;
    self_->delayed_send(self_, std::max(delay, milliseconds{0}), retry_atom_v, it.row.key.index);
  }

  void retry(uint32_t index) {
    const auto it = s_.slots.find(index);
    if (it == s_.slots.end() || it->second.at != place::backoff) return;
    --s_.in_backoff;
    it->second.at = place::turn;
    want({{index, host_of(it->second.row.url)}});
  }

  // -- death, cancel, drain ---------------------------------------------------------------------------

  void down(const caf::down_msg& msg) {
    const auto it = s_.actors.find(msg.source);
    if (it == s_.actors.end()) return;
    const auto index = it->second;
    s_.actors.erase(it);
    auto& x = s_.slots.at(index);
    x.actor = {};
    log::warn("a stage actor died", {x.row.key.batch, x.row.id, {"reason", caf::to_string(msg.reason)}});
    if (x.at == place::persist) return persist(x, ending{x.last});
    leave_transfer(x);
    failed(x, fail(errc::worker_died));
  }

  caf::result<bool> cancel() {
    auto promise = self_->make_response_promise<bool>();
    self_->request(s_.of.with.writer, read_timeout, cancel_atom_v, s_.of.row.id)
        .then(
            [self = self_, promise](bool open) mutable {
              promise.deliver(open);
              if (open) supervising(self).cancel_all();
            },
            [promise](caf::error& e) mutable { promise.deliver(std::move(e)); });
    return promise;
  }

  void cancel_all() {
    if (s_.cancelling) return;
    s_.cancelling = true;
    drop_unpersisted();
    cancel_rest(0);
  }

  void cancel_rest(uint32_t from) {
    self_->request(s_.of.with.writer, read_timeout, cancel_atom_v, s_.of.row.id, from)
        .then(
            [self = self_](uint32_t next) {
              self->state.cancel_done = next == ~uint32_t{0};
              if (self->state.cancel_done)
                supervising(self).settle();
              else
                supervising(self).cancel_rest(next);
            },
            // The wish is durable: whoever supervises this batch next goes on cancelling.
            [self = self_](caf::error& e) { self->quit(std::move(e)); });
  }

  caf::result<bool> cancel_item(uint32_t index) {
    if (s_.draining) return caf::make_error(caf::sec::runtime_error, "the node is shutting down");
    auto promise = self_->make_response_promise<bool>();
    s_.cancel_waiters[index].push_back(promise);
    const auto it = s_.slots.find(index);
    if (it == s_.slots.end()) {
      s_.to_cancel.insert(index);
      read_from(index, 1, false);
    } else if (it->second.at == place::persist) {
      // Should that ending not be final, the wish still holds.
      s_.to_cancel.insert(index);
    } else {
      stop(it->second);
      end_unattempted(it->second, item_state::cancelled, fail(errc::cancelled));
    }
    return promise;
  }

  void tell_cancelled(uint32_t index) {
    s_.to_cancel.erase(index);
    const auto node = s_.cancel_waiters.extract(index);
    if (node.empty()) return;
    for (auto& promise : node.mapped())
      promise.deliver(true);
  }

  void drain() {
    s_.draining = true;
    std::vector<uint32_t> waiting;
    for (const auto& [index, it] : s_.slots)
      if (it.at == place::turn || it.at == place::backoff || it.at == place::parked) waiting.push_back(index);
    for (const auto index : waiting)
      s_.slots.erase(index);
    self_->send(s_.of.with.gate, cancel_atom_v, s_.of.row.id, std::move(waiting));
    settle();
  }

  /// Quits when nothing is left to do here.
  void settle() {
    if (!s_.draining && !s_.cancel_done && (s_.cancelling || !terminal(s_.of.row.state))) return;
    const bool idle = std::none_of(s_.slots.begin(), s_.slots.end(), [](const auto& entry) {
      return entry.second.at == place::fetch || entry.second.at == place::parse ||
             entry.second.at == place::persist;
    });
    if (idle) self_->quit();
  }

private:
  slot* working(uint32_t index, attempt_token token, place at) {
    const auto it = s_.slots.find(index);
    if (it == s_.slots.end() || it->second.at != at || !(it->second.token == token)) return nullptr;
    s_.actors.erase(it->second.actor);
    it->second.actor = {};
    return &it->second;
  }

  void enter(slot& it, place at, phase now, caf::actor_addr actor) {
    if (it.at == place::backoff) --s_.in_backoff;
    it.at = at;
    it.actor = actor;
    s_.actors.emplace(actor, it.row.key.index);
    s_.of.listeners->set(it.row.key, now);
  }

  work_order order_of(const slot& it) {
    const auto left = std::chrono::duration_cast<milliseconds>(it.deadline - self_->clock().now());
    return {it.row.id, it.token, std::max(left, milliseconds{1})};
  }

  ending ending_of(slot& it, item_state to) {
    if (it.token.number != it.row.attempts + 1) it.token = {s_.of.epoch, it.row.attempts + 1};
    return {.key = it.row.key, .token = it.token, .started = it.started, .to = to};
  }

  void end_unattempted(slot& it, item_state to, failure f) {
    auto e = ending_of(it, to);
    e.error = std::move(f);
    e.unattempted = true;
    persist(it, std::move(e));
  }

  void end_with_known(slot& it, bool unattempted) {
    auto e = ending_of(it, item_state::succeeded);
    e.existing = it.known->source;
    e.unattempted = unattempted;
    persist(it, std::move(e));
  }

  void leave_transfer(slot& it) {
    self_->send(s_.of.with.gate, leave_atom_v, s_.of.row.id, it.row.key.index);
    it.in_work = true;
  }
  void leave_work(slot& it) {
    if (it.in_work) self_->send(s_.of.with.gate, done_atom_v, s_.of.row.id, it.row.key.index);
    it.in_work = false;
  }

  /// Ends the item's stage actor, which tells its service.
  void stop(slot& it) {
    if (it.actor) {
      s_.actors.erase(it.actor);
      if (const auto a = caf::actor_cast<caf::actor>(it.actor))
        self_->send_exit(a, caf::exit_reason::user_shutdown);
    }
    it.actor = {};
    it.in_work = false;
    self_->send(s_.of.with.gate, cancel_atom_v, s_.of.row.id, std::vector<uint32_t>{it.row.key.index});
  }

  void drop_unpersisted() {
    std::vector<uint32_t> dropped;
    for (auto& [index, it] : s_.slots) {
      if (it.at == place::persist) continue;
      stop(it);
      dropped.push_back(index);
    }
    for (const auto index : dropped) {
      s_.of.listeners->clear({s_.of.row.id, index});
      s_.slots.erase(index);
    }
    s_.parked.clear();
  }

  pointer self_;
  supervisor_state& s_;
};

supervisor_actor::behavior_type supervisor(supervising::pointer self, supervision what) {
  self->state.of = std::move(what);
  self->set_down_handler([self](const caf::down_msg& msg) { supervising(self).down(msg); });
  self->send(self, start_atom_v);
  return {
      [self](turn_atom, const std::vector<uint32_t>& indexes) { supervising(self).turn(indexes); },
      [self](start_atom) {
        if (self->state.of.row.state == batch_state::cancelling)
          supervising(self).cancel_all();
        else
          supervising(self).read();
      },
      [self](fetched_atom, uint32_t index, attempt_token token, fetch_result& r) {
        supervising(self).fetched(index, token, r);
      },
      [self](parsed_atom, uint32_t index, attempt_token token, parse_result& r) {
        supervising(self).parsed(index, token, r);
      },
      [self](stored_atom, uint32_t index, attempt_token token, const persist_result& r) {
        supervising(self).stored(index, token, r);
      },
      [self](retry_atom, uint32_t index) { supervising(self).retry(index); },
      [self](persist_atom, uint32_t index) { supervising(self).persist_again(index); },
      [self](cancel_atom) { return supervising(self).cancel(); },
      [self](cancel_atom, uint32_t index) { return supervising(self).cancel_item(index); },
      [self](drain_atom) { supervising(self).drain(); },
  };
}

} // namespace

supervisor_actor spawn_supervisor(caf::actor_system& sys, supervision what) {
  return sys.spawn(supervisor, std::move(what));
}

} // namespace troupe
