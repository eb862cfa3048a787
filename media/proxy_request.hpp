#pragma once
/// What a proxy is asked for (RFC 9112 section 3.2). Pure; any thread.

#include <optional>
#include <string>
#include <string_view>

namespace troupe::media {

/// A request's head, taken apart as far as a proxy has to.
struct proxy_request {
  /// A name or an address; IPv6 without brackets.
  std::string host;
  std::string port;
  /// What the origin is sent before all else; empty for CONNECT.
  std::string forwarded;
};

/// `head` without the empty line that ends it. None: it asks for neither CONNECT nor an http URL.
std::optional<proxy_request> read_proxy_request(std::string_view head);

} // namespace troupe::media
