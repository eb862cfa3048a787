#pragma once
/// Who may come in: Host, Origin and keys; and what browsers are told about it (CORS).

#include "http/router.hpp"

namespace troupe::http {

class door {
public:
  explicit door(const settings& s);

  /// The headers of a request that matter here.
  struct request {
    std::string_view method;
    std::string_view host;
    std::string_view origin;
    std::string_view authorization;
  };

  /// Host and Origin: a page in the user's browser must reach this server neither by a foreign name that
  /// resolves to it (DNS rebinding) nor by a cross-site request. None: come in.
  std::optional<response> check(const request& r) const;
  /// The key's rights against what the route asks. Sets `who`. None: come in.
  std::optional<response> authorize(const request& r, const route& to,
                                    const std::vector<std::string>& arguments, caller& who) const;
  /// The answer to a preflight (Fetch standard, 4.8).
  response preflight() const;
  /// CORS headers for an allowed origin.
  void add_headers(const request& r, response& out) const;

private:
  bool knows_host(std::string_view host) const;
  bool allows_origin(std::string_view origin, std::string_view host) const;
  const settings& s_;
  std::string own_host_;
};

} // namespace troupe::http
