#include "actors/stages.hpp"
#include "actors/open_order.hpp"

namespace troupe {
namespace {

struct fetch_state {
  open_order order;
  static inline const char* name = "fetch";
};
struct persist_state {
  static inline const char* name = "persist";
};

template <class State>
using pointer = caf::stateful_actor<State>*;

template <class Service>
void transfer(pointer<fetch_state> self, const Service& transfers, bool elsewhere, stage_taker boss,
              uint32_t index, fetch_order order) {
  const auto token = order.work.token;
  self->state.order.begin(transfers, order.work);
  const auto tell = [self, boss, index, token](fetch_result r) {
    self->state.order.end();
    self->send(boss, fetched_atom_v, index, token, std::move(r));
    self->quit();
  };
  self->request(transfers, caf::infinite, fetch_atom_v, std::move(order))
      .then([tell](fetch_result& r) { tell(std::move(r)); },
            [tell, elsewhere](const caf::error& e) {
              tell({unanswered(e, elsewhere), {}});
            });
}

void transfer(pointer<fetch_state> self, const services& with, const stage_taker& boss, uint32_t index,
              fetch_order order) {
  // Robots were asked here.
  order.obey_robots = false;
  if (with.elsewhere) return transfer(self, with.elsewhere, true, boss, index, std::move(order));
  transfer(self, with.transfers, false, boss, index, std::move(order));
}

caf::behavior fetch(pointer<fetch_state> self, const services& with, const stage_taker& boss, uint32_t index,
                    const fetch_order& order) {
  if (!order.obey_robots) {
    transfer(self, with, boss, index, order);
    return {[](start_atom) {}};
  }
  const auto refuse = [self, boss, index, token = order.work.token](failure f) {
    self->send(boss, fetched_atom_v, index, token, fetch_result{std::move(f), {}});
    self->quit();
  };
  const auto asked = self->clock().now();
  self->request(with.robots, caf::infinite, allow_atom_v, order.url)
      .then(
          [=](const failure& f) {
            if (f.code != errc::none) return refuse(f);
            auto rest = order;
            rest.work.budget -= std::chrono::duration_cast<milliseconds>(self->clock().now() - asked);
            transfer(self, with, boss, index, std::move(rest));
          },
          [=](const caf::error& e) { refuse(unanswered(e)); });
  // Answers to requests are all it hears.
  return {[](start_atom) {}};
}

caf::behavior persist(pointer<persist_state> self, const services& with, const supervisor_actor& boss,
                      uint32_t index, const ending& e) {
  const auto tell = [self, boss, index, token = e.token](persist_result r) {
    self->send(boss, stored_atom_v, index, token, std::move(r));
    self->quit();
  };
  self->request(with.writer, caf::infinite, persist_atom_v, e)
      .then([tell](persist_result& r) { tell(std::move(r)); },
            [tell](const caf::error&) {
              tell({fail(errc::storage_error, "the writer gave no answer"), {}});
            });
  return {[](start_atom) {}};
}

} // namespace

caf::actor_addr spawn_fetch(caf::local_actor* parent, const stage_taker& boss, const services& with,
                            uint32_t index, fetch_order order) {
  return parent->spawn<caf::monitored>(fetch, with, boss, index, std::move(order)).address();
}

caf::actor_addr spawn_persist(supervisor_actor::pointer self, const services& with, uint32_t index,
                              ending e) {
  const auto boss = caf::actor_cast<supervisor_actor>(self);
  return self->spawn<caf::monitored>(persist, with, boss, index, std::move(e)).address();
}

} // namespace troupe
