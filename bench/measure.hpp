#pragma once
/// What every bench of a server prints and watches.

#include "tests/support/server_process.hpp"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <thread>

namespace troupe::bench {

/// A line of the table.
inline void print(const char* workload, const char* metric, double value, const char* unit) {
  std::printf("%-9s %-52s %14.1f %s\n", workload, metric, value, unit);
  std::fflush(stdout);
}

/// Samples the memory of a server and its children until it ends.
class memory_watch {
public:
  explicit memory_watch(const test::server_process& s)
      : thread_([this, &s](const std::stop_token& stop) {
        while (!stop.stop_requested()) {
          most_ = std::max<uint64_t>(most_, s.memory_kib());
          std::this_thread::sleep_for(std::chrono::milliseconds(50));
        }
      }) {}
  double most_mib() const { return double(most_) / 1024; }

private:
  std::atomic<uint64_t> most_ = 0;
  std::jthread thread_;
};

} // namespace troupe::bench
