#include "parse/process.hpp"

#include "parse/child.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <utility>

extern char** environ;

namespace troupe {
namespace {

failure how_it_ended(int status) {
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU)
    return fail(errc::parse_timeout, "the document needs more CPU time than parse.cpu_timeout_ms");
  if (WIFSIGNALED(status))
    return fail(errc::parse_crashed,
                std::string("the parser process was ended by ") + strsignal(WTERMSIG(status)));
  return fail(errc::parse_crashed, "the parser process exited with " + std::to_string(WEXITSTATUS(status)));
}

} // namespace

result<parser_process> parser_process::start(const std::vector<std::string>& arguments) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    return fail(errc::parse_failed, std::strerror(errno));
  std::vector<char*> argv;
  for (const auto& a : arguments)
    argv.push_back(const_cast<char*>(a.c_str()));
  argv.push_back(nullptr);

  // The child's end may itself be descriptor 3, which dup2 would leave closed on exec.
  const int child_end = fcntl(ends[1], F_DUPFD_CLOEXEC, 10);
  ::close(ends[1]);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, child_end, parser_socket);
  // Whatever else is open here is no business of a process that reads what strangers wrote.
  posix_spawn_file_actions_addclosefrom_np(&actions, parser_socket + 1);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  // A group of its own: a terminal's Ctrl-C is the server's to handle, and killing takes descendants along.
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
  posix_spawnattr_setpgroup(&attributes, 0);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  pid_t pid = -1;
  const int error = posix_spawn(&pid, argv[0], &actions, &attributes, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  ::close(child_end);
  if (error != 0) {
    ::close(ends[0]);
    return fail(errc::parse_failed, std::strerror(error));
  }
  fcntl(ends[0], F_SETFL, O_NONBLOCK);
  return parser_process{pid, ends[0]};
}

parser_process::parser_process(parser_process&& other) noexcept
    : pid_(std::exchange(other.pid_, -1))
    , socket_(std::exchange(other.socket_, -1)) {}

parser_process& parser_process::operator=(parser_process&& other) noexcept {
  std::swap(pid_, other.pid_);
  std::swap(socket_, other.socket_);
  return *this;
}

parser_process::~parser_process() {
  end();
}

failure parser_process::end() {
  if (pid_ < 0) return fail(errc::parse_crashed);
  // Dead or not: a process that has ended by itself keeps its status, the signal comes too late for it.
  siginfo_t state{};
  waitid(P_PID, static_cast<id_t>(pid_), &state, WEXITED | WNOHANG | WNOWAIT);
  ::kill(-pid_, SIGKILL);
  ::kill(pid_, SIGKILL);
  int status = 0;
  waitpid(pid_, &status, 0);
  ::close(socket_);
  pid_ = socket_ = -1;
  return how_it_ended(status);
}

} // namespace troupe
