#pragma once
/// What parsers wish for beside their own reading: documents as other programs write them.

#include "config/settings.hpp"
#include "model/content.hpp"
#include "parse/parser.hpp"
#include "process/tool.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace troupe {

/// Runs each program on a thread of its own. Called by one thread, that of the pool.
class conversions {
public:
  /// One that runs or has run, known by its object.
  using running = std::shared_ptr<tool>;
  struct outcome {
    running of;
    result<std::string> written;
  };

  /// `launcher`: see tool_plan. `wake` is called on a conversion's thread when there is something to take; it
  /// must not block.
  conversions(const settings& s, std::string launcher, std::function<void()> wake);

  /// Begins to convert a document, for `at_most`; `tool::stop` ends it before. Fails with `no_converter` when
  /// the settings name none, `storage_error` and `overloaded` when the document cannot be opened.
  result<running> start(conversion what, const content_ref& body, milliseconds at_most);
  /// Those that have ended since it was last called.
  std::vector<outcome> take();
  /// Waits for those that run, which `tool::stop` hastens. After it, `wake` is not called.
  void join();

private:
  struct worker {
    std::shared_ptr<std::atomic<bool>> done;
    std::jthread thread;
  };
  std::vector<std::string> command_of(conversion what) const;
  void run(const running& by, const document_file& file);

  decltype(settings::parse) options_;
  std::string launcher_;
  std::function<void()> wake_;
  std::mutex mutex_;
  std::vector<outcome> ended_;
  /// Ends before what its threads use.
  std::vector<worker> workers_;
};

} // namespace troupe
