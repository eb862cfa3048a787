#pragma once
/// A node that does the work of others and keeps nothing: services, and the peer that runs stages with them.

#include "actors/engine.hpp"

namespace troupe {

/// A worker's life: `start`, work, `drain`.
class worker_node {
public:
  /// Starts the services and begins to join `cluster.join`. Fails with a text that says why.
  static result<std::unique_ptr<worker_node>> start(engine_options options);
  virtual ~worker_node() = default;
  /// Some node that serves has been joined.
  virtual bool joined() const = 0;
  /// Takes nothing more and waits until what is in hand is done, at most `work.drain_timeout_ms`. Then all
  /// ends.
  virtual void drain() = 0;
  virtual failure reload_certificates() = 0;
  /// Called once, on any thread, when a service died: nothing can go on.
  virtual void on_failure(std::function<void()> call) = 0;
};

} // namespace troupe
