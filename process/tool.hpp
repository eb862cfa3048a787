#pragma once
/// External programs: started without a shell, limited, confined, killed with all that they started.

#include "model/error.hpp"
#include "model/time.hpp"
#include "process/document_file.hpp"

#include <atomic>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

struct tool_limits {
  uint64_t memory_bytes = 1u << 30;
  /// What it may write to its standard output.
  uint64_t output_bytes = 256u << 20;
  milliseconds wall{60'000};
  milliseconds cpu{60'000};
  /// The largest file that it may leave in its folder.
  uint64_t file_bytes = 0;
};

/// What a program can reach beside the descriptors that it is handed.
struct tool_reach {
  enum class net : uint8_t {
    none,
    /// One address: whatever listens on `tool_proxy_port` of a loopback that is its own.
    proxy,
    any,
  };
  /// A folder to write in, and its working directory; empty: it writes no file.
  std::string folder;
  /// What it reads beside the system's own folders.
  std::vector<std::string> reads;
  net network = net::none;
  /// It may start processes of its own.
  bool processes = false;
  /// The operator's own program: it reads every file and sees the server's environment.
  bool trusted = false;
};

constexpr uint16_t tool_proxy_port = 3128;

struct tool_plan {
  /// `arguments[0]` is looked up in PATH.
  std::vector<std::string> arguments;
  /// This program, which confines itself before it becomes the tool (tool_child.hpp); empty: the tool is
  /// started as it is, unconfined.
  std::string launcher = "/proc/self/exe";
  tool_limits limits;
  tool_reach reach;
  /// Called with each line of its standard error, on the thread of `run`.
  std::function<void(std::string_view)> on_line;
  /// Of `net::proxy`: takes over the socket that listens for the program's connections, on the thread of
  /// `run`.
  std::function<void(int)> on_listener;
};

/// One run of a program. `run` on one thread; `stop` from any.
class tool {
public:
  explicit tool(tool_plan plan);
  tool(const tool&) = delete;

  /// Gives it the file behind `document` (null: nothing) as its standard input, from its start, and waits for
  /// what it writes. Fails with `parse_timeout`, `parse_memory`, `parse_crashed` (a signal), `too_large`
  /// (more than it may write), `no_converter` (it is not installed), `parse_failed` (it exited with an error;
  /// the text is the end of what it complained), `internal_error` (it cannot be confined), or `cancelled`
  /// after `stop`.
  result<std::string> run(const document_file* document);
  void stop();

private:
  class process;
  class streams;
  failure how_it_ended(int status, const std::string& complaint) const;
  failure gather(streams& from, std::chrono::steady_clock::time_point until);

  tool_plan plan_;
  std::string name_;
  std::atomic<int> group_{0};
  std::atomic<bool> stopped_{false};
};

/// The exit codes of a launcher that could not become its tool.
constexpr int tool_not_found = 127;
constexpr int tool_not_confined = 126;
/// Where a launcher sends the socket of `net::proxy`.
constexpr int tool_handover = 3;

} // namespace troupe
