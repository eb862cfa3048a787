#include "process/scheduling.hpp"

#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>

namespace troupe {
namespace {

constexpr int background_niceness = 10;
constexpr uint64_t short_slice_ns = 100'000;

/// As sched_setattr(2) takes it; the header that has it cannot stand beside <sched.h>.
struct slice_wish {
  uint32_t size = sizeof(slice_wish);
  uint32_t policy = SCHED_OTHER;
  uint64_t flags = 0;
  int32_t nice = 0;
  uint32_t priority = 0;
  uint64_t runtime = short_slice_ns;
  uint64_t deadline = 0;
  uint64_t period = 0;
};
static_assert(sizeof(slice_wish) == 48);

} // namespace

void schedule_promptly() {
  const slice_wish wish;
  ::syscall(SYS_sched_setattr, 0, &wish, 0);
}

void schedule_in_background() {
  const sched_param none{};
  ::sched_setscheduler(0, SCHED_BATCH, &none);
  ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), background_niceness);
}

void stand_back(int steps) {
  // A thread has a nice value of its own (setpriority(2), "C library/kernel differences"); the first thread
  // has the process's.
  const int first = ::getpriority(PRIO_PROCESS, static_cast<id_t>(::getpid()));
  ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), first + steps);
}

} // namespace troupe
