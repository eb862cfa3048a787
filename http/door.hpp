#pragma once
/// Who may come in: Host, Origin and keys; and what browsers are told about it (CORS).

#include "http/router.hpp"

namespace troupe::http {

/// A cookie of the request (RFC 6265 section 5.4); empty when it is not there.
std::string_view cookie_named(std::string_view cookies, std::string_view name);

class door {
public:
  /// `keys` outlives it.
  door(const settings& s, const key_ring& keys);

  /// The headers of a request that matter here.
  struct request {
    std::string_view method;
    std::string_view host;
    std::string_view origin;
    std::string_view authorization;
    std::string_view cookie;
    std::string_view csrf_token;
    /// HTTP/1.0 need not name a host.
    bool names_no_host = false;
  };

  /// Host and Origin: a page in the user's browser must reach this server neither by a foreign name that
  /// resolves to it (DNS rebinding) nor by a cross-site request. None: come in.
  std::optional<response> check(const request& r) const;
  /// A key, or a browser's session: that one has to show its `X-CSRFToken` with what it writes. The rights
  /// against what the route asks. Sets `who`. None: come in.
  std::optional<response> authorize(const request& r, const route& to,
                                    const std::vector<std::string>& arguments, caller& who) const;
  /// The answer to a preflight (Fetch standard, 4.8).
  response preflight() const;
  /// CORS headers for an allowed origin.
  void add_headers(const request& r, response& out) const;

private:
  bool knows_host(std::string_view host) const;
  bool allows_origin(std::string_view origin, std::string_view host) const;
  std::optional<response> know_key(const request& r, caller& who) const;
  std::optional<response> know_session(const request& r, std::string_view cookie, caller& who) const;
  const settings& s_;
  const key_ring& keys_;
  std::string own_host_;
};

} // namespace troupe::http
