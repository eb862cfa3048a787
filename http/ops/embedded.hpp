#pragma once
/// Files that are part of the program; put there by the build (http/ops/embedded.cpp.in).

#include <string_view>

namespace troupe::http::embedded {

/// docs/openapi.yaml, and the same as JSON.
std::string_view openapi_yaml();
std::string_view openapi_json();
/// The bundle of Redoc, which shows a description as a page; compressed with gzip.
std::string_view redoc_js_gz();

} // namespace troupe::http::embedded
