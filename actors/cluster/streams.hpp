#pragma once
/// Streams between nodes as CAF's middleman takes them: it never opens a port of its own, and is handed
/// sockets that the gate has let in.

#include <caf/all.hpp>

namespace troupe {

/// The actor that speaks BASP.
caf::actor basp_of(caf::actor_system& sys);
/// To be sent to it: a stream that this node has dialled, or that another one has. The socket is taken over.
caf::message dialled_stream(caf::actor_system& sys, int socket);
caf::message accepted_stream(caf::actor_system& sys, int socket, const caf::strong_actor_ptr& published,
                             std::set<std::string> interface);

} // namespace troupe
