#pragma once
#include "model/error.hpp"
#include "model/work.hpp"

#include <functional>

namespace troupe {

/// What a bench puts in the place of the parts that work: answers at once, on an actor's turn. Null: nothing
/// is put in its place.
struct stand_ins {
  std::function<result<fetched>(const fetch_order&)> fetch;
  std::function<result<document>(const parse_order&)> parse;
};

} // namespace troupe
