#include "tests/actors/world.hpp"

namespace troupe::test {
namespace {

template <class Order, class Result, class Atom, class... Rest, class Script>
auto script_behavior(caf::event_based_actor* self, Script* script) {
  return caf::behavior{
      [self, script](Atom, const Order& order, const Rest&...) -> caf::result<Result> {
        script->asked.push_back(order);
        if (script->answer)
          if (auto r = script->answer(order)) return std::move(*r);
        // The promise takes the sender over: it has to be asked for first.
        const auto from = caf::actor_cast<caf::actor_addr>(self->current_sender());
        auto promise = self->make_response_promise<Result>();
        script->held.push_back({order, promise, from});
        return promise;
      },
      [script](cancel_atom, item_id item, attempt_token) { script->cancelled.push_back(item); },
      [script](retry_atom) {
        for (; !script->outbox.empty(); script->outbox.pop_front())
          script->outbox.front().first.deliver(std::move(script->outbox.front().second));
      },
  };
}

/// A handle of the typed interface onto an actor whose answers the test scripts.
template <class Handle, class Order, class Result, class Atom, class... Rest, class Script>
Handle spawn_script(caf::actor_system& sys, Script& script) {
  script.service = sys.spawn([&script](caf::event_based_actor* self) {
    return script_behavior<Order, Result, Atom, Rest...>(self, &script);
  });
  return caf::actor_cast<Handle>(script.service);
}

} // namespace

fetch_result page_of(const fetch_order& o) {
  fetch_result r;
  r.page.http_status = 200;
  r.page.final_url = o.url;
  r.page.body = make_content("bytes of " + o.url);
  return r;
}

fetch_result fetch_failure(failure f) {
  return {std::move(f), {}};
}

parse_result text_of(const parse_order& o) {
  parse_result r;
  r.text.markdown = "text of " + std::string(o.body.view());
  return r;
}

world::world()
    : files(std::move(*file_store::open(dir.path() + "/files", nullptr)))
    , store(*db, *files) {
  options.fetch.robots = false;
  // Virtual time stands still while messages are handled.
  options.store.commit_interval = {};
  config.add_message_types<caf::id_block::troupe>();
  config.set("scheduler.policy", caf::atom("testing"));
  sys = std::make_unique<caf::actor_system>(config);
  scheduler = dynamic_cast<caf::scheduler::test_coordinator*>(&sys->scheduler());
  transfers.answer = page_of;
  parser.answer = text_of;
  with = start_services().with;
}

world::~world() {
  // Promises that nobody answered hold actors.
  transfers.held.clear();
  parser.held.clear();
  listener.held.clear();
  for (const auto& [id, s] : supervisors)
    caf::anon_send_exit(s, caf::exit_reason::kill);
  supervisors.clear();
  for (const auto& a : started)
    caf::anon_send_exit(a, caf::exit_reason::kill);
  started.clear();
  transfers.service = parser.service = listener.service = nullptr;
  with = {};
  run();
}

started_services world::start_services() {
  // Those before would go on with a ledger that is gone.
  for (const auto& a : started)
    caf::anon_send_exit(a, caf::exit_reason::kill);
  started.clear();
  book.reset();
  book = std::move(*ledger::open(*db, *files, {0, 1 << 20}));
  started_services out;
  out.epoch = book->epoch();
  out.with.transfers = spawn_script<transfers_actor, fetch_order, fetch_result, fetch_atom>(*sys, transfers);
  out.with.parser = spawn_script<parser_actor, parse_order, parse_result, parse_atom>(*sys, parser);
  out.with.listener =
      spawn_script<listener_actor, media_order, listen_result, listen_atom, progress_taker, uint32_t>(
          *sys, listener);
  out.with.writer = spawn_writer(*sys, *book, listeners, options, false);
  out.with.reader = spawn_reader(*sys, store, false);
  out.with.gate = spawn_gate(*sys, {static_cast<size_t>(options.fetch.max_transfers),
                                    static_cast<size_t>(options.fetch.max_per_host),
                                    static_cast<size_t>(options.work.window), options.fetch.host_delay});
  out.with.robots = spawn_robots(*sys, options, out.with.transfers, out.with.gate);
  const auto& w = out.with;
  for (auto a : {caf::actor_cast<caf::actor>(w.transfers), caf::actor_cast<caf::actor>(w.parser),
                 caf::actor_cast<caf::actor>(w.listener), caf::actor_cast<caf::actor>(w.writer),
                 caf::actor_cast<caf::actor>(w.reader), caf::actor_cast<caf::actor>(w.gate),
                 caf::actor_cast<caf::actor>(w.robots)})
    started.push_back(std::move(a));
  return out;
}

batch world::submit(const std::vector<std::string>& urls, batch_options wanted, job_type job) {
  intake in{{}};
  for (const auto& u : urls)
    in.add(u);
  const auto id = book->begin(notebook_id{1}, job, wanted);
  book->add(id, in.take());
  const auto row = book->accept(id, wanted);
  std::vector<event> events;
  book->flush(events);
  supervise(row);
  return row;
}

void world::supervise(const batch& b) {
  supervisors[b.id] = spawn_supervisor(*sys, {b, with, book->epoch(), &options, &listeners});
}

void world::run() {
  scheduler->run();
}

void world::advance(milliseconds time) {
  scheduler->advance_time(time);
  run();
}

batch world::stored(batch_id b) const {
  return *store.find_batch(b);
}

std::vector<item> world::items(batch_id b) const {
  std::vector<item> none;
  return store.read_batch(b, 0, ~uint32_t{0}, {}, none)->items;
}

bool is_alive(const caf::actor_addr& who) {
  const auto a = caf::actor_cast<caf::strong_actor_ptr>(who);
  return a && !caf::actor_cast<caf::abstract_actor*>(a)->getf(caf::abstract_actor::is_terminated_flag);
}

} // namespace troupe::test
