#pragma once
/// The door between nodes: one port for all that they have to say to each other, under mutual TLS.
///
/// A connection costs a socket until its first byte has come, and `cluster.handshake_timeout_ms` later it has
/// said who it is (wire.hpp) or is closed; at most `cluster.max_handshakes` are that far at once, a further
/// one ends the oldest, of those that have said nothing if there are any. A source that fails again and again
/// is not listened to for a while (patience.hpp). Only then is there a stream: its
/// bytes go through a pair of sockets to whoever speaks the stream's protocol in this process, so that no
/// other port is open. Without certificates the same lines are spoken in the clear, on loopback alone
/// (settings_checks.cpp).
///
/// Any thread may call; what is called back comes on the gate's own thread and must not wait for anything.

#include "cluster/wire.hpp"

#include <functional>
#include <memory>

namespace troupe::cluster {

/// A stream that is open: a descriptor of this process, the other node behind it. Who has it closes it.
struct stream {
  int socket = -1;
  hello with;
};

struct gate_plan {
  identity self;
  /// Why a node that is who it says it is may not come in; empty: it may.
  std::function<std::string(const hello&)> admit;
  /// A stream that another node has opened.
  std::function<void(stream)> accepted;
};

class peer_gate {
public:
  /// Takes `cluster.listen`, if it is set; nobody is let in before `run`. Fails with `invalid_request` and
  /// the setting that is wrong.
  static result<std::unique_ptr<peer_gate>> open(const settings& s, gate_plan plan);
  virtual ~peer_gate() = default;

  /// Lets others in and dials from here on.
  virtual void run() = 0;
  /// The address listened on, with its port; empty: nowhere.
  virtual std::string address() const = 0;
  /// Opens a stream to the node at HOST:PORT. Fails within `cluster.handshake_timeout_ms`, with the text that
  /// says why; the lookup of a name takes as long as the system's resolver has it, one name after the other.
  virtual void dial(std::string host_and_port, stream_kind kind,
                    std::function<void(result<stream>)> done) = 0;
  /// Reads certificate, key and authority again; open streams stay.
  virtual failure reload() = 0;
  /// Closes all; nothing is called back afterwards.
  virtual void stop() = 0;
};

} // namespace troupe::cluster
