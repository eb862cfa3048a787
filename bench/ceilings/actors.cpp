/// What CAF alone does with three actors an item: ceiling_actors ITEMS WINDOW [own]. Prints items/s. By CAF's
/// work sharing with the server's threads; `own`: by the server's own scheduler.
///
/// A supervisor has so many items in work at once. Each has three stages one after the other, each an actor
/// that is spawned and monitored, tells the supervisor that it is done, and ends; nothing else is done.
#include "actors/actor_config.hpp"

#include <caf/all.hpp>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <future>

namespace {

constexpr int stages = 3;

struct boss_state {
  int64_t to_begin = 0;
  int64_t left = 0;
  std::unordered_map<caf::actor_addr, int> stage_of;
  std::promise<void>* done = nullptr;
};
using boss_pointer = caf::stateful_actor<boss_state>*;

caf::behavior stage(caf::event_based_actor* self, const caf::actor& boss, int number) {
  self->send(self, caf::atom("start"));
  return {[=](caf::atom_value) {
    self->send(boss, number);
    self->quit();
  }};
}

void begin(boss_pointer self, int number) {
  self->spawn<caf::monitored>(stage, caf::actor_cast<caf::actor>(self), number);
}

caf::behavior boss(boss_pointer self, int64_t items, int64_t window, std::promise<void>* done) {
  self->state.left = items;
  self->state.to_begin = items - window;
  self->state.done = done;
  self->set_down_handler([](const caf::down_msg&) {});
  for (int64_t i = 0; i < window; ++i)
    begin(self, 1);
  return {[self](int number) {
    auto& s = self->state;
    if (number < stages) return begin(self, number + 1);
    if (s.to_begin-- > 0) begin(self, 1);
    if (--s.left > 0) return;
    s.done->set_value();
    self->quit();
  }};
}

} // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const auto items = std::atoll(argv[1]);
  const auto window = std::atoll(argv[2]);
  troupe::actor_config config{troupe::settings{}};
  if (argc < 4) {
    config.module_factories.clear();
    config.set("scheduler.policy", caf::atom("sharing"));
  }
  caf::actor_system sys{config};
  std::promise<void> done;
  const auto start = std::chrono::steady_clock::now();
  sys.spawn(boss, int64_t{items}, int64_t{window}, &done);
  done.get_future().wait();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  std::printf("%.0f\n", static_cast<double>(items) / took.count());
}
