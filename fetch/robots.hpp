#pragma once
/// robots.txt (RFC 9309).

#include "model/time.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

class robots {
public:
  /// Allows everything.
  robots() = default;
  /// The rules for `agent`, a product token ("Troupe"), in `text`. Lines that are no rules are passed over.
  robots(std::string_view text, std::string_view agent);
  /// `path` is path and query as in the request. The longest matching rule decides; equal ones allow.
  bool allows(std::string_view path) const;
  std::optional<milliseconds> crawl_delay() const { return delay_; }

private:
  struct rule {
    bool allow = true;
    std::string pattern;
  };
  std::vector<rule> rules_;
  std::optional<milliseconds> delay_;
};

} // namespace troupe
