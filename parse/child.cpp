#include "parse/child.hpp"

#include "parse/sniff.hpp"
#include "parse/wire.hpp"
#include "process/document_file.hpp"
#include "process/sandbox.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <iostream>
#include <new>
#include <optional>

namespace troupe {
namespace {

constexpr size_t media_head = 65'536;

/// The server is gone, or says what makes no sense: there is nobody to serve.
struct server_gone {};

void read_all(char* to, size_t size) {
  while (size > 0) {
    const auto n = ::read(parser_socket, to, size);
    if (n <= 0) throw server_gone{};
    to += n;
    size -= static_cast<size_t>(n);
  }
}

void write_all(std::string_view data) {
  while (!data.empty()) {
    const auto n = ::send(parser_socket, data.data(), data.size(), MSG_NOSIGNAL);
    if (n <= 0) throw server_gone{};
    data.remove_prefix(static_cast<size_t>(n));
  }
}

/// A frame's prefix, with the descriptor that came along; -1: none did.
wire::sizes read_prefix(int& document) {
  char prefix[wire::prefix_size];
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  iovec part{prefix, sizeof prefix};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  const auto n = recvmsg(parser_socket, &message, MSG_CMSG_CLOEXEC);
  if (n <= 0) throw server_gone{};
  document = -1;
  if (const auto* c = CMSG_FIRSTHDR(&message); c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
    std::memcpy(&document, CMSG_DATA(c), sizeof document);
  read_all(prefix + n, sizeof prefix - static_cast<size_t>(n));
  return wire::read_prefix(prefix);
}

std::string read_text(size_t size) {
  std::string text(size, '\0');
  read_all(text.data(), size);
  return text;
}

/// Asks the server for what this process may not start a program for.
result<std::string> ask_to_convert(conversion what) {
  write_all(wire::wish_frame(what));
  int none = -1;
  const auto sizes = read_prefix(none);
  const auto header = read_text(sizes.header);
  return wire::read_granted(header, read_text(sizes.body));
}

/// Of media the beginning tells all that there is to tell here, and the whole may be larger than memory.
size_t needed_of(int fd, size_t size) {
  char head[media_head];
  const auto got = ::pread(fd, head, sizeof head, 0);
  const bool media = got > 0 && size > sizeof head &&
                     sniff({head, static_cast<size_t>(got)}, {}, {}).kind == media_kind::media;
  return media ? sizeof head : size;
}

/// A document as it came: in its file or, without one, with its frame.
class received {
public:
  received(int fd, uint64_t size) {
    if (fd < 0 && size > wire::most_inline) throw server_gone{};
    if (fd < 0)
      text_ = read_text(size);
    else
      file_.emplace(fd, needed_of(fd, size));
    if (fd >= 0) ::close(fd);
  }
  std::string_view view() const { return file_ ? file_->view() : std::string_view(text_); }

private:
  std::string text_;
  std::optional<mapped_file> file_;
};

/// True: the process may go on with another document.
bool serve_one(const child_limits& limits, const parse_function& parse) {
  int fd = -1;
  const auto sizes = read_prefix(fd);
  limit_cpu(std::chrono::seconds(limits.cpu_seconds));
  wire::request request;
  if (!wire::read_request(read_text(sizes.header), request)) return false;
  std::string reply;
  try {
    const received document{fd, sizes.body};
    reply = wire::answer_frame(parse({.data = document.view(),
                                      .url = request.url,
                                      .content_type = request.content_type,
                                      .limits = request.limits,
                                      .convert = ask_to_convert}));
  } catch (const std::bad_alloc&) {
    write_all(wire::answer_frame(fail(errc::parse_memory)));
    return false;
  } catch (const std::exception& e) {
    reply = wire::answer_frame(fail(errc::parse_failed, e.what()));
  }
  write_all(reply);
  return true;
}

} // namespace

int run_parser_child(const child_limits& limits, const parse_function& parse) {
  limit_process();
  warm_up();
  limit_memory(limits.memory_bytes);
  if (auto f = confine_parser(); f.code != errc::none) {
    std::cerr << "troupe: a parser process cannot confine itself: " << f.text() << "\n";
    return 1;
  }
  try {
    while (serve_one(limits, parse)) {
    }
  } catch (const server_gone&) {
  }
  return 0;
}

} // namespace troupe
