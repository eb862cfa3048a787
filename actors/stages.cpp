#include "actors/stages.hpp"

namespace troupe {
namespace {

/// Services answer within the budget; this much later something is wrong with them.
constexpr milliseconds grace{5'000};
constexpr milliseconds persist_timeout{60'000};

/// What a request to a service that gave no answer means.
failure unanswered(const caf::error& e) {
  return e == caf::sec::request_timeout ? fail(errc::deadline_exceeded) : fail(errc::worker_died);
}

/// Tells a service to give up when the actor ends before its answer has come.
template <class Service>
struct open_order {
  Service service;
  work_order work;
  bool open = false;
  open_order() = default;
  open_order(const open_order&) = delete;
  ~open_order() {
    if (open) caf::anon_send(service, cancel_atom_v, work.item, work.token);
  }
};

struct fetch_state {
  open_order<transfers_actor> order;
  static inline const char* name = "fetch";
};
struct parse_state {
  open_order<parser_actor> order;
  static inline const char* name = "parse";
};
struct persist_state {
  static inline const char* name = "persist";
};

template <class State>
using pointer = caf::stateful_actor<State>*;

void transfer(pointer<fetch_state> self, const services& with, supervisor_actor boss, uint32_t index,
              fetch_order order) {
  const auto token = order.work.token;
  auto& mine = self->state.order;
  mine.service = with.transfers;
  mine.work = order.work;
  mine.open = true;
  const auto tell = [self, boss, index, token](fetch_result r) {
    self->state.order.open = false;
    self->send(boss, fetched_atom_v, index, token, std::move(r));
    self->quit();
  };
  const auto timeout = order.work.budget + grace;
  self->request(with.transfers, timeout, fetch_atom_v, std::move(order))
      .then([tell](fetch_result& r) { tell(std::move(r)); },
            [tell](const caf::error& e) {
              tell({unanswered(e), {}});
            });
}

caf::behavior fetch(pointer<fetch_state> self, const services& with, const supervisor_actor& boss,
                    uint32_t index, const fetch_order& order) {
  if (!order.obey_robots) {
    transfer(self, with, boss, index, order);
    return {[](start_atom) {}};
  }
  const auto refuse = [self, boss, index, token = order.work.token](failure f) {
    self->send(boss, fetched_atom_v, index, token, fetch_result{std::move(f), {}});
    self->quit();
  };
  const auto asked = self->clock().now();
  self->request(with.robots, order.work.budget, allow_atom_v, order.url)
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

void hand_to_parser(pointer<parse_state> self, const services& with, const supervisor_actor& boss,
                    uint32_t index, parse_order order) {
  auto& mine = self->state.order;
  mine.service = with.parser;
  mine.work = order.work;
  mine.open = true;
  const auto tell = [self, boss, index, token = order.work.token](parse_result r) {
    self->state.order.open = false;
    self->send(boss, parsed_atom_v, index, token, std::move(r));
    self->quit();
  };
  const auto timeout = order.work.budget + grace;
  self->request(with.parser, timeout, parse_atom_v, std::move(order))
      .then([tell](parse_result& r) { tell(std::move(r)); },
            [tell](const caf::error& e) {
              tell({unanswered(e), {}});
            });
}

caf::behavior parse(pointer<parse_state> self, const services& with, const supervisor_actor& boss,
                    uint32_t index, const parse_order& order) {
  const auto& body = order.body;
  if (body.bytes || !body.path.empty()) {
    hand_to_parser(self, with, boss, index, order);
    return {[](start_atom) {}};
  }
  // An upload comes by its name: its bytes are with the store.
  self->request(with.reader, order.work.budget, read_atom_v, body.hash, body.size)
      .then(
          [=](content_ref& found) {
            auto whole = order;
            whole.body = std::move(found);
            hand_to_parser(self, with, boss, index, std::move(whole));
          },
          [=](const caf::error&) {
            self->send(boss, parsed_atom_v, index, order.work.token,
                       parse_result{fail(errc::storage_error, "the upload cannot be read"), {}});
            self->quit();
          });
  return {[](start_atom) {}};
}

caf::behavior persist(pointer<persist_state> self, const services& with, const supervisor_actor& boss,
                      uint32_t index, const ending& e) {
  const auto tell = [self, boss, index, token = e.token](persist_result r) {
    self->send(boss, stored_atom_v, index, token, std::move(r));
    self->quit();
  };
  self->request(with.writer, persist_timeout, persist_atom_v, e)
      .then([tell](persist_result& r) { tell(std::move(r)); },
            [tell](const caf::error&) {
              tell({fail(errc::storage_error, "the writer gave no answer"), {}});
            });
  return {[](start_atom) {}};
}

} // namespace

caf::actor_addr spawn_fetch(supervisor_actor::pointer self, const services& with, uint32_t index,
                            fetch_order order) {
  const auto boss = caf::actor_cast<supervisor_actor>(self);
  return self->spawn<caf::monitored>(fetch, with, boss, index, std::move(order)).address();
}

caf::actor_addr spawn_parse(supervisor_actor::pointer self, const services& with, uint32_t index,
                            parse_order order) {
  const auto boss = caf::actor_cast<supervisor_actor>(self);
  return self->spawn<caf::monitored>(parse, with, boss, index, std::move(order)).address();
}

caf::actor_addr spawn_persist(supervisor_actor::pointer self, const services& with, uint32_t index,
                              ending e) {
  const auto boss = caf::actor_cast<supervisor_actor>(self);
  return self->spawn<caf::monitored>(persist, with, boss, index, std::move(e)).address();
}

} // namespace troupe
