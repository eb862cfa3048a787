#include "process/namespaces.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <string>

namespace troupe {
namespace {

constexpr int backlog = 64;
/// As shells do: the exit code of a process that ended by a signal.
constexpr int signalled = 128;

failure refused(const char* what) {
  return fail(errc::internal_error, std::string(what) + ": " + std::strerror(errno));
}

bool write_file(const char* path, const std::string& text) {
  const int fd = ::open(path, O_WRONLY | O_CLOEXEC);
  const bool ok = fd >= 0 && ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  if (fd >= 0) ::close(fd);
  return ok;
}

/// The same user as outside, and no other: the namespace's rights end at its own network.
bool map_user(uid_t user, gid_t group) {
  const auto same = [](auto id) { return std::to_string(id) + " " + std::to_string(id) + " 1"; };
  return write_file("/proc/self/setgroups", "deny") && write_file("/proc/self/uid_map", same(user)) &&
         write_file("/proc/self/gid_map", same(group));
}

bool leave(int spaces) {
  const auto user = geteuid();
  const auto group = getegid();
  if (unshare(CLONE_NEWUSER | spaces) == 0) return map_user(user, group);
  // Where user namespaces are switched off, root needs none.
  return unshare(spaces) == 0;
}

bool raise_loopback(int socket) {
  ifreq lo{};
  std::strcpy(lo.ifr_name, "lo");
  if (ioctl(socket, SIOCGIFFLAGS, &lo) != 0) return false;
  lo.ifr_flags |= IFF_UP;
  return ioctl(socket, SIOCSIFFLAGS, &lo) == 0;
}

bool listen_on(int socket, uint16_t port) {
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(port);
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return bind(socket, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0 && listen(socket, backlog) == 0;
}

/// A message of one byte and room for one descriptor.
struct carrier {
  char byte = 0;
  iovec part{&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  carrier() {
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
  }
  carrier(const carrier&) = delete;
};

bool send_descriptor(int to, int what) {
  carrier c;
  auto* header = CMSG_FIRSTHDR(&c.message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof what);
  std::memcpy(CMSG_DATA(header), &what, sizeof what);
  return sendmsg(to, &c.message, MSG_NOSIGNAL) == 1;
}

} // namespace

failure enter_namespaces(const own_spaces& which) {
  if (!leave((which.network ? CLONE_NEWNET : 0) | (which.processes ? CLONE_NEWPID : 0)))
    return refused("no namespaces");
  return fail(errc::none);
}

failure hand_over_listener(int handover, uint16_t port) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const bool ok = listener >= 0 && raise_loopback(listener) && listen_on(listener, port) &&
                  send_descriptor(handover, listener);
  auto f = ok ? fail(errc::none) : refused("no listener in the network namespace");
  if (listener >= 0) ::close(listener);
  ::close(handover);
  return f;
}

int receive_listener(int handover) {
  carrier c;
  if (recvmsg(handover, &c.message, MSG_CMSG_CLOEXEC) != 1) return -1;
  int fd = -1;
  const auto* header = CMSG_FIRSTHDR(&c.message);
  if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS)
    std::memcpy(&fd, CMSG_DATA(header), sizeof fd);
  return fd;
}

namespace {

/// Reaps until `child` has ended; its status.
int wait_for(pid_t child) {
  for (int status = 0;;) {
    const auto gone = waitpid(-1, &status, 0);
    if (gone == child) return status;
    if (gone < 0 && errno != EINTR) return 1 << 8;
  }
}

/// Ends as the child did.
[[noreturn]] void end_like(int status) {
  if (WIFEXITED(status)) _exit(WEXITSTATUS(status));
  signal(WTERMSIG(status), SIG_DFL);
  raise(WTERMSIG(status));
  _exit(signalled + WTERMSIG(status));
}

} // namespace

void become_first_of_own() {
  if (const auto first = fork(); first != 0) {
    if (first < 0) _exit(1);
    const int status = wait_for(first);
    // The first process of a namespace cannot be ended by a signal of its own: it says with a code how its
    // child was.
    if (WIFEXITED(status) && WEXITSTATUS(status) > signalled) end_like(WEXITSTATUS(status) - signalled);
    end_like(status);
  }
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const auto program = fork();
  if (program == 0) return;
  if (program < 0) _exit(1);
  const int status = wait_for(program);
  _exit(WIFEXITED(status) ? WEXITSTATUS(status) : signalled + WTERMSIG(status));
}

} // namespace troupe
