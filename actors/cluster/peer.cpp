#include "actors/cluster/peer.hpp"

#include "actors/cluster/contents.hpp"
#include "actors/cluster/long_result.hpp"
#include "actors/open_order.hpp"
#include "actors/stages.hpp"

namespace troupe {
namespace {

/// Between two looks at who has work here.
constexpr milliseconds share_interval{1'000};
/// More orders than this many times the room are refused: whoever sends them does not heed it.
constexpr size_t most_over_room = 4;

/// An order of another node, and who waits for it.
struct placed_order {
  order_key key;
  caf::actor_addr owner;
  caf::actor_addr stage;
  uint32_t their_number = 0;
  /// What is parsed.
  digest body;
  caf::actor_clock::time_point overdue{};
  caf::typed_response_promise<fetch_result> fetching;
  caf::typed_response_promise<parse_answer> parsing;
};

/// Another node that has had work here.
struct owner_state {
  size_t orders = 0;
  uint32_t room_told = 0;
  bool busy = false;
};

/// The state of a PEER.
struct peer_state {
  peer_plan plan;
  services_ref with;
  contents_in_hand hands{0};
  std::unordered_map<uint32_t, placed_order> orders;
  std::unordered_map<order_key, uint32_t> numbers;
  std::unordered_map<caf::actor_addr, uint32_t> stages;
  std::unordered_map<caf::actor_addr, owner_state> owners;
  uint32_t next = 1;
  static inline const char* name = "peer";

  /// Ends the stage actors that are left.
  ~peer_state() {
    for (const auto& [stage, number] : stages)
      if (const auto a = caf::actor_cast<caf::actor>(stage))
        caf::anon_send_exit(a, caf::exit_reason::user_shutdown);
  }
};

class working_peer {
public:
  using pointer = peer_actor::stateful_pointer<peer_state>;
  explicit working_peer(pointer self)
      : self_(self)
      , s_(self->state) {}

  caf::result<fetch_result> fetch(fetch_order& order) {
    const auto number = take(order.work);
    if (!number) return fetch_result{refusal(), {}};
    auto& o = s_.orders.at(*number);
    o.fetching = self_->make_response_promise<fetch_result>();
    const auto promise = o.fetching;
    run(*number, spawn_fetch(self_, boss(), *s_.with, *number, std::move(order)));
    return promise;
  }

  caf::result<parse_answer> parse(parse_order& order, uint32_t their_number) {
    const auto number = take(order.work);
    if (!number) return parse_answer{{refusal(), {}, {}, {}}, {}, {}};
    auto& o = s_.orders.at(*number);
    o.parsing = self_->make_response_promise<parse_answer>();
    o.their_number = their_number;
    o.body = order.body.hash;
    const auto promise = o.parsing;
    begin_parse(*number, std::move(order));
    return promise;
  }

  void fetched(uint32_t number, fetch_result& r) {
    auto o = end(number);
    if (!o) return;
    s_.hands.keep(o->key, r.page.body, until(), o->owner);
    // The body is parsed where it is.
    r.page.body = {r.page.body.hash, r.page.body.size, nullptr, {}, nullptr};
    tell_in_hand();
    o->fetching.deliver(std::move(r));
  }

  void parsed(uint32_t number, parse_result& r) {
    auto o = end(number);
    if (!o) return;
    parse_answer a;
    bool all_sent = true;
    if (!r.original.empty()) {
      s_.hands.keep(o->key, r.original, until(), o->owner);
      r.original = s_.hands.for_message(r.original);
      all_sent = r.original.bytes != nullptr;
    } else if (const auto* body = s_.hands.find(o->key, o->body)) {
      a.original = s_.hands.for_message(*body);
      all_sent = a.original.bytes != nullptr;
      if (!all_sent) a.original = {};
    }
    if (is_long(r, static_cast<size_t>(s_.plan.options->cluster.chunk_bytes))) {
      a.rest = pack(self_->system(), r);
      s_.hands.keep(o->key, a.rest, until(), o->owner);
      a.rest.bytes = nullptr;
      all_sent = false;
    } else {
      a.result = std::move(r);
    }
    if (all_sent) s_.hands.let_go(o->key);
    tell_in_hand();
    o->parsing.deliver(std::move(a));
  }

  void progress(uint32_t number, attempt_token token, uint32_t percent) {
    const auto it = s_.orders.find(number);
    if (it == s_.orders.end()) return;
    it->second.overdue = self_->clock().now() + listening_timeout;
    if (const auto to = caf::actor_cast<link_actor>(it->second.owner))
      self_->send(to, progress_atom_v, it->second.their_number, token, percent);
  }

  void cancel(const order_key& k) {
    s_.hands.let_go(k);
    tell_in_hand();
    const auto it = s_.numbers.find(k);
    if (it != s_.numbers.end()) stop(it->second);
  }

  void down(const caf::down_msg& msg) {
    if (const auto it = s_.stages.find(msg.source); it != s_.stages.end())
      return give_up(it->second, errc::worker_died);
    if (s_.owners.erase(msg.source) == 0) return;
    std::vector<order_key> theirs;
    for (const auto& [number, o] : s_.orders)
      if (o.owner == msg.source) theirs.push_back(o.key);
    for (const auto& k : theirs)
      cancel(k);
    s_.hands.let_go_of(msg.source);
    tell_in_hand();
    share();
  }

  void start(const services_ref& with) { s_.with = with; }

  std::vector<uint64_t> in_hand() const {
    const auto of = caf::actor_cast<caf::actor_addr>(self_->current_sender());
    std::vector<uint64_t> out;
    for (const auto& [number, o] : s_.orders)
      if (o.owner == of) out.push_back(raw(o.key.item));
    return out;
  }

  void look() {
    const auto now = self_->clock().now();
    s_.hands.drop_old(now);
    std::vector<uint32_t> overdue;
    for (const auto& [number, o] : s_.orders)
      if (o.overdue <= now) overdue.push_back(number);
    for (const auto number : overdue)
      give_up(number, errc::deadline_exceeded);
    share();
    for (auto& [owner, state] : s_.owners)
      state.busy = state.orders > 0;
    self_->delayed_send(self_, share_interval, wake_atom_v);
  }

private:
  /// Attempts that are not over: a stage of theirs is run here, or what one left lies here for the next.
  void tell_in_hand() { *s_.plan.in_hand = s_.orders.size() + s_.hands.count(); }

  stage_taker boss() const { return caf::actor_cast<stage_taker>(self_); }
  caf::actor_clock::time_point until() const {
    return self_->clock().now() + s_.plan.options->work.item_budget;
  }
  failure refusal() const {
    return fail(errc::node_lost, "node " + s_.plan.self.name + " takes no work now");
  }

  /// The order's number here; none: it is refused.
  std::optional<uint32_t> take(const work_order& work) {
    const auto& room = s_.plan.self;
    const auto from = caf::actor_cast<caf::actor_addr>(self_->current_sender());
    // One that drains goes on with what it has begun; its owners begin nothing new here.
    if (!s_.with || s_.orders.size() >= most_over_room * (room.transfers + room.window)) return std::nullopt;
    const order_key k{work.item, work.token};
    // A second order for an attempt takes the place of the first.
    if (const auto it = s_.numbers.find(k); it != s_.numbers.end()) stop(it->second);
    const auto number = s_.next++;
    placed_order o;
    o.key = k;
    o.owner = from;
    o.overdue = self_->clock().now() + work.budget + service_grace;
    s_.orders.emplace(number, std::move(o));
    s_.numbers[k] = number;
    tell_in_hand();
    note_owner(from);
    return number;
  }

  void note_owner(const caf::actor_addr& owner) {
    const auto [it, is_new] = s_.owners.try_emplace(owner);
    if (is_new) self_->monitor(owner);
    ++it->second.orders;
    if (std::exchange(it->second.busy, true)) return;
    share();
  }

  void run(uint32_t number, const caf::actor_addr& stage) {
    s_.orders.at(number).stage = stage;
    s_.stages.emplace(stage, number);
  }

  void begin_parse(uint32_t number, parse_order order) {
    auto& o = s_.orders.at(number);
    if (const auto* body = s_.hands.find(o.key, order.body.hash)) order.body = *body;
    const bool here = order.body.bytes || !order.body.path.empty() || order.body.empty();
    if (here) return run(number, spawn_parse(self_, boss(), *s_.with, number, std::move(order)));
    pull(number, std::move(order));
  }

  /// An upload lies with the one who asks.
  void pull(uint32_t number, parse_order order) {
    const auto& o = s_.orders.at(number);
    const auto& c = s_.plan.options->cluster;
    const auto from = caf::actor_cast<content_actor>(o.owner);
    if (!from) return give_up(number, errc::worker_died);
    const auto carrier = spawn_carrier(self_, {o.key, order.body, from, s_.plan.new_spool, 2 * c.timeout,
                                               static_cast<size_t>(c.chunk_bytes)});
    const auto budget = order.work.budget;
    self_->request(carrier, budget, start_atom_v)
        .then(
            [self = self_, number, order = std::move(order)](content_ref& body) mutable {
              if (!self->state.orders.contains(number)) return;
              order.body = std::move(body);
              working_peer(self).begin_parse(number, std::move(order));
            },
            [self = self_, number](const caf::error&) {
              working_peer(self).give_up(number, errc::worker_died);
            });
  }

  std::optional<placed_order> end(uint32_t number) {
    auto gone = s_.orders.extract(number);
    if (gone.empty()) return std::nullopt;
    tell_in_hand();
    auto& o = gone.mapped();
    s_.stages.erase(o.stage);
    if (const auto it = s_.numbers.find(o.key); it != s_.numbers.end() && it->second == number)
      s_.numbers.erase(it);
    if (const auto it = s_.owners.find(o.owner); it != s_.owners.end()) --it->second.orders;
    return std::move(o);
  }

  void stop(uint32_t number) {
    if (const auto o = end(number)) end_stage(*o);
  }

  void end_stage(const placed_order& o) {
    if (const auto stage = caf::actor_cast<caf::actor>(o.stage))
      self_->send_exit(stage, caf::exit_reason::user_shutdown);
  }

  void give_up(uint32_t number, errc why) {
    auto o = end(number);
    if (!o) return;
    end_stage(*o);
    if (o->fetching.pending()) o->fetching.deliver(fetch_result{fail(why), {}});
    if (o->parsing.pending()) o->parsing.deliver(parse_answer{{fail(why), {}, {}, {}}, {}, {}});
  }

  /// Those who have work here share its room; whoever has none is told what it would get.
  void share() {
    const auto& room = s_.plan.self;
    const auto busy = std::count_if(s_.owners.begin(), s_.owners.end(),
                                    [](const auto& entry) { return entry.second.busy; });
    for (auto& [owner, state] : s_.owners) {
      const auto sharing = static_cast<uint32_t>(std::max<long>(1, busy + (state.busy ? 0 : 1)));
      if (state.room_told == sharing) continue;
      state.room_told = sharing;
      if (const auto to = caf::actor_cast<link_actor>(owner))
        self_->send(to, room_atom_v, std::max(1u, room.transfers / sharing),
                    std::max(1u, room.window / sharing));
    }
  }

  pointer self_;
  peer_state& s_;
};

template <class... Args>
void to_gate(working_peer::pointer self, const Args&... args) {
  const auto& with = self->state.with;
  if (with && with->gate) self->send(with->gate, args...);
}

peer_actor::behavior_type peer(working_peer::pointer self, peer_plan plan) {
  self->state.hands = contents_in_hand{static_cast<size_t>(plan.options->cluster.chunk_bytes)};
  self->state.plan = std::move(plan);
  self->set_down_handler([self](const caf::down_msg& msg) { working_peer(self).down(msg); });
  self->delayed_send(self, share_interval, wake_atom_v);
  return {
      [self](pull_atom, item_id item, attempt_token token, const digest& hash, uint64_t offset) {
        return self->state.hands.piece({item, token}, hash, offset);
      },
      [self](fetch_atom, fetch_order& order) { return working_peer(self).fetch(order); },
      [self](parse_atom, parse_order& order, uint32_t number) {
        return working_peer(self).parse(order, number);
      },
      [self](cancel_atom, item_id item, attempt_token token) {
        working_peer(self).cancel({item, token});
      },
      [self](look_atom) { return working_peer(self).in_hand(); },
      [self](card_atom, const node_card& other) { self->send(self->state.plan.members, card_atom_v, other); },
      [self](home_atom, uint32_t owner, const std::vector<uint64_t>& notebooks, bool last) {
        self->send(self->state.plan.members, home_atom_v, owner, notebooks, last);
      },
      [self](host_atom, uint32_t owner, const host_message& m) { to_gate(self, host_atom_v, owner, m); },
      [self](hold_atom, const std::string& host, int64_t ms) { to_gate(self, hold_atom_v, host, ms); },
      [self](pace_atom, const std::string& host, int64_t ms) { to_gate(self, pace_atom_v, host, ms); },
      [self](keep_atom, const record_part& part) { self->send(self->state.plan.members, keep_atom_v, part); },
      [self](remove_atom, uint64_t kind, const std::string& name) {
        self->send(self->state.plan.members, remove_atom_v, kind, name);
      },
      [self](drain_atom) { self->state.plan.drain(); },
      [self](progress_atom, uint32_t number, attempt_token token, uint32_t percent) {
        working_peer(self).progress(number, token, percent);
      },
      [self](fetched_atom, uint32_t number, attempt_token, fetch_result& r) {
        working_peer(self).fetched(number, r);
      },
      [self](parsed_atom, uint32_t number, attempt_token, parse_result& r) {
        working_peer(self).parsed(number, r);
      },
      [self](hello_atom, const node_card& other, const caf::strong_actor_ptr& theirs) {
        self->send(self->state.plan.members, hello_atom_v, other, caf::actor_cast<work_actor>(theirs));
        return self->state.plan.self;
      },
      [self](start_atom, const services_ref& with) { working_peer(self).start(with); },
      [self](card_atom, const node_card& own, bool) { self->state.plan.self = own; },
      [self](wake_atom) { working_peer(self).look(); },
  };
}

} // namespace

peer_actor spawn_peer(caf::actor_system& sys, peer_plan plan) {
  return sys.spawn(peer, std::move(plan));
}

} // namespace troupe
