#pragma once
/// A network and processes of a process' own (namespaces(7)). For launchers: processes of one thread.

#include "model/error.hpp"

#include <cstdint>

namespace troupe {

struct own_spaces {
  /// A loopback and nothing else.
  bool network = false;
  /// Whatever is started from here on sees no process beside it, and ends with the first of them.
  bool processes = false;
};

/// Takes this process out of the machine's namespaces into new ones. Fails with `internal_error` when the
/// kernel gives none.
failure enter_namespaces(const own_spaces& which);

/// Sends a socket that listens on 127.0.0.1:`port` of this network to `handover`, a socket pair's end, and
/// closes that: who holds the socket serves what this process connects to, from outside. Fails with
/// `internal_error`.
failure hand_over_listener(int handover, uint16_t port);

/// The socket sent by `hand_over_listener` at the other end, or -1 when the sender is gone.
int receive_listener(int handover);

/// After `enter_namespaces` with `processes`: returns in a new process there. The calling one stays behind,
/// and ends as the new one does; when it is killed, or its parent dies, all that the new one started is
/// killed, wherever it has gone.
void become_first_of_own();

} // namespace troupe
