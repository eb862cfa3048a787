#pragma once
/// The programs of one piece of work on media, one after the other: together within one deadline, in one
/// folder, stopped together.

#include "config/settings.hpp"
#include "process/tool.hpp"

#include <chrono>
#include <functional>
#include <mutex>

namespace troupe::media {

/// How far the work is, 0 to 100; called on the thread that works.
using progress = std::function<void(unsigned)>;

class programs {
public:
  /// Makes `folder`, and removes it with all that is in it at the end. `launcher` as in `tool_plan`.
  programs(const settings& s, std::string folder, std::string launcher, milliseconds budget, progress tell);
  ~programs();
  programs(const programs&) = delete;

  const settings& options() const { return options_; }
  const std::string& folder() const { return folder_; }
  void tell(unsigned percent) const;

  /// A plan with the limits that all of them have, reaching nothing but its input.
  tool_plan plan(std::vector<std::string> arguments) const;
  /// As `tool::run`; `cancelled` after `stop`, `parse_timeout` past the deadline.
  result<std::string> run(tool_plan plan, const document_file* input);
  /// Any thread.
  void stop();

private:
  std::chrono::steady_clock::duration left() const;

  const settings& options_;
  std::string folder_;
  std::string launcher_;
  std::chrono::steady_clock::time_point deadline_;
  progress tell_;
  std::mutex mutex_;
  tool* running_ = nullptr;
  bool stopped_ = false;
};

/// The percentage that a line of progress tells, as `[download]  42.0% of 3MiB`.
std::optional<unsigned> percent_in(std::string_view line);

} // namespace troupe::media
