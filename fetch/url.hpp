#pragma once
/// URLs as callers write them, made fit to fetch.

#include "model/error.hpp"

#include <string>
#include <string_view>

namespace troupe {

/// The URL in the form it is fetched in: white space around it gone, scheme and host in lower case,
/// characters that URLs may not hold percent-encoded, no fragment, no empty path. Understood by the same
/// parser that fetches it. Fails with `invalid_url`, `unsupported_scheme` or `url_too_long`.
result<std::string> normalize_url(std::string_view text, size_t longest);

/// Where `reference`, as a Location header has it, leads from `base`, normalized. Fails like `normalize_url`.
result<std::string> resolve_url(std::string_view base, std::string_view reference, size_t longest);

/// `host:port`, the unit of politeness; empty when the URL cannot be understood.
std::string host_of(std::string_view url);

/// `scheme://host:port/robots.txt`.
std::string robots_url(std::string_view url);
/// Path and query, as robots.txt rules see them.
std::string path_of(std::string_view url);

} // namespace troupe
