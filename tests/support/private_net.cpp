#include "tests/support/private_net.hpp"

#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <sched.h>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace troupe::test {
namespace {

void run(const std::string& command) {
  if (std::system(("{ " + command + "; } >/dev/null 2>&1").c_str()) != 0)
    throw std::runtime_error("failed: " + command);
}

void write_file(const std::string& path, const std::string& text) {
  std::ofstream{path} << text;
}

} // namespace

void enter_private_net() {
  const auto user = geteuid();
  const auto group = getegid();
  const bool own_right = unshare(CLONE_NEWNET) == 0;
  if (!own_right && unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
    throw std::runtime_error("this machine gives no network namespaces");
  if (!own_right) {
    write_file("/proc/self/setgroups", "deny");
    write_file("/proc/self/uid_map", "0 " + std::to_string(user) + " 1");
    write_file("/proc/self/gid_map", "0 " + std::to_string(group) + " 1");
  }
  run("ip link set lo up");
  run("ip link add bridge0 type bridge");
  run(std::string("ip addr add ") + own_address + "/24 dev bridge0");
  run("ip link set bridge0 up");
}

net_host::net_host(unsigned number)
    : number_(number) {
  int ready[2];
  if (pipe2(ready, O_CLOEXEC) != 0) throw std::runtime_error("pipe");
  holder_ = fork();
  if (holder_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const char ok = unshare(CLONE_NEWNET) == 0 ? 'y' : 'n';
    [[maybe_unused]] const auto told = write(ready[1], &ok, 1);
    for (;;)
      pause();
  }
  char ok = 'n';
  const bool told = read(ready[0], &ok, 1) == 1 && ok == 'y';
  close(ready[0]);
  close(ready[1]);
  if (!told) throw std::runtime_error("no namespace for a host");
  const auto inside = "nsenter -t " + std::to_string(holder_) + " -n ip ";
  run("ip link add " + link() + " type veth peer name eth0 netns " + std::to_string(holder_));
  run("ip link set " + link() + " master bridge0 up");
  run(inside + "link set lo up");
  run(inside + "addr add " + address() + "/24 dev eth0");
  run(inside + "link set eth0 up");
}

net_host::~net_host() {
  kill(holder_, SIGKILL);
  waitpid(holder_, nullptr, 0);
  // A namespace takes its time to vanish; whoever comes next may want the name.
  run("ip link del " + link() + " || true");
}

void net_host::cut() {
  run("ip link set " + link() + " nomaster");
}
void net_host::heal() {
  run("ip link set " + link() + " master bridge0");
}

pid_t net_host::spawn(const std::vector<std::string>& arguments, const std::string& log,
                      const std::vector<std::string>& environment) const {
  std::vector<char*> argv;
  for (const auto& a : arguments)
    argv.push_back(const_cast<char*>(a.c_str()));
  argv.push_back(nullptr);
  const auto space = "/proc/" + std::to_string(holder_) + "/ns/net";
  const pid_t pid = fork();
  if (pid != 0) return pid;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int net = open(space.c_str(), O_RDONLY | O_CLOEXEC);
  if (net < 0 || setns(net, CLONE_NEWNET) != 0) _exit(126);
  const int out = open(log.c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
  dup2(out, STDOUT_FILENO);
  dup2(out, STDERR_FILENO);
  for (const auto& e : environment)
    putenv(const_cast<char*>(e.c_str()));
  execv(argv[0], argv.data());
  _exit(127);
}

} // namespace troupe::test
