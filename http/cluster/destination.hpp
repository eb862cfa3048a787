#pragma once
/// Which node a request is for: what it is about lives on one.

#include "http/router.hpp"

namespace troupe::http {

struct destination {
  enum class kind : uint8_t {
    /// Whatever it is about is here, or it is about this node.
    here,
    owner,
    /// A notebook whose home is not known yet.
    unknown,
  };
  kind what = kind::here;
  node_number owner = 0;
};

/// By the route's path and its arguments alone.
destination destination_of(const route& r, const std::vector<std::string>& arguments, const neighbours& all);
/// That of a notebook.
destination destination_of(notebook_id n, const neighbours& all);

} // namespace troupe::http
