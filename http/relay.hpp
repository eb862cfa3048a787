#pragma once
/// For streams that somebody else writes, as plain bytes to a socket, while the client speaks TLS.

#include "http/client_stream.hpp"

#include <boost/asio/awaitable.hpp>

namespace troupe::http {

/// Carries what comes out of `from` to the client until either ends, or the client takes a piece for longer
/// than `limit`. Owns `from`, a connected stream socket; what the client says is passed over. The front's
/// thread.
asio::awaitable<void> relay(client_stream& to, int from, std::chrono::steady_clock::duration limit);

/// Two connected stream sockets with small buffers: who writes to the first is slowed down as the client is.
/// Both -1 when the process has no descriptors left.
std::pair<int, int> relay_sockets();

} // namespace troupe::http
