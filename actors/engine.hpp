#pragma once
/// A whole node without its front: store, services, actors. It is the gateway of its front.

#include "actors/gateway.hpp"
#include "actors/stand_ins.hpp"
#include "cluster/wire.hpp"
#include "config/settings.hpp"

#include <functional>
#include <memory>

namespace rocksdb {
class FileSystem;
}

namespace troupe {

struct engine_options {
  settings s;
  /// Null: the machine's own. Tests put one here that loses what was not synced.
  std::shared_ptr<rocksdb::FileSystem> file_system;
  /// Started for each parser process.
  std::string parser_program = "/proc/self/exe";
  /// Somebody asks this node to drain; on any thread, must not wait.
  std::function<void()> drain;
  /// What it speaks with other nodes: a test's, else `cluster::wire_version`.
  uint32_t wire = cluster::wire_version;
  stand_ins instead;
};

/// A node's life: `start`, work, `drain`, `close`. A front that uses it is stopped between the last two and
/// destroyed after `close`: callbacks may come until then.
class engine_gateway : public gateway {
public:
  /// Opens the store and starts the actors; work that was open goes on. Fails with a text that says why.
  static result<std::unique_ptr<engine_gateway>> start(engine_options options);
  /// Takes nothing more, finishes items in hand for at most `work.drain_timeout_ms`, and stops the actors;
  /// questions are still answered. Waits for it. Returns false when the node had ended with an error.
  virtual bool drain() = 0;
  /// Ends everything; no callback comes afterwards.
  virtual void close() = 0;
  /// Reads the certificates between nodes again; open streams stay.
  virtual failure reload_certificates() = 0;
  /// Called once, on any thread, when the node ends by itself because it cannot go on.
  virtual void on_failure(std::function<void()> call) = 0;
  /// Waits until open work has been recovered; false when that failed.
  virtual bool wait_ready(milliseconds at_most) = 0;
};

} // namespace troupe
