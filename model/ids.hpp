#pragma once
/// Identifiers. One number space for every kind: a batch, an item and a source never share a number.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <tuple>

namespace troupe {

/// The number of a node, 0 to 1023, stored in its data folder. Node 0 serves alone.
using node_number = uint16_t;
constexpr node_number max_node_number = (1u << 10) - 1;

/// Named by the caller; the tenant of a batch. 0 to 2^53 - 1.
enum class notebook_id : uint64_t {};
enum class batch_id : uint64_t {};
enum class item_id : uint64_t {};
enum class source_id : uint64_t {};

/// The number the store's writer gives to a durable event; rises, and is never used again.
enum class event_number : uint64_t {};

constexpr unsigned sequence_bits = 43;
constexpr uint64_t max_sequence = (uint64_t{1} << sequence_bits) - 1;
/// Largest identifier: below 2^53, so that it survives a JavaScript number.
constexpr uint64_t max_id = (uint64_t{1} << 53) - 1;

/// The identifier with this node number (10 bits) and sequence (43 bits, 1 upwards).
constexpr uint64_t make_id(node_number node, uint64_t sequence) {
  return (uint64_t{node} << sequence_bits) | (sequence & max_sequence);
}
constexpr node_number node_of(uint64_t id) {
  return static_cast<node_number>(id >> sequence_bits);
}
constexpr uint64_t sequence_of(uint64_t id) {
  return id & max_sequence;
}

template <class Id>
constexpr uint64_t raw(Id id) {
  return static_cast<uint64_t>(id);
}

/// Where an item stands in its batch; the rows of a batch are stored in this order.
struct item_key {
  batch_id batch{};
  uint32_t index = 0;
  friend bool operator==(const item_key&, const item_key&) = default;
  friend auto operator<=>(const item_key& a, const item_key& b) {
    return std::tuple(raw(a.batch), a.index) <=> std::tuple(raw(b.batch), b.index);
  }
};

/// Names one try at one item. `epoch` counts the starts of the owning node, `number` the tries of the
/// item from 1: an answer that carries another token comes from before a restart, or from work that was
/// given up, and is ignored.
struct attempt_token {
  uint32_t epoch = 0;
  uint32_t number = 0;
  friend bool operator==(const attempt_token&, const attempt_token&) = default;
};

/// The outside name of a source, `f_<number>`.
std::string file_id(source_id id);
/// The number in `f_<number>`; 0 when the text is not one.
source_id parse_file_id(std::string_view text);
/// The native API's names: `bat_<number>`, `itm_<number>`.
std::string batch_name(batch_id id);
std::string item_name(item_id id);
/// The number in such a name; 0 when the text is not one.
batch_id parse_batch_name(std::string_view text);
item_id parse_item_name(std::string_view text);
/// The upload id that the server gives to an item whose client gave none: `u_<number>`.
std::string upload_id(item_id id);
/// The number in `u_<number>`; 0 when the text is not one.
item_id parse_upload_id(std::string_view text);
/// Reads 1 to 16 decimal digits, at most `max_id`. False when the text is anything else.
bool parse_id(std::string_view text, uint64_t& id);

} // namespace troupe

template <>
struct std::hash<troupe::item_key> {
  size_t operator()(const troupe::item_key& k) const noexcept {
    return std::hash<uint64_t>{}(troupe::raw(k.batch) * 0x9e3779b97f4a7c15ull + k.index);
  }
};
