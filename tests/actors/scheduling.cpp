/// The scheduler and the clock of actors: no job is left lying, and timers are those of living actors.
#include "actors/actor_config.hpp"
#include "actors/held_items.hpp"
#include "actors/quiet_clock.hpp"

#include <boost/test/unit_test.hpp>
#include <caf/all.hpp>

#include <cstdlib>
#include <future>
#include <latch>
#include <thread>
#include <vector>

using namespace troupe;

namespace {

constexpr std::chrono::seconds patience{30};

settings with_threads(int64_t n) {
  settings s;
  s.work.scheduler_threads = n;
  return s;
}

/// Answers each number with the next.
caf::behavior counting(caf::event_based_actor*) {
  return {[](int n) { return n + 1; }};
}

/// Passes a number on, one less, until it is zero.
caf::behavior passing(caf::event_based_actor* self, std::promise<void>* done) {
  return {[=](int n, const caf::actor& to) {
    if (n == 0)
      done->set_value();
    else
      self->send(to, n - 1, caf::actor_cast<caf::actor>(self));
  }};
}

/// Never answers.
caf::behavior silent(caf::event_based_actor* self) {
  return {[self](int) { return self->make_response_promise(); }};
}

/// Waits a day for an answer, unless it is told to end.
class told_when_gone final : public caf::event_based_actor {
public:
  told_when_gone(caf::actor_config& c, caf::actor mute, std::promise<void>* gone)
      : caf::event_based_actor(c)
      , mute_(std::move(mute))
      , gone_(gone) {}
  ~told_when_gone() override { gone_->set_value(); }
  caf::behavior make_behavior() override {
    request(mute_, std::chrono::seconds(86'400), 1).then([](int) {}, [](const caf::error&) {});
    return {[this](int) { quit(); }};
  }

private:
  caf::actor mute_;
  std::promise<void>* gone_;
};

} // namespace

BOOST_AUTO_TEST_SUITE(scheduling)

BOOST_AUTO_TEST_CASE(what_comes_from_outside_when_all_threads_sleep_is_done) {
  actor_config config{with_threads(4)};
  caf::actor_system sys{config};
  const auto actor = sys.spawn(counting);
  caf::scoped_actor self{sys};
  for (int i = 0; i < 2'000; ++i)
    self->request(actor, patience, i)
        .receive([&](int n) { BOOST_TEST(n == i + 1); },
                 [&](const caf::error& e) { BOOST_FAIL(sys.render(e)); });
}

BOOST_AUTO_TEST_CASE(actors_that_only_wake_each_other_go_on) {
  for (const int64_t threads : {1, 2, 4}) {
    actor_config config{with_threads(threads)};
    caf::actor_system sys{config};
    std::promise<void> done;
    const auto one = sys.spawn(passing, &done);
    caf::anon_send(one, 20'000, sys.spawn(passing, &done));
    BOOST_TEST_REQUIRE((done.get_future().wait_for(patience) == std::future_status::ready));
  }
}

/// What an actor sends may wait for its own thread; of more, each wakes another.
BOOST_AUTO_TEST_CASE(jobs_that_wait_are_shared_among_all_threads) {
  constexpr int threads = 3;
  actor_config config{with_threads(threads)};
  caf::actor_system sys{config};
  std::latch all_run{threads};
  std::atomic<int> begun = 0;
  std::promise<void> done;
  const auto job = [&](caf::event_based_actor*) {
    const int before = begun++;
    if (before < threads) all_run.arrive_and_wait();
    if (before == threads) done.set_value();
  };
  sys.spawn([&](caf::event_based_actor* self) {
    for (int i = 0; i <= threads; ++i)
      self->spawn(job);
  });
  const bool shared = done.get_future().wait_for(patience) == std::future_status::ready;
  BOOST_TEST(shared);
  if (!shared) std::abort();
}

BOOST_AUTO_TEST_CASE(systems_end_whatever_their_threads_do) {
  for (int i = 0; i < 200; ++i) {
    actor_config config{with_threads(1 + i % 4)};
    caf::actor_system sys{config};
    const auto actor = sys.spawn(counting);
    for (int n = 0; n < i % 7; ++n)
      caf::anon_send(actor, n);
  }
}

BOOST_AUTO_TEST_CASE(timers_of_the_living_ring) {
  actor_config config{with_threads(2)};
  caf::actor_system sys{config};
  const auto mute = sys.spawn(silent);
  std::promise<void> late;
  std::promise<void> rung;
  sys.spawn([&](caf::event_based_actor* a) -> caf::behavior {
    a->request(mute, std::chrono::milliseconds(20), 1)
        .then([](int) {}, [&](const caf::error&) { late.set_value(); });
    a->delayed_send(a, std::chrono::milliseconds(20), caf::atom("ring"));
    return {[&](caf::atom_value) { rung.set_value(); }};
  });
  BOOST_TEST((late.get_future().wait_for(patience) == std::future_status::ready));
  BOOST_TEST((rung.get_future().wait_for(patience) == std::future_status::ready));
  caf::anon_send_exit(mute, caf::exit_reason::user_shutdown);
}

/// The clock holds who it will ring for.
BOOST_AUTO_TEST_CASE(timers_of_the_dead_are_cancelled) {
  std::promise<void> gone;
  actor_config config{with_threads(2)};
  caf::actor_system sys{config};
  const auto mute = sys.spawn(silent);
  caf::anon_send(sys.spawn<told_when_gone>(mute, &gone), 1);
  BOOST_TEST((gone.get_future().wait_for(patience) == std::future_status::ready));
  caf::anon_send_exit(mute, caf::exit_reason::user_shutdown);
}

/// A message that is to come later keeps who it is for, and its thread.
BOOST_AUTO_TEST_CASE(systems_end_whatever_timers_are_set) {
  std::promise<void> ended;
  std::thread life([&] {
    {
      actor_config config{with_threads(2)};
      caf::actor_system sys{config};
      sys.spawn<caf::detached>([](caf::event_based_actor* self) {
        self->delayed_send(self, std::chrono::hours(24), 1);
        self->quit();
      });
    }
    ended.set_value();
  });
  const bool has_ended = ended.get_future().wait_for(patience) == std::future_status::ready;
  BOOST_TEST(has_ended);
  if (!has_ended) std::abort();
  life.join();
}

/// A timer that is due before all others is not slept through.
BOOST_AUTO_TEST_CASE(timers_ring_in_the_order_of_their_times) {
  actor_config config{with_threads(2)};
  caf::actor_system sys{config};
  std::vector<int> rung;
  std::promise<void> last;
  sys.spawn([&](caf::event_based_actor* a) -> caf::behavior {
    a->delayed_send(a, std::chrono::hours(1), 0);
    for (const int ms : {60, 20, 40})
      a->delayed_send(a, std::chrono::milliseconds(ms), ms);
    return {[&, a](int ms) {
      rung.push_back(ms);
      if (rung.size() < 3) return;
      a->quit();
      last.set_value();
    }};
  });
  const bool all_rung = last.get_future().wait_for(patience) == std::future_status::ready;
  BOOST_TEST(all_rung);
  if (!all_rung) std::abort();
  BOOST_TEST((rung == std::vector{20, 40, 60}));
}

BOOST_AUTO_TEST_CASE(a_clock_that_has_stopped_keeps_nobody) {
  actor_config config{with_threads(1)};
  caf::actor_system sys{config};
  const auto later = std::chrono::steady_clock::now() + std::chrono::hours(24);
  const auto actor = sys.spawn(counting);
  quiet_clock clock;
  const auto set = [&] {
    clock.schedule_message(later, caf::actor_cast<caf::strong_actor_ptr>(actor),
                           caf::make_mailbox_element(nullptr, caf::make_message_id(), {}, 1));
  };
  set();
  BOOST_TEST(clock.schedule().size() == 1u);
  clock.stop();
  BOOST_TEST(clock.schedule().empty());
  set();
  BOOST_TEST(clock.schedule().empty());
}

BOOST_AUTO_TEST_CASE(supervisors_hold_so_many_items_together) {
  const auto all = std::make_shared<held_items>(100);
  held_share one{all};
  BOOST_TEST(one.room() == 100u);
  one.set(60);
  BOOST_TEST(one.room() == 100u);
  {
    held_share other{all};
    BOOST_TEST(other.room() == 40u);
    other.set(30);
    // Little is left: who has more than its part takes no more until others have theirs.
    BOOST_TEST(one.room() == 50u);
    BOOST_TEST(other.room() == 40u);
    one.set(120);
    BOOST_TEST(other.room() == held_share::least);
    auto moved = std::move(other);
    moved.set(3);
    BOOST_TEST(all->count == 123u);
    BOOST_TEST(all->holders == 2u);
  }
  BOOST_TEST(all->count == 120u);
  one = held_share{};
  BOOST_TEST(all->count == 0u);
  BOOST_TEST(all->holders == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
