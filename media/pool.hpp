#pragma once
/// Work on media, a few at a time, each on a thread of its own that waits for programs.

#include "media/programs.hpp"
#include "model/spool.hpp"
#include "model/work.hpp"

#include <memory>

namespace troupe {

/// How an order ended; `words.about` says what is known even when it failed.
struct media_outcome {
  failure error{errc::none, {}, 0, std::nullopt};
  transcript words;
};

class media_pool {
public:
  /// Called once per order, on a thread of the pool; must not block.
  using done = std::function<void(media_outcome)>;

  /// `media.concurrent` threads. What programs write goes below `folder`, which is emptied first and at the
  /// end. `launcher` as in `tool_plan`.
  media_pool(const settings& s, std::string folder, spool_factory make_spool,
             std::string launcher = "/proc/self/exe");
  /// Ends all programs; orders not done are answered `cancelled`.
  ~media_pool();

  /// Answers as `media::work_on`, `overloaded` when too many wait, `parse_timeout` past `media.timeout_ms`,
  /// which counts from when the work begins. `tell` hears of each change of the percentage. Any thread.
  void submit(media_order order, media::progress tell, done answer);
  /// Gives an order up; its programs are killed. Any thread.
  void cancel(item_id item, attempt_token token);

private:
  class workers;
  std::unique_ptr<workers> workers_;
};

} // namespace troupe
