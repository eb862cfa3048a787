/// The node: recovery, deaths of supervisors and services, drain.
#include "tests/actors/world.hpp"

#include <boost/test/unit_test.hpp>

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;

namespace {

const std::vector<std::string> urls{"http://a.example/1", "http://a.example/2", "http://b.example/3"};

struct node_world : world {
  std::atomic<uint64_t> open{0};
  bool ready = false;
  int starts = 0;
  node_actor node;
  caf::error ended;
  bool gone = false;
  /// Held, or it would be gone at once: nobody else refers to it.
  caf::actor watcher;

  node_world() {
    node_plan plan;
    plan.options = &options;
    plan.listeners = &listeners;
    plan.start = [this](caf::actor_system&) -> result<started_services> {
      ++starts;
      auto s = start_services();
      with = s.with;
      return s;
    };
    plan.find_batch = [this](batch_id b) { return store.find_batch(b); };
    plan.standing_records = [this] { return store.records(host_rule{}); };
    plan.open_batches = &open;
    plan.on_ready = [this](bool r) { ready = r; };
    node = spawn_node(*sys, plan);
    watcher = sys->spawn([this](caf::event_based_actor* self) {
      self->monitor(node);
      self->set_down_handler([this, self](const caf::down_msg& down) {
        gone = true;
        ended = down.reason;
        self->quit();
      });
      return caf::behavior{[](start_atom) {}};
    });
    run();
  }
  ~node_world() {
    if (!gone) {
      caf::anon_send(node, drain_atom_v);
      advance(60s);
    }
    node = nullptr;
    watcher = nullptr;
  }

  /// Asks the node to take a batch; what it answered.
  submitted ask(const std::vector<std::string>& list, batch_options of = {}) {
    intake in{{}};
    for (const auto& u : list)
      in.add(u);
    submission x;
    x.home = notebook_id{1};
    x.options = std::move(of);
    x.items = in.take();
    submitted out;
    sys->spawn([this, x, &out](caf::event_based_actor* self) {
      self->request(node, 60s, submit_atom_v, x)
          .then([&out](submitted& r) { out = std::move(r); }, [](const caf::error&) {});
    });
    run();
    return out;
  }
  /// What is asked of the node about a batch.
  template <class Answer, class... Args>
  std::optional<Answer> answer_to(Args... args) {
    std::optional<Answer> out;
    sys->spawn([&](caf::event_based_actor* self) {
      self->request(node, 60s, args...).then([&out](const Answer& a) { out = a; }, [](const caf::error&) {});
    });
    run();
    return out;
  }
};

/// By the wall clock, which stands still beside virtual time.
const batch_options in_an_hour{.not_before = now() + 1h};

} // namespace

BOOST_FIXTURE_TEST_SUITE(node_life, node_world)

BOOST_AUTO_TEST_CASE(a_batch_is_accepted_durably_and_done) {
  const auto r = ask(urls);
  BOOST_TEST((r.error.code == errc::none));
  BOOST_TEST((stored(r.row.id).state == batch_state::completed));
  BOOST_TEST(open == 0u);
}

BOOST_AUTO_TEST_CASE(a_supervisor_that_dies_is_started_again_from_the_store) {
  transfers.answer = nullptr;
  const auto r = ask(urls);
  BOOST_REQUIRE(transfers.held.size() == 3u);
  BOOST_TEST(open == 1u);
  // The supervisor is whoever monitors the stage actors: found through one of their requests.
  caf::anon_send_exit(with.reader, caf::exit_reason::kill); // a service: everything is started again
  transfers.answer = page_of;
  run();
  BOOST_TEST(starts == 2);
  advance(5s);
  BOOST_TEST((stored(r.row.id).state == batch_state::completed));
  for (const auto& x : items(r.row.id))
    BOOST_TEST(store.attempts(x.key).size() == 1u);
  BOOST_TEST(verify().empty());
}

BOOST_AUTO_TEST_CASE(any_service_may_die_in_the_middle) {
  const std::vector<std::function<caf::actor()>> all{
      [this] { return caf::actor_cast<caf::actor>(with.gate); },
      [this] { return caf::actor_cast<caf::actor>(with.robots); },
      [this] { return caf::actor_cast<caf::actor>(with.transfers); },
      [this] { return caf::actor_cast<caf::actor>(with.parser); },
      [this] { return caf::actor_cast<caf::actor>(with.writer); },
      [this] { return caf::actor_cast<caf::actor>(with.reader); }};
  for (const auto& service : all) {
    transfers.answer = nullptr;
    transfers.held.clear();
    const auto r = ask(urls);
    caf::anon_send_exit(service(), caf::exit_reason::kill);
    transfers.answer = page_of;
    run();
    // Restarts are counted in a window of a minute.
    advance(61s);
    BOOST_TEST((stored(r.row.id).state == batch_state::completed));
    BOOST_TEST(verify().empty());
  }
  BOOST_TEST(starts == 7);
  BOOST_TEST(!gone);
}

BOOST_AUTO_TEST_CASE(services_that_keep_dying_end_the_node) {
  for (int i = 0; i < 10 && !gone; ++i) {
    caf::anon_send_exit(with.gate, caf::exit_reason::kill);
    run();
  }
  BOOST_TEST(gone);
  BOOST_TEST((ended && ended != caf::exit_reason::normal));
  BOOST_TEST(starts == 6);
}

BOOST_AUTO_TEST_CASE(a_drained_node_takes_nothing_and_ends) {
  transfers.answer = nullptr;
  const auto r = ask(urls);
  caf::anon_send(node, drain_atom_v);
  run();
  BOOST_TEST(!ready);
  BOOST_TEST(!gone);
  BOOST_TEST((ask(urls).error.code == errc::overloaded));
  for (auto& call : transfers.held)
    transfers.reply(call, page_of(call.order));
  transfers.held.clear();
  run();
  BOOST_TEST(gone);
  BOOST_TEST((!ended || ended == caf::exit_reason::normal));
  BOOST_TEST((stored(r.row.id).state == batch_state::completed));
}

BOOST_AUTO_TEST_CASE(an_overdue_drain_puts_items_in_hand_back) {
  transfers.answer = nullptr;
  const auto r = ask(urls);
  caf::anon_send(node, drain_atom_v);
  run();
  advance(options.work.drain_timeout + 1s);
  BOOST_TEST(gone);
  for (const auto& x : items(r.row.id))
    BOOST_TEST((x.state == item_state::pending));
  BOOST_TEST(verify().empty());
}

BOOST_AUTO_TEST_CASE(limits_on_open_batches_are_answered) {
  options.limits.open_batches = 1;
  transfers.answer = nullptr;
  ask(urls);
  BOOST_TEST((ask(urls).error.code == errc::overloaded));
}

BOOST_AUTO_TEST_CASE(a_batch_that_is_not_to_begin_yet_is_open_and_not_touched) {
  options.limits.open_batches_per_notebook = 1;
  const auto r = ask(urls, in_an_hour);
  BOOST_TEST(open == 1u);
  BOOST_TEST((ask(urls).error.code == errc::notebook_full));
  advance(30min);
  BOOST_TEST(transfers.asked.empty());
  const auto why = answer_to<wait_reason>(look_atom_v, r.row.id, uint32_t{1});
  BOOST_REQUIRE(why);
  BOOST_TEST(why->code == "not_before");
  BOOST_TEST(transfers.asked.empty());
}

BOOST_AUTO_TEST_CASE(a_batch_that_is_not_to_begin_yet_can_be_cancelled) {
  const auto whole = ask(urls, in_an_hour);
  const auto one = ask(urls, in_an_hour);
  BOOST_TEST(answer_to<bool>(cancel_atom_v, whole.row.id).value_or(false));
  BOOST_TEST((stored(whole.row.id).state == batch_state::cancelled));
  BOOST_TEST(answer_to<bool>(cancel_atom_v, one.row.id, uint32_t{1}).value_or(false));
  BOOST_TEST(stored(one.row.id).counts.cancelled == 1u);
  BOOST_TEST((stored(one.row.id).state == batch_state::open));
  BOOST_TEST(open == 1u);
}

BOOST_AUTO_TEST_CASE(pausing_wakes_no_batch_before_its_time) {
  const auto r = ask(urls, in_an_hour);
  for (const auto what : {steer::pause, steer::resume}) {
    const auto s = answer_to<steered>(steer_atom_v, steering{.id = r.row.id, .what = what});
    BOOST_REQUIRE(s);
    BOOST_TEST((s->error.code == errc::none));
  }
  advance(30min);
  BOOST_TEST(open == 1u);
  BOOST_TEST(transfers.asked.empty());
}

BOOST_AUTO_TEST_CASE(batches_that_are_not_to_begin_yet_outlive_the_services) {
  const auto r = ask(urls, in_an_hour);
  caf::anon_send_exit(with.reader, caf::exit_reason::kill);
  run();
  advance(5s);
  BOOST_TEST(starts == 2);
  BOOST_TEST(open == 1u);
  BOOST_TEST(answer_to<bool>(cancel_atom_v, r.row.id).value_or(false));
  BOOST_TEST((stored(r.row.id).state == batch_state::cancelled));
  BOOST_TEST(open == 0u);
}

BOOST_AUTO_TEST_CASE(a_deadline_before_the_time_to_begin_ends_a_batch) {
  const auto r = ask(urls, {.not_before = now() + 1h, .deadline = now()});
  advance(1s);
  BOOST_TEST(stored(r.row.id).counts.expired == 3u);
}

BOOST_AUTO_TEST_SUITE_END()
