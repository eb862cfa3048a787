#include "process/tool.hpp"

#include "process/namespaces.hpp"
#include "process/spawn.hpp"
#include "process/tool_child.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
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
constexpr milliseconds longest_handover{10'000};

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

  bool start(const std::vector<std::string>& arguments, const std::vector<std::pair<int, int>>& descriptors) {
    if (spawn(arguments, descriptors, pid_) != 0) pid_ = -1;
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

/// What passes between the tool and its caller.
class tool::streams {
public:
  explicit streams(const std::function<void(std::string_view)>& on_line)
      : on_line_(on_line) {}

  bool open(const document_file* document, bool handover) {
    in_.fd = document ? document->reopened() : ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (handover) {
      int ends[2];
      if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return false;
      handover_.fd = ends[0];
      // As descriptor 3 already, dup2 would leave it closed on exec.
      child_handover_.fd = fcntl(ends[1], F_DUPFD_CLOEXEC, 10);
      ::close(ends[1]);
    }
    return in_.fd >= 0 && make_pipe(out_read_, out_write_) && make_pipe(err_read_, err_write_);
  }
  std::vector<std::pair<int, int>> of_child() const {
    std::vector<std::pair<int, int>> out{{in_.fd, 0}, {out_write_.fd, 1}, {err_write_.fd, 2}};
    if (child_handover_.fd >= 0) out.emplace_back(child_handover_.fd, tool_handover);
    return out;
  }
  void started() {
    for (auto* d : {&in_, &out_write_, &err_write_, &child_handover_})
      d->close();
  }

  /// The socket that the tool will connect to; -1: it ended before, or took too long.
  int listener(clock::time_point until) {
    const auto left = std::chrono::duration_cast<milliseconds>(until - clock::now());
    pollfd fd{handover_.fd, POLLIN, 0};
    const auto wait = std::clamp(left, milliseconds{0}, longest_handover);
    const int got = poll(&fd, 1, static_cast<int>(wait.count())) > 0 ? receive_listener(handover_.fd) : -1;
    handover_.close();
    return got;
  }

  /// Reads what is there, waiting at most so long; false once the output has ended.
  bool read(milliseconds at_most) {
    pollfd fds[2] = {{out_read_.fd, POLLIN, 0}, {err_open_ ? err_read_.fd : -1, POLLIN, 0}};
    if (poll(fds, 2, static_cast<int>(at_most.count())) <= 0) return true;
    if (fds[1].revents) read_complaint();
    return !fds[0].revents || drain(out_read_.fd, output);
  }
  void read_complaint() {
    std::string heard;
    err_open_ = drain(err_read_.fd, heard);
    for (const char c : heard)
      hear(c);
    complaint += heard;
    if (complaint.size() > longest_complaint) complaint.erase(0, complaint.size() - longest_complaint);
  }

  std::string output;
  std::string complaint;

private:
  void hear(char c) {
    if (c != '\n' && c != '\r') {
      if (line_.size() < longest_complaint) line_ += c;
      return;
    }
    if (on_line_ && !line_.empty()) on_line_(line_);
    line_.clear();
  }

  const std::function<void(std::string_view)>& on_line_;
  descriptor in_, out_read_, out_write_, err_read_, err_write_, handover_, child_handover_;
  bool err_open_ = true;
  std::string line_;
};

tool::tool(tool_plan plan)
    : plan_(std::move(plan))
    , name_(plan_.arguments[0]) {
  if (plan_.launcher.empty()) return;
  const std::vector<std::string> before{plan_.launcher, "tool-child",
                                        launch_order(plan_.limits, plan_.reach)};
  plan_.arguments.insert(plan_.arguments.begin(), before.begin(), before.end());
}

void tool::stop() {
  stopped_ = true;
  if (const int group = group_; group > 0) ::kill(-group, SIGKILL);
}

failure tool::gather(streams& from, clock::time_point until) {
  for (bool open = true; open;) {
    const auto left = std::chrono::duration_cast<milliseconds>(until - clock::now());
    if (stopped_) return fail(errc::cancelled);
    if (left.count() <= 0) return fail(errc::parse_timeout, "the program needs longer than allowed");
    open = from.read(std::min(left, milliseconds{200}));
    if (from.output.size() > plan_.limits.output_bytes)
      return fail(errc::too_large, "the program writes more than allowed");
  }
  from.read_complaint();
  return fail(errc::none);
}

result<std::string> tool::run(const document_file* document) {
  const bool handover = plan_.reach.network == tool_reach::net::proxy;
  streams with{plan_.on_line};
  if (!with.open(document, handover)) return fail(errc::overloaded, std::strerror(errno));
  process running{group_};
  if (!running.start(plan_.arguments, with.of_child()))
    return fail(errc::no_converter, plan_.arguments[0] + " cannot be started");
  with.started();
  const auto until = clock::now() + plan_.limits.wall;
  if (handover)
    if (const int listener = with.listener(until); listener >= 0) plan_.on_listener(listener);
  if (auto f = gather(with, until); f.code != errc::none) return f;
  const int status = running.wait(until);
  if (stopped_) return fail(errc::cancelled);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return std::move(with.output);
  return how_it_ended(status, with.complaint);
}

failure tool::how_it_ended(int status, const std::string& complaint) const {
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU) return fail(errc::parse_timeout);
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXFSZ)
    return fail(errc::too_large, "the program writes a larger file than allowed");
  if (WIFSIGNALED(status))
    return fail(errc::parse_crashed, std::string("the program was ended by ") + strsignal(WTERMSIG(status)));
  if (WEXITSTATUS(status) == tool_not_confined)
    return fail(errc::internal_error, "the program cannot be confined: " + complaint);
  if (WEXITSTATUS(status) == tool_not_found) return fail(errc::no_converter, name_ + " is not installed");
  return fail(errc::parse_failed, complaint.empty()
                                      ? "the program exited with " + std::to_string(WEXITSTATUS(status))
                                      : complaint);
}

} // namespace troupe
