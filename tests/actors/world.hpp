#pragma once
/// An actor system in virtual time, over a store in memory, with transfers and parsers that the test answers.

#include "actors/gate.hpp"
#include "actors/node.hpp"
#include "actors/reader.hpp"
#include "actors/robots.hpp"
#include "actors/supervisor.hpp"
#include "actors/workers.hpp"
#include "actors/writer.hpp"
#include "tests/support/server_process.hpp"

#include <caf/scheduler/test_coordinator.hpp>

#include <deque>
#include <functional>

namespace troupe::test {

/// What a service of the test was asked, and how it is answered.
template <class Order, class Result>
struct scripted_service {
  struct call {
    Order order;
    caf::typed_response_promise<Result> promise;
    caf::actor_addr from;
  };
  /// Answers at once; none: the call is held until the test answers it.
  std::function<std::optional<Result>(const Order&)> answer;
  std::deque<call> held;
  /// Answers a held call, from inside the service: a promise may be delivered nowhere else.
  void reply(call to, Result r) {
    outbox.emplace_back(std::move(to.promise), std::move(r));
    caf::anon_send(service, retry_atom_v);
  }
  std::deque<std::pair<caf::typed_response_promise<Result>, Result>> outbox;
  caf::actor service;
  std::vector<Order> asked;
  std::vector<item_id> cancelled;
};

using scripted_transfers = scripted_service<fetch_order, fetch_result>;
using scripted_parser = scripted_service<parse_order, parse_result>;
using scripted_listener = scripted_service<media_order, listen_result>;

fetch_result page_of(const fetch_order& o);
fetch_result fetch_failure(failure f);
parse_result text_of(const parse_order& o);

class world {
public:
  world();
  ~world();

  /// Accepts a batch of these URLs; its supervisor runs.
  batch submit(const std::vector<std::string>& urls, batch_options options = {},
               job_type job = job_type::url_parse);
  /// Runs all that can run now.
  void run();
  /// Lets virtual time pass, running what falls due.
  void advance(milliseconds time);

  batch stored(batch_id b) const;
  std::vector<item> items(batch_id b) const;
  /// Counts equal rows, no source doubled.
  std::vector<std::string> verify() const { return store.verify(); }
  caf::actor_addr supervisor_of(batch_id b) const { return supervisors.at(b).address(); }

  settings options;
  caf::actor_system_config config;
  std::unique_ptr<engine> db = make_memory_engine();
  scratch dir;
  std::unique_ptr<file_store> files;
  catalog store;
  std::unique_ptr<ledger> book;
  hub listeners;
  scripted_transfers transfers;
  scripted_parser parser;
  scripted_listener listener;
  std::unique_ptr<caf::actor_system> sys;
  caf::scheduler::test_coordinator* scheduler = nullptr;
  services with;
  /// Every service that was started: delayed messages to themselves keep them alive.
  std::vector<caf::actor> started;
  std::unordered_map<batch_id, supervisor_actor> supervisors;

  /// All services anew, over the same store.
  started_services start_services();
  void supervise(const batch& b);
};

/// It has not ended, nor been let go of.
bool is_alive(const caf::actor_addr& who);

} // namespace troupe::test
