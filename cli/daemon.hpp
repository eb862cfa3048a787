#pragma once
/// What the commands that stay have in common: signals, limits, an end that comes.

#include "model/time.hpp"

#include <csignal>
#include <functional>

namespace troupe::cli {

/// Sets the process up for long: as many descriptors as it may have, files that are nobody else's to read.
/// Before any thread is started.
void become_daemon();

/// Blocks the signals that a daemon heeds, in all threads started from here on; `wait` takes them.
class signals_heeded {
public:
  signals_heeded();
  /// Waits for one to end; SIGHUP calls `reload` meanwhile.
  int wait_for_end(const std::function<void()>& reload) const;

private:
  sigset_t set_;
};

/// What `drain` of a node is set to: the process ends as of SIGTERM.
void end_this_process();
/// What a node's failure is set to: the process ends, and `wait_for_end` tells SIGUSR1.
void fail_this_process();

/// Ends the process should an orderly end take longer than `drain` and some: nothing durable is lost by that.
void start_watchdog(milliseconds drain);

} // namespace troupe::cli
