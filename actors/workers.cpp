#include "actors/workers.hpp"

namespace troupe {
namespace {

/// Answers that services outside the actor system bring back: one promise for each order under way.
template <class Result>
struct pending_state {
  std::unordered_map<uint64_t, caf::typed_response_promise<Result>> waiting;
  uint64_t next = 1;
};

struct transfers_state : pending_state<fetch_result> {
  static inline const char* name = "transfers";
};
struct parser_state : pending_state<parse_result> {
  static inline const char* name = "parser";
};
struct listener_state : pending_state<listen_result> {
  static inline const char* name = "listener";
};

/// Runs `submit` and keeps a promise until an answer with its number comes back to the actor.
template <class Self, class Result, class Submit>
caf::result<Result> promise_of(Self self, Submit submit) {
  auto promise = self->template make_response_promise<Result>();
  const auto number = self->state.next++;
  self->state.waiting.emplace(number, promise);
  submit(number);
  return promise;
}

template <class Self, class Result>
void keep_promise(Self self, uint64_t number, Result& r) {
  const auto node = self->state.waiting.extract(number);
  if (!node.empty()) node.mapped().deliver(std::move(r));
}

template <class Result, class T>
Result answer_of(result<T> r) {
  return r ? Result{fail(errc::none), std::move(*r)} : Result{r.error(), {}};
}

using inner_transfers = transfers_actor::extend<caf::reacts_to<done_atom, uint64_t, fetch_result>>;
using inner_listener = listener_actor::extend<caf::reacts_to<done_atom, uint64_t, listen_result>>;
using inner_parser = parser_actor::extend<caf::reacts_to<done_atom, uint64_t, parse_result>>;

inner_transfers::behavior_type transfers(inner_transfers::stateful_pointer<transfers_state> self,
                                         transfer_loop* loop) {
  const auto me = caf::actor_cast<inner_transfers>(self);
  const caf::actor_addr address = me.address();
  return {
      [self, loop, address](fetch_atom, fetch_order& order) {
        return promise_of<decltype(self), fetch_result>(self, [&](uint64_t number) {
          loop->submit(std::move(order), [address, number](result<fetched> r) {
            const auto to = caf::actor_cast<inner_transfers>(address);
            if (!to) return;
            caf::anon_send(to, done_atom_v, number, answer_of<fetch_result>(std::move(r)));
          });
        });
      },
      [loop](cancel_atom, item_id item, attempt_token token) { loop->cancel(item, token); },
      [self](done_atom, uint64_t number, fetch_result& r) { keep_promise(self, number, r); },
  };
}

inner_parser::behavior_type parser(inner_parser::stateful_pointer<parser_state> self, parser_pool* pool) {
  const caf::actor_addr address = self->address();
  return {
      [self, pool, address](parse_atom, parse_order& order) {
        return promise_of<decltype(self), parse_result>(self, [&](uint64_t number) {
          pool->submit(std::move(order), [address, number](result<document> r) {
            const auto to = caf::actor_cast<inner_parser>(address);
            if (!to) return;
            caf::anon_send(to, done_atom_v, number, answer_of<parse_result>(std::move(r)));
          });
        });
      },
      [pool](cancel_atom, item_id item, attempt_token token) { pool->cancel(item, token); },
      [self](done_atom, uint64_t number, parse_result& r) { keep_promise(self, number, r); },
  };
}

inner_listener::behavior_type listener(inner_listener::stateful_pointer<listener_state> self,
                                       media_pool* pool) {
  const caf::actor_addr address = self->address();
  return {
      [self, pool, address](listen_atom, media_order& order, const progress_taker& taker, uint32_t index) {
        return promise_of<decltype(self), listen_result>(self, [&](uint64_t number) {
          const auto tell = [taker, index, token = order.work.token](unsigned percent) {
            caf::anon_send(taker, progress_atom_v, index, token, uint32_t{percent});
          };
          pool->submit(std::move(order), tell, [address, number](media_outcome r) {
            if (const auto to = caf::actor_cast<inner_listener>(address))
              caf::anon_send(to, done_atom_v, number, listen_result{std::move(r.error), std::move(r.words)});
          });
        });
      },
      [pool](cancel_atom, item_id item, attempt_token token) { pool->cancel(item, token); },
      [self](done_atom, uint64_t number, listen_result& r) { keep_promise(self, number, r); },
  };
}

} // namespace

transfers_actor spawn_transfers(caf::actor_system& sys, transfer_loop& loop, const stand_ins& instead) {
  if (!instead.fetch) return sys.spawn(transfers, &loop);
  return sys.spawn([fetch = instead.fetch]() -> transfers_actor::behavior_type {
    return {[fetch](fetch_atom, const fetch_order& order) { return answer_of<fetch_result>(fetch(order)); },
            [](cancel_atom, item_id, attempt_token) {}};
  });
}
parser_actor spawn_parser(caf::actor_system& sys, parser_pool& pool, const stand_ins& instead) {
  if (!instead.parse) return sys.spawn(parser, &pool);
  return sys.spawn([parse = instead.parse]() -> parser_actor::behavior_type {
    return {[parse](parse_atom, const parse_order& order) { return answer_of<parse_result>(parse(order)); },
            [](cancel_atom, item_id, attempt_token) {}};
  });
}

listener_actor spawn_listener(caf::actor_system& sys, media_pool& pool) {
  return sys.spawn(listener, &pool);
}

} // namespace troupe
