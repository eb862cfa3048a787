#include "tests/storage/child.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <stdexcept>

extern char** environ;

namespace troupe::test {
namespace {

constexpr int report_fd = 9;
constexpr auto variable = "TROUPE_TEST_CHILD_ARGS";

std::string joined(const std::vector<std::string>& args) {
  std::string out = variable + std::string{"="};
  for (const auto& a : args)
    out += a + '\n';
  return out;
}

pid_t spawn(const std::string& name, const std::vector<std::string>& args, int report_to) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, report_to, report_fd);
  const auto run = "--run_test=" + name;
  const char* const argv[] = {"child", run.c_str(), "--report_level=no", "--catch_system_errors=no", nullptr};
  const auto variables = joined(args);
  std::vector<const char*> env{variables.c_str()};
  for (char** e = environ; *e; ++e)
    env.push_back(*e);
  env.push_back(nullptr);
  pid_t pid = -1;
  const int failed = ::posix_spawn(&pid, "/proc/self/exe", &actions, nullptr, const_cast<char* const*>(argv),
                                   const_cast<char* const*>(env.data()));
  posix_spawn_file_actions_destroy(&actions);
  if (failed) throw std::runtime_error("cannot start a child");
  return pid;
}

} // namespace

child::child(const std::string& name, const std::vector<std::string>& args) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("cannot make a pipe");
  pipe_ = ends[0];
  pid_ = spawn(name, args, ends[1]);
  ::close(ends[1]);
}

child::~child() {
  kill();
  ::close(pipe_);
}

bool child::read(std::string& line) {
  for (;;) {
    if (const auto end = rest_.find('\n'); end != std::string::npos) {
      line = rest_.substr(0, end);
      rest_.erase(0, end + 1);
      return true;
    }
    char buffer[4096];
    const auto got = ::read(pipe_, buffer, sizeof buffer);
    if (got <= 0) return false;
    rest_.append(buffer, static_cast<size_t>(got));
  }
}

void child::kill() {
  if (pid_ > 0) ::kill(pid_, SIGKILL);
  wait();
}

int child::wait() {
  if (pid_ <= 0) return 0;
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

std::string child::argument(size_t index) {
  const char* all = std::getenv(variable);
  std::string_view rest = all ? all : "";
  for (; index && !rest.empty(); --index)
    rest.remove_prefix(rest.find('\n') + 1);
  return std::string(rest.substr(0, rest.find('\n')));
}

void child::report(const std::string& line) {
  const auto whole = line + '\n';
  // The parent is gone: so is the reason to go on.
  if (::write(report_fd, whole.data(), whole.size()) != static_cast<ssize_t>(whole.size())) vanish(1);
}

void child::vanish(int code) {
  ::_exit(code);
}

} // namespace troupe::test
