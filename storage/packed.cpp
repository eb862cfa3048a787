#include "storage/packed.hpp"

#include <lz4.h>

#include <algorithm>
#include <cstdint>

namespace troupe::packed {
namespace {

constexpr char as_it_is = 0;
constexpr char lz4_block = 1;
constexpr size_t head = 5;
constexpr size_t most_bytes = 1u << 30;
/// That one byte of a block stands for.
constexpr size_t most_of_a_byte = 255;

} // namespace

std::string pack(std::string_view bytes) {
  if (bytes.size() > most_bytes) return std::string(1, as_it_is).append(bytes);
  const auto size = static_cast<int>(bytes.size());
  std::string form(head + static_cast<size_t>(LZ4_compressBound(size)), '\0');
  const auto block =
      LZ4_compress_default(bytes.data(), form.data() + head, size, static_cast<int>(form.size() - head));
  if (block <= 0 || head + static_cast<size_t>(block) > bytes.size())
    return std::string(1, as_it_is).append(bytes);
  form[0] = lz4_block;
  for (size_t i = 1; i < head; ++i)
    form[i] = static_cast<char>(bytes.size() >> (8 * (head - 1 - i)));
  form.resize(head + static_cast<size_t>(block));
  return form;
}

std::optional<std::string> unpack(std::string_view form) {
  if (form.empty()) return std::nullopt;
  if (form[0] == as_it_is) return std::string(form.substr(1));
  if (form[0] != lz4_block || form.size() < head) return std::nullopt;
  uint32_t size = 0;
  for (size_t i = 1; i < head; ++i)
    size = size << 8 | static_cast<uint8_t>(form[i]);
  const auto block = form.substr(head);
  if (size > std::min(most_bytes, most_of_a_byte * block.size())) return std::nullopt;
  std::string bytes(size, '\0');
  const auto got =
      LZ4_decompress_safe(block.data(), bytes.data(), static_cast<int>(block.size()), static_cast<int>(size));
  if (got < 0 || static_cast<uint32_t>(got) != size) return std::nullopt;
  return bytes;
}

} // namespace troupe::packed
