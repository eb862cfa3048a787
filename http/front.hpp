#pragma once
/// The HTTP front of a node: a listener and its connections, on one thread.

#include "actors/gateway.hpp"
#include "config/settings.hpp"

#include <memory>

namespace troupe::http {

class front {
public:
  /// Listens at `http.listen`. Fails with `invalid_request` and a text that says why. `s` and `to` outlive
  /// it.
  static result<std::unique_ptr<front>> listen(const settings& s, gateway& to);
  virtual ~front() = default;
  /// The address listened on, as `127.0.0.1:8080`.
  virtual std::string address() const = 0;
  /// Reads certificate and key again, for connections from now on. Fails as `listen`; then those before stay.
  /// Any thread but the front's.
  virtual failure reload_tls() = 0;
  /// Accepts nothing more, ends requests in hand, closes connections. Waits for at most a few seconds.
  virtual void stop() = 0;
};

} // namespace troupe::http
