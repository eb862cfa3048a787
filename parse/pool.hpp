#pragma once
/// A pool of parser processes, fed by one thread of its own.

#include "config/settings.hpp"
#include "model/work.hpp"

#include <functional>
#include <memory>

namespace troupe {

/// Called once per order, on the pool's thread; must not block.
using parse_done = std::function<void(result<document>)>;

class parser_pool {
public:
  struct counters {
    uint64_t started = 0;
    uint64_t killed = 0;
    uint64_t documents = 0;
  };

  /// Starts the processes ahead of work. `program` is started as `program parser-child MEMORY CPU` with the
  /// socket as descriptor 3; by default this very program.
  explicit parser_pool(const settings& s, std::string program = "/proc/self/exe");
  /// Kills the processes; orders not done are answered `cancelled`.
  ~parser_pool();

  /// Answers `parse_timeout`, `parse_crashed` or `parse_memory` when the document ends its process,
  /// `overloaded` when more orders wait than work.window and
  /// fetch.max_transfers let through, `deadline_exceeded` past the order's budget; else what the
  /// parser said. Any thread.
  void submit(parse_order order, parse_done done);
  /// Gives an order up; its process is killed if it has begun. Any thread.
  void cancel(item_id item, attempt_token token);
  counters count() const;

private:
  class loop;
  std::unique_ptr<loop> loop_;
};

} // namespace troupe
