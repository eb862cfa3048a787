#include "parse/parser_process.hpp"

#include "parse/child.hpp"
#include "process/spawn.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <utility>

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
  // The child's end may itself be descriptor 3, which dup2 would leave closed on exec.
  const int child_end = fcntl(ends[1], F_DUPFD_CLOEXEC, 10);
  ::close(ends[1]);
  pid_t pid = -1;
  const int error = spawn(arguments, {{child_end, parser_socket}}, pid);
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

size_t parser_process::send(std::string_view bytes, int descriptor) const {
  iovec part{const_cast<char*>(bytes.data()), bytes.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof descriptor)] = {};
  if (descriptor >= 0) {
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    auto* c = CMSG_FIRSTHDR(&message);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof descriptor);
    std::memcpy(CMSG_DATA(c), &descriptor, sizeof descriptor);
  }
  const auto n = sendmsg(socket_, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
  return n > 0 ? static_cast<size_t>(n) : 0;
}

failure parser_process::end() {
  if (pid_ < 0) return fail(errc::parse_crashed);
  const int status = end_group(pid_);
  ::close(socket_);
  pid_ = socket_ = -1;
  return how_it_ended(status);
}

} // namespace troupe
