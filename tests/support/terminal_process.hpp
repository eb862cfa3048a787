#pragma once
/// Commands as people and programs run them: in a pseudo-terminal, or in pipes.

#include <chrono>
#include <string>
#include <sys/types.h>
#include <vector>

namespace troupe::test {

struct ran {
  int code = -1;
  std::string out;
  std::string err;
};

/// Runs `TROUPE_BINARY` with these arguments in pipes, until it ends. `environment` as `NAME=value`.
ran run_command(const std::vector<std::string>& arguments, const std::vector<std::string>& environment = {},
                const std::string& input = {});

/// The same in a terminal of its own; killed if it still runs at the end.
class terminal_process {
public:
  terminal_process(const std::vector<std::string>& arguments, unsigned columns,
                   const std::vector<std::string>& environment = {});
  ~terminal_process();
  terminal_process(const terminal_process&) = delete;

  /// Reads until `text` has come; false when the command ends or half a minute is over before that.
  bool read_until(const std::string& text);
  /// As if typed.
  void type(const std::string& text) const;
  void resize(unsigned columns) const;
  /// Reads to its end; the exit code.
  int wait();
  /// All that came so far, as it was sent.
  const std::string& output() const { return output_; }
  /// What was drawn, each time over the line before: without what moves the cursor.
  std::vector<std::string> drawn() const;

private:
  bool read_some(std::chrono::steady_clock::time_point deadline);
  int terminal_ = -1;
  pid_t pid_ = -1;
  std::string output_;
};

} // namespace troupe::test
