#include "actors/cluster/link.hpp"

#include "actors/cluster/contents.hpp"
#include "actors/cluster/long_result.hpp"
#include "actors/open_order.hpp"
#include "config/log.hpp"

#include <unordered_set>

namespace troupe {
namespace {

/// An order that is there, and who waits for it.
struct open_there {
  order_key key;
  caf::typed_response_promise<fetch_result> fetching;
  caf::typed_response_promise<parse_result> parsing;
  progress_taker taker;
  uint32_t index = 0;
  /// How often it was missing when the node told what it has.
  unsigned missing = 0;
  bool arriving = false;
};

/// The state of a LINK.
struct link_state {
  link_plan plan;
  services_ref with;
  contents_in_hand offered{0};
  std::unordered_map<uint32_t, open_there> orders;
  std::unordered_map<order_key, uint32_t> numbers;
  /// Contents on their way here.
  std::unordered_map<uint32_t, caf::typed_response_promise<content_ref>> brought;
  /// Attempts of which the node may still have something, and since when.
  std::unordered_map<order_key, caf::actor_clock::time_point> kept_there;
  uint32_t next = 1;
  node_room room;
  static inline const char* name = "link";
};

class working_link {
public:
  using pointer = link_actor::stateful_pointer<link_state>;
  explicit working_link(pointer self)
      : self_(self)
      , s_(self->state) {}

  caf::result<fetch_result> fetch(fetch_order& order) {
    const auto [number, o] = open(order.work);
    o->fetching = self_->make_response_promise<fetch_result>();
    const auto promise = o->fetching;
    const auto timeout = order.work.budget + service_grace;
    self_->request(s_.plan.there, timeout, fetch_atom_v, std::move(order))
        .then([self = self_, n = number](fetch_result& r) { working_link(self).fetched(n, std::move(r)); },
              [self = self_, n = number](const caf::error& e) {
                working_link(self).fetched(n, {unanswered(e, true), {}});
              });
    return promise;
  }

  caf::result<parse_result> parse(parse_order& order, const progress_taker& taker, uint32_t index) {
    const auto [number, o] = open(order.work);
    o->parsing = self_->make_response_promise<parse_result>();
    o->taker = taker;
    o->index = index;
    const auto promise = o->parsing;
    const auto timeout = order.media ? listening_timeout : order.work.budget + service_grace;
    s_.offered.keep(o->key, order.body, self_->clock().now() + timeout);
    order.body = s_.offered.for_message(order.body);
    self_->request(s_.plan.there, timeout, parse_atom_v, std::move(order), number)
        .then([self = self_, n = number](parse_answer& a) { working_link(self).parsed(n, std::move(a)); },
              [self = self_, n = number](const caf::error& e) {
                working_link(self).finish(n, {unanswered(e, true), {}, {}, {}});
              });
    return promise;
  }

  /// Nobody waits for the attempt's order any more, or it is over: the node lets go of what it may have.
  void cancel(const order_key& k) {
    const auto it = s_.numbers.find(k);
    const bool open = it != s_.numbers.end();
    if (s_.kept_there.erase(k) > 0 || open) self_->send(s_.plan.there, cancel_atom_v, k.item, k.token);
    if (open) close(it->second);
  }

  /// What lies there comes here.
  caf::result<content_ref> bring(const order_key& k, const content_ref& what) {
    const auto number = s_.next++;
    const auto promise = self_->make_response_promise<content_ref>();
    s_.brought.emplace(number, promise);
    carry(k, what, [self = self_, number](content_ref* found) {
      const auto waiting = self->state.brought.extract(number);
      if (waiting.empty()) return;
      if (found)
        waiting.mapped().deliver(std::move(*found));
      else
        waiting.mapped().deliver(caf::make_error(caf::sec::runtime_error, "the content cannot be had"));
    });
    return promise;
  }

  void progress(uint32_t number, attempt_token token, uint32_t percent) {
    const auto it = s_.orders.find(number);
    if (it != s_.orders.end() && it->second.taker)
      self_->send(it->second.taker, progress_atom_v, it->second.index, token, percent);
  }

  void start(const services_ref& with) {
    s_.with = with;
    tell_gate();
  }
  void room(uint32_t transfers, uint32_t window) {
    s_.room.transfers = transfers;
    s_.room.window = window;
    tell_gate();
  }
  void card(const node_card& x) {
    s_.plan.other = x;
    tell_gate();
  }

  /// A message may have been lost with a connection that only one side saw end: what the node does not have,
  /// and has not answered either, is lost.
  void compare() {
    const auto& c = s_.plan.options->cluster;
    self_->delayed_send(self_, c.timeout, look_atom_v);
    const auto old = self_->clock().now() - s_.plan.options->work.item_budget;
    std::erase_if(s_.kept_there, [old](const auto& entry) { return entry.second < old; });
    if (s_.orders.empty()) return;
    self_->request(s_.plan.there, c.timeout, look_atom_v)
        .then(
            [self = self_](const std::vector<uint64_t>& there) {
              working_link(self).end_missing({there.begin(), there.end()});
            },
            [](const caf::error&) {});
  }

  /// The other node is gone: nobody waits for it any longer.
  void down() {
    std::vector<uint32_t> numbers;
    for (const auto& [number, o] : s_.orders)
      numbers.push_back(number);
    log::warn("a node is gone: what it had in hand is done elsewhere",
              {{"node", s_.plan.other.name}, {"orders", numbers.size()}});
    fail_all(numbers);
    for (auto& [number, promise] : s_.brought)
      promise.deliver(caf::make_error(caf::sec::runtime_error, "the node is gone"));
    s_.brought.clear();
    self_->quit(caf::exit_reason::remote_link_unreachable);
  }

private:
  void end_missing(const std::unordered_set<uint64_t>& there) {
    std::vector<uint32_t> lost;
    for (auto& [number, o] : s_.orders) {
      // A long answer is on its way here piece by piece: the node has done with it.
      if (o.arriving || there.contains(raw(o.key.item)))
        o.missing = 0;
      else if (++o.missing > 1)
        lost.push_back(number);
    }
    if (lost.empty()) return;
    log::warn("a node does not know orders any more: they are done elsewhere",
              {{"node", s_.plan.other.name}, {"orders", lost.size()}});
    fail_all(lost);
  }

  void fail_all(const std::vector<uint32_t>& numbers) {
    s_.plan.counts->lost += numbers.size();
    const auto why = fail(errc::node_lost, "node " + s_.plan.other.name + " is gone");
    for (const auto n : numbers) {
      auto o = close(n);
      if (!o) continue;
      if (o->fetching.pending()) o->fetching.deliver(fetch_result{why, {}});
      if (o->parsing.pending()) o->parsing.deliver(parse_result{why, {}, {}, {}});
    }
  }

  std::pair<uint32_t, open_there*> open(const work_order& work) {
    const auto number = s_.next++;
    auto& o = s_.orders[number];
    o.key = {work.item, work.token};
    s_.numbers[o.key] = number;
    s_.plan.counts->in_flight = s_.orders.size();
    return {number, &o};
  }

  std::optional<open_there> close(uint32_t number) {
    auto gone = s_.orders.extract(number);
    if (gone.empty()) return std::nullopt;
    const auto& k = gone.mapped().key;
    if (const auto it = s_.numbers.find(k); it != s_.numbers.end() && it->second == number)
      s_.numbers.erase(it);
    s_.offered.let_go(k);
    s_.plan.counts->in_flight = s_.orders.size();
    return std::move(gone.mapped());
  }

  void fetched(uint32_t number, fetch_result r) {
    auto o = close(number);
    if (!o) return;
    ++s_.plan.counts->done;
    if (!r.page.body.empty()) s_.kept_there[o->key] = self_->clock().now();
    o->fetching.deliver(std::move(r));
  }

  void parsed(uint32_t number, parse_answer a) {
    const auto known = s_.orders.find(number);
    if (known == s_.orders.end()) return;
    const auto whole = [](const content_ref& x) { return x.empty() || x.bytes; };
    if (a.rest.empty() && whole(a.result.original) && a.original.bytes)
      s_.kept_there.erase(known->second.key);
    else
      s_.kept_there[known->second.key] = self_->clock().now();
    if (a.rest.empty()) return finish(number, std::move(a.result), a.original);
    known->second.arriving = true;
    carry(known->second.key, a.rest, [self = self_, number, original = a.original](content_ref* found) {
      auto lost = fail(errc::node_lost, "a document could not be brought here");
      working_link(self).finish(
          number, found ? unpack(self->system(), *found) : parse_result{std::move(lost), {}, {}, {}},
          original);
    });
  }

  void finish(uint32_t number, parse_result r, const content_ref& original = {}) {
    auto o = close(number);
    if (!o) return;
    ++s_.plan.counts->done;
    if (r.original.empty()) r.original = original;
    o->parsing.deliver(std::move(r));
  }

  template <class Then>
  void carry(const order_key& k, const content_ref& what, Then then) {
    const auto& c = s_.plan.options->cluster;
    const auto carrier = spawn_carrier(self_, {k, what, s_.plan.there, s_.plan.new_spool, 2 * c.timeout,
                                               static_cast<size_t>(c.chunk_bytes)});
    self_->request(carrier, caf::infinite, start_atom_v)
        .then([then](content_ref& found) mutable { then(&found); },
              [then](const caf::error&) mutable { then(nullptr); });
  }

  void tell_gate() {
    if (!s_.with || !s_.with->gate) return;
    const auto& x = s_.plan.other;
    auto room = s_.room;
    room.media = x.media;
    if (x.draining) room = {0, 0, x.media};
    self_->send(s_.with->gate, room_atom_v, workplace{caf::actor_cast<link_actor>(self_), x.name, 0}, room);
  }

  pointer self_;
  link_state& s_;
};

link_actor::behavior_type link(working_link::pointer self, link_plan plan) {
  auto& s = self->state;
  s.offered = contents_in_hand{static_cast<size_t>(plan.options->cluster.chunk_bytes)};
  s.room = {plan.other.transfers, plan.other.window, plan.other.media};
  s.plan = std::move(plan);
  self->monitor(s.plan.there);
  self->delayed_send(self, s.plan.options->cluster.timeout, look_atom_v);
  self->set_down_handler([self](const caf::down_msg&) { working_link(self).down(); });
  return {
      [self](fetch_atom, fetch_order& order) { return working_link(self).fetch(order); },
      [self](parse_atom, parse_order& order, const progress_taker& taker, uint32_t index) {
        return working_link(self).parse(order, taker, index);
      },
      [self](cancel_atom, item_id item, attempt_token token) {
        working_link(self).cancel({item, token});
      },
      [self](read_atom, item_id item, attempt_token token, const content_ref& what) {
        return working_link(self).bring({item, token}, what);
      },
      [self](pull_atom, item_id item, attempt_token token, const digest& hash, uint64_t offset) {
        return self->state.offered.piece({item, token}, hash, offset);
      },
      [self](progress_atom, uint32_t number, attempt_token token, uint32_t percent) {
        working_link(self).progress(number, token, percent);
      },
      [self](room_atom, uint32_t transfers, uint32_t window) { working_link(self).room(transfers, window); },
      [self](start_atom, const services_ref& with) { working_link(self).start(with); },
      [self](card_atom, const node_card& other) { working_link(self).card(other); },
      [self](expire_atom) { working_link(self).down(); },
      [self](look_atom) { working_link(self).compare(); },
  };
}

} // namespace

link_actor spawn_link(caf::actor_system& sys, link_plan plan) {
  return sys.spawn(link, std::move(plan));
}

} // namespace troupe
