#pragma once
/// Ctrl-C while something goes on at the server.

namespace troupe::cli {

/// From here on SIGINT and SIGTERM only set a mark; a second one ends the process as usual.
void watch_for_interrupt();
bool interrupted();

} // namespace troupe::cli
