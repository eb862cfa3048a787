#pragma once
/// External programs that read one document and write one answer: started without a shell, limited, killed
/// with all that they started.

#include "model/error.hpp"
#include "model/time.hpp"
#include "parse/document_file.hpp"

#include <atomic>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

struct tool_limits {
  uint64_t memory_bytes = 1u << 30;
  uint64_t output_bytes = 256u << 20;
  milliseconds wall{60'000};
  milliseconds cpu{60'000};
};

/// One run of a program. `run` on one thread; `stop` from any.
class tool {
public:
  /// `arguments[0]` is looked up in PATH. `launcher` is this program, which limits itself before it becomes
  /// the tool (see cli's `tool-child`); empty: the tool is started as it is.
  tool(std::vector<std::string> arguments, std::string launcher, const tool_limits& limits);
  tool(const tool&) = delete;

  /// Gives it the file behind `document`, from its start, and waits for what it writes. Fails with
  /// `parse_timeout`, `parse_memory`, `parse_crashed` (a signal), `too_large` (more than it may write),
  /// `no_converter` (it is not installed), `parse_failed` (it exited with an error; the text is the end of
  /// what it complained), or `cancelled` after `stop`.
  result<std::string> run(const document_file& document);
  void stop();

private:
  class process;
  failure how_it_ended(int status, const std::string& complaint) const;

  std::vector<std::string> arguments_;
  std::string launcher_;
  tool_limits limits_;
  std::atomic<int> group_{0};
  std::atomic<bool> stopped_{false};
};

/// The exit codes of a launcher that could not become its tool.
constexpr int tool_not_found = 127;
constexpr int tool_not_confined = 126;

} // namespace troupe
