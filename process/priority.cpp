#include "process/priority.hpp"

#include <sys/resource.h>
#include <unistd.h>

namespace troupe {

void stand_back(int steps) {
  // Linux has a nice value for each thread (setpriority(2), "C library/kernel differences").
  const auto thread = static_cast<id_t>(::gettid());
  ::setpriority(PRIO_PROCESS, thread, ::getpriority(PRIO_PROCESS, thread) + steps);
}

} // namespace troupe
