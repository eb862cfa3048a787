#include "tests/support/terminal_process.hpp"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <utility>

#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace troupe::test {
namespace {

constexpr std::chrono::seconds patience{30};

[[noreturn]] void execute(const std::vector<std::string>& arguments,
                          const std::vector<std::string>& environment) {
  for (const auto* name : {"TROUPE_SERVER", "TROUPE_KEY", "TROUPE_CA", "NO_COLOR", "LC_ALL", "LC_CTYPE"})
    unsetenv(name);
  setenv("LANG", "C.UTF-8", 1);
  setenv("TERM", "xterm", 1);
  for (const auto& e : environment)
    putenv(const_cast<char*>(e.c_str()));
  std::vector<char*> argv{const_cast<char*>(TROUPE_BINARY)};
  for (const auto& a : arguments)
    argv.push_back(const_cast<char*>(a.c_str()));
  argv.push_back(nullptr);
  execv(argv[0], argv.data());
  _exit(127);
}

std::string take_file(std::FILE* f) {
  std::string out;
  std::rewind(f);
  char block[4'096];
  while (const auto n = std::fread(block, 1, sizeof block, f))
    out.append(block, n);
  std::fclose(f);
  return out;
}

int exit_code(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

} // namespace

ran run_command(const std::vector<std::string>& arguments, const std::vector<std::string>& environment,
                const std::string& input) {
  auto* in = std::tmpfile();
  auto* out = std::tmpfile();
  auto* err = std::tmpfile();
  std::fwrite(input.data(), 1, input.size(), in);
  std::rewind(in);
  const pid_t pid = fork();
  if (pid == 0) {
    dup2(fileno(in), 0);
    dup2(fileno(out), 1);
    dup2(fileno(err), 2);
    execute(arguments, environment);
  }
  int status = 0;
  waitpid(pid, &status, 0);
  std::fclose(in);
  return {exit_code(status), take_file(out), take_file(err)};
}

terminal_process::terminal_process(const std::vector<std::string>& arguments, unsigned columns,
                                   const std::vector<std::string>& environment) {
  winsize size{.ws_row = 24, .ws_col = static_cast<unsigned short>(columns), .ws_xpixel = 0, .ws_ypixel = 0};
  pid_ = forkpty(&terminal_, nullptr, nullptr, &size);
  if (pid_ < 0) throw std::runtime_error("forkpty");
  if (pid_ == 0) execute(arguments, environment);
}

terminal_process::~terminal_process() {
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  close(terminal_);
}

bool terminal_process::read_some(std::chrono::steady_clock::time_point deadline) {
  const auto left =
      std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
  pollfd p{terminal_, POLLIN, 0};
  if (left.count() <= 0 || poll(&p, 1, static_cast<int>(left.count())) <= 0) return false;
  char block[4'096];
  const auto n = read(terminal_, block, sizeof block);
  if (n <= 0) return false;
  output_.append(block, static_cast<size_t>(n));
  return true;
}

bool terminal_process::read_until(const std::string& text) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (output_.find(text) == output_.npos)
    if (!read_some(deadline)) return false;
  return true;
}

void terminal_process::type(const std::string& text) const {
  if (write(terminal_, text.data(), text.size()) < 0) throw std::runtime_error("the terminal is gone");
}

void terminal_process::resize(unsigned columns) const {
  winsize size{.ws_row = 24, .ws_col = static_cast<unsigned short>(columns), .ws_xpixel = 0, .ws_ypixel = 0};
  ioctl(terminal_, TIOCSWINSZ, &size);
}

int terminal_process::wait() {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (read_some(deadline)) {
  }
  int status = 0;
  if (waitpid(std::exchange(pid_, -1), &status, 0) < 0) return -1;
  return exit_code(status);
}

std::vector<std::string> terminal_process::drawn() const {
  std::vector<std::string> out(1);
  for (size_t i = 0; i < output_.size(); ++i) {
    if (output_[i] == '\r' || output_[i] == '\n') {
      if (!out.back().empty()) out.emplace_back();
    } else if (output_[i] == '\033') {
      // CSI sequences end with a letter (ECMA-48, 5.4).
      while (i < output_.size() &&
             !((output_[i] >= 'A' && output_[i] <= 'Z') || (output_[i] >= 'a' && output_[i] <= 'z')))
        ++i;
    } else {
      out.back() += output_[i];
    }
  }
  return out;
}

} // namespace troupe::test
