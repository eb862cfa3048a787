#pragma once
/// Links of a page, made absolute.

#include <memory>
#include <string>
#include <string_view>

namespace troupe {

/// Resolves references against the address of a page (RFC 3986 section 5).
class link_resolver {
public:
  explicit link_resolver(std::string_view base);
  ~link_resolver();
  /// The absolute URL, with spaces and the like percent-encoded; the text itself when there is no base or
  /// it cannot be understood; empty for javascript: and other references that lead nowhere.
  std::string resolve(std::string_view reference) const;

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace troupe
