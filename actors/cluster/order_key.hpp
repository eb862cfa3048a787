#pragma once
/// Names the work of one attempt across nodes.

#include "model/ids.hpp"

namespace troupe {

struct order_key {
  item_id item{};
  attempt_token token;
  friend bool operator==(const order_key&, const order_key&) = default;
};

} // namespace troupe

template <>
struct std::hash<troupe::order_key> {
  size_t operator()(const troupe::order_key& k) const noexcept {
    const auto token = (uint64_t{k.token.epoch} << 32) | k.token.number;
    return std::hash<uint64_t>{}(troupe::raw(k.item) * 0x9e3779b97f4a7c15ull + token);
  }
};
