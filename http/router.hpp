#pragma once
/// From method and path to a handler.

#include "http/exchange.hpp"

#include <optional>

namespace troupe::http {

/// What a route asks of its caller, checked before its handler runs.
enum class scope : uint8_t {
  /// Anyone who got past the door.
  open,
  /// A key that may see the notebook named by the first placeholder.
  read,
  /// A key that may write to it.
  write,
  /// A key; the handler checks the notebook itself.
  keyed,
};

struct route {
  std::string method;
  /// `/api/v1/notebooks/{}/files/`: each `{}` is one segment. A trailing slash may be left out by callers.
  std::string pattern;
  scope needs = scope::open;
  handler run;
  /// The handler reads the body itself (`exchange::incoming`), up to `limits.upload_bytes`.
  bool streamed = false;
};

struct match {
  const route* to = nullptr;
  std::vector<std::string> arguments;
  /// The path exists, with other methods.
  std::vector<std::string> allowed;
};

class router {
public:
  explicit router(std::vector<route> routes);
  match find(std::string_view method, std::string_view path) const;

private:
  struct compiled {
    route r;
    std::vector<std::string> segments;
  };
  std::vector<compiled> routes_;
};

/// Splits at the first `?`, decodes the query's percent-encoding and `+`.
std::map<std::string, std::string> parse_query(std::string_view target);
/// A request target as authority and path with query: `http://host:80/a?b` is `host:80` and `/a?b`, any other
/// has no authority (RFC 9112 section 3.2).
std::pair<std::string_view, std::string_view> parse_target(std::string_view target);
std::string_view path_part(std::string_view target);

} // namespace troupe::http
