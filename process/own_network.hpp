#pragma once
/// A network of a process' own (namespaces(7)): a loopback and nothing else.

#include "model/error.hpp"

#include <cstdint>

namespace troupe {

/// Takes this process out of the machine's network into an empty one, and sends a socket that listens there
/// on 127.0.0.1:`port` to `handover`, a socket pair's end: who holds it serves what this process connects to,
/// from outside. Fails with `internal_error` when the kernel gives no namespaces. One thread only.
failure enter_own_network(int handover, uint16_t port);

/// The socket sent by `enter_own_network` at the other end, or -1 when the sender is gone.
int receive_listener(int handover);

} // namespace troupe
