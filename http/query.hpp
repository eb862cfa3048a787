#pragma once
/// What a request says in its path and its query, read and checked.

#include "http/exchange.hpp"

namespace troupe::http {

/// The notebook in the first placeholder. Fails with `invalid_request`.
result<notebook_id> notebook_of(const exchange& x);
/// A whole number from the query; `initial` when it is not there. Fails with `invalid_request`.
result<uint64_t> query_number(const exchange& x, const std::string& name, uint64_t initial, uint64_t most);

} // namespace troupe::http
