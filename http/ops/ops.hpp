#pragma once
/// What operators and their programs ask: is it alive, is it ready, how is it doing, what does it speak.

#include "http/router.hpp"

namespace troupe::http {

std::vector<route> ops_routes();

/// `/openapi.json`, `/openapi.yaml` and `/docs`.
void add_documentation_routes(std::vector<route>& into);

} // namespace troupe::http
