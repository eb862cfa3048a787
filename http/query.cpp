#include "http/query.hpp"

namespace troupe::http {

result<notebook_id> notebook_of(const exchange& x) {
  uint64_t n = 0;
  if (!parse_id(x.arguments.front(), n))
    return fail(errc::invalid_request,
                "notebook: expected a whole number below 2^53, not \"" + x.arguments.front() + "\"");
  return notebook_id{n};
}

result<uint64_t> query_number(const exchange& x, const std::string& name, uint64_t initial, uint64_t most) {
  const auto it = x.query.find(name);
  if (it == x.query.end()) return initial;
  uint64_t n = 0;
  if (!parse_id(it->second, n) || n > most)
    return fail(errc::invalid_request, name + ": expected a whole number up to " + std::to_string(most));
  return n;
}

} // namespace troupe::http
