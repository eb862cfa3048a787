#pragma once
/// Parts of tests that run in a process of their own, to be killed there. A part is a test case that is
/// disabled; the child is this program again, told to run that one. (A fork alone would not do: the
/// database's background threads do not follow into it.)

#include <sys/types.h>

#include <string>
#include <vector>

namespace troupe::test {

class child {
public:
  /// Runs the test case `name` in a new process, which sees `args`.
  child(const std::string& name, const std::vector<std::string>& args);
  /// Kills it when it still runs.
  ~child();
  child(const child&) = delete;
  child& operator=(const child&) = delete;

  /// The next line that the child reported; false when there are no more.
  bool read(std::string& line);
  /// Kills it as nothing can prevent, and waits for its end.
  void kill();
  /// Waits for its end. Returns its exit code, or minus the signal that ended it.
  int wait();

  // What the child itself calls.
  static std::string argument(size_t index);
  /// Hands a line to the parent, whole, before it returns.
  static void report(const std::string& line);
  /// Ends the process on the spot: nothing is closed, flushed or destroyed.
  [[noreturn]] static void vanish(int code = 0);

private:
  pid_t pid_ = -1;
  int pipe_ = -1;
  std::string rest_;
};

} // namespace troupe::test
