#pragma once
/// One parser process, as its parent sees it.

#include "model/error.hpp"

#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace troupe {

class parser_process {
public:
  /// Starts `arguments[0]` with the rest; its end of the socket is descriptor 3. Fails with `parse_failed`.
  static result<parser_process> start(const std::vector<std::string>& arguments);
  parser_process(parser_process&& other) noexcept;
  parser_process& operator=(parser_process&& other) noexcept;
  /// Kills the process and its group, and reaps it.
  ~parser_process();

  /// Non-blocking.
  int socket() const { return socket_; }
  /// Sends as much as the socket takes, with its first byte the descriptor, if that is one (unix(7),
  /// SCM_RIGHTS). Returns how much went; 0 when nothing did, because it is full or the process is dead.
  size_t send(std::string_view bytes, int descriptor) const;
  /// Kills and reaps the process. Returns how it had ended: `parse_timeout` (its CPU time was up) or
  /// `parse_crashed`, with a text that names the signal or exit code.
  failure end();

private:
  parser_process(pid_t pid, int socket)
      : pid_(pid)
      , socket_(socket) {}
  pid_t pid_ = -1;
  int socket_ = -1;
};

} // namespace troupe
