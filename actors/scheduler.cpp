#include "actors/scheduler.hpp"

#include "actors/quiet_clock.hpp"
#include "process/scheduling.hpp"

#include <pthread.h>

#include <caf/policy/unprofiled.hpp>
#include <caf/scheduler/coordinator.hpp>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

namespace troupe {
namespace {

/// A policy as caf::scheduler::coordinator wants it.
class sharing : public caf::policy::unprofiled {
public:
  struct coordinator_data {
    explicit coordinator_data(caf::scheduler::abstract_coordinator* of)
        : steps(static_cast<int>(caf::get_or(of->system().config(), "scheduler.stand-back", int64_t{0}))) {}
    const int steps;
    std::deque<caf::resumable*> queue;
    std::mutex lock;
    std::condition_variable cv;
    size_t asleep = 0;
  };
  struct worker_data {
    explicit worker_data(caf::scheduler::abstract_coordinator*) {}
    bool begun = false;
  };

  template <class Coordinator>
  void central_enqueue(Coordinator* self, caf::resumable* job) {
    enqueue(d(self), job, 0);
  }
  template <class Worker>
  void external_enqueue(Worker* self, caf::resumable* job) {
    enqueue(d(self->parent()), job, 0);
  }
  template <class Worker>
  void internal_enqueue(Worker* self, caf::resumable* job) {
    enqueue(d(self->parent()), job, 1);
  }
  template <class Worker>
  void resume_job_later(Worker* self, caf::resumable* job) {
    enqueue(d(self->parent()), job, 1);
  }

  template <class Worker>
  caf::resumable* dequeue(Worker* self) {
    auto& all = d(self->parent());
    if (!std::exchange(d(self).begun, true)) {
      pthread_setname_np(pthread_self(), "actors");
      stand_back(all.steps);
    }
    std::unique_lock guard(all.lock);
    while (all.queue.empty()) {
      ++all.asleep;
      all.cv.wait(guard);
      --all.asleep;
    }
    auto* job = all.queue.front();
    all.queue.pop_front();
    return job;
  }

  template <class Worker, class Function>
  void foreach_resumable(Worker*, Function) {}
  template <class Coordinator, class Function>
  void foreach_central_resumable(Coordinator* self, Function f) {
    auto& all = d(self);
    // What is let go of may have something to say, which is queued as well.
    for (std::deque<caf::resumable*> left;; left.clear()) {
      {
        const std::unique_lock guard(all.lock);
        left.swap(all.queue);
      }
      if (left.empty()) return;
      for (auto* job : left)
        f(job);
    }
  }

private:
  /// `may_wait`: so many jobs have a thread that comes for them soon.
  static void enqueue(coordinator_data& all, caf::resumable* job, size_t may_wait) {
    bool wakes = false;
    {
      const std::unique_lock guard(all.lock);
      all.queue.push_back(job);
      wakes = all.asleep > 0 && all.queue.size() > may_wait;
    }
    // Who is woken may take this core at once: not to wait for the lock.
    if (wakes) all.cv.notify_one();
  }
};

class coordinator final : public caf::scheduler::coordinator<sharing> {
public:
  using super = caf::scheduler::coordinator<sharing>;
  using super::super;

  /// CAF's own is started as well; nobody tells it anything.
  quiet_clock& clock() noexcept override { return clock_; }

protected:
  void start() override {
    super::start();
    timer_ = std::thread([this] {
      pthread_setname_np(pthread_self(), "timer");
      system().thread_started();
      clock_.run();
      system().thread_terminates();
    });
  }
  void stop() override {
    super::stop();
    clock_.stop();
    timer_.join();
  }

private:
  quiet_clock clock_;
  std::thread timer_;
};

} // namespace

void use_sharing_scheduler(caf::actor_system_config& config) {
  config.module_factories.push_back(
      [](caf::actor_system& sys) -> caf::actor_system::module* { return new coordinator(sys); });
}

} // namespace troupe
