#include "parse/tool.hpp"

#include "parse/spawn.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstring>

namespace troupe {
namespace {

using clock = std::chrono::steady_clock;
constexpr size_t read_block = 256 * 1024;
constexpr size_t longest_complaint = 2'000;

/// A descriptor that closes itself.
struct descriptor {
  int fd = -1;
  descriptor() = default;
  explicit descriptor(int f)
      : fd(f) {}
  descriptor(const descriptor&) = delete;
  ~descriptor() { close(); }
  void close() {
    if (fd >= 0) ::close(fd);
    fd = -1;
  }
};

bool make_pipe(descriptor& read_end, descriptor& write_end) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return false;
  read_end.fd = ends[0];
  write_end.fd = ends[1];
  fcntl(read_end.fd, F_SETFL, O_NONBLOCK);
  return true;
}

/// Appends what can be read now; false at the end.
bool drain(int fd, std::string& to) {
  char block[read_block];
  for (;;) {
    const auto n = ::read(fd, block, sizeof block);
    if (n < 0) return errno == EAGAIN || errno == EINTR;
    if (n == 0) return false;
    to.append(block, static_cast<size_t>(n));
    if (static_cast<size_t>(n) < sizeof block) return true;
  }
}

} // namespace

/// The running program; ended with its group when this goes.
class tool::process {
public:
  explicit process(std::atomic<int>& group)
      : group_(group) {}
  ~process() { end(); }
  process(const process&) = delete;

  bool start(const std::vector<std::string>& arguments, int in, int out, int err) {
    if (spawn(arguments, {{in, 0}, {out, 1}, {err, 2}}, pid_) != 0) pid_ = -1;
    group_ = std::max(pid_, 0);
    return pid_ > 0;
  }

  /// Kills what is left of the group; the status of the program itself.
  int end() {
    if (pid_ < 0) return 0;
    group_ = 0;
    return end_group(std::exchange(pid_, -1));
  }
  /// Waits for the program to end by itself, which its closed output announces.
  int wait(clock::time_point until) {
    siginfo_t state{};
    while (clock::now() < until &&
           waitid(P_PID, static_cast<id_t>(pid_), &state, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           state.si_pid == 0)
      poll(nullptr, 0, 1);
    return end();
  }

private:
  std::atomic<int>& group_;
  pid_t pid_ = -1;
};

tool::tool(std::vector<std::string> arguments, std::string launcher, const tool_limits& limits)
    : arguments_(std::move(arguments))
    , launcher_(std::move(launcher))
    , limits_(limits) {
  if (launcher_.empty()) return;
  const std::vector<std::string> before{launcher_, "tool-child", std::to_string(limits.memory_bytes),
                                        std::to_string((limits.cpu.count() + 999) / 1000)};
  arguments_.insert(arguments_.begin(), before.begin(), before.end());
}

void tool::stop() {
  stopped_ = true;
  if (const int group = group_; group > 0) ::kill(-group, SIGKILL);
}

result<std::string> tool::run(const document_file& file) {
  const descriptor document{file.reopened()};
  descriptor out_read, out_write, err_read, err_write;
  if (document.fd < 0 || !make_pipe(out_read, out_write) || !make_pipe(err_read, err_write))
    return fail(errc::overloaded, std::strerror(errno));
  process running{group_};
  if (!running.start(arguments_, document.fd, out_write.fd, err_write.fd))
    return fail(errc::no_converter, arguments_[0] + " cannot be started");
  out_write.close();
  err_write.close();
  const auto until = clock::now() + limits_.wall;
  std::string output, complaint;
  for (bool out = true, err = true; out;) {
    const auto left = std::chrono::duration_cast<milliseconds>(until - clock::now()).count();
    if (stopped_) return fail(errc::cancelled);
    if (left <= 0) return fail(errc::parse_timeout, arguments_.back() + " needs longer than allowed");
    pollfd fds[2] = {{out_read.fd, POLLIN, 0}, {err ? err_read.fd : -1, POLLIN, 0}};
    if (poll(fds, 2, static_cast<int>(std::min<int64_t>(left, 200))) <= 0) continue;
    if (fds[0].revents) out = drain(out_read.fd, output);
    if (fds[1].revents) err = drain(err_read.fd, complaint);
    if (complaint.size() > longest_complaint) complaint.erase(0, complaint.size() - longest_complaint);
    if (output.size() > limits_.output_bytes)
      return fail(errc::too_large, "the program writes more than allowed");
  }
  drain(err_read.fd, complaint);
  const int status = running.wait(until);
  if (stopped_) return fail(errc::cancelled);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return output;
  return how_it_ended(status, complaint);
}

failure tool::how_it_ended(int status, const std::string& complaint) const {
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU) return fail(errc::parse_timeout);
  if (WIFSIGNALED(status))
    return fail(errc::parse_crashed, std::string("the program was ended by ") + strsignal(WTERMSIG(status)));
  if (WEXITSTATUS(status) == tool_not_confined)
    return fail(errc::internal_error, "the program cannot be confined");
  if (WEXITSTATUS(status) == tool_not_found) return fail(errc::no_converter, "the program is not installed");
  return fail(errc::parse_failed, complaint.empty()
                                      ? "the program exited with " + std::to_string(WEXITSTATUS(status))
                                      : complaint);
}

} // namespace troupe
