#pragma once
/// The endpoints of the guide's contract.

#include "http/router.hpp"

namespace troupe::http {

/// All of them, under /api/v1.
std::vector<route> guide_routes();

/// The parts, by what they are about.
void add_submission_routes(std::vector<route>& into);
void add_file_routes(std::vector<route>& into);
void add_upload_routes(std::vector<route>& into);
void add_source_routes(std::vector<route>& into);

/// The notebook in the first placeholder. Fails with `invalid_request`.
result<notebook_id> notebook_of(const exchange& x);
/// A whole number from the query; `initial` when it is not there. Fails with `invalid_request`.
result<uint64_t> query_number(const exchange& x, const std::string& name, uint64_t initial, uint64_t most);

} // namespace troupe::http
