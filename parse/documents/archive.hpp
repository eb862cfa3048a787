#pragma once
/// Zip containers (PKWARE APPNOTE 6.3.3, with zip64), read from memory and trusted in nothing.

#include "model/error.hpp"

#include <map>
#include <string>
#include <string_view>

namespace troupe::documents {

struct archive_limits {
  size_t entries = 20'000;
  /// Decoded, of one entry and of all that are read.
  uint64_t entry_bytes = 64u << 20;
  uint64_t total_bytes = 256u << 20;
  /// Decoded to encoded bytes, of an entry above `ratio_from`.
  uint64_t ratio = 200;
  uint64_t ratio_from = 4u << 20;
};

/// The entries of a container. Refuses as a whole what no honest program writes: entries that overlap,
/// names that lead out of the container, more entries than allowed. One thread.
class archive {
public:
  /// Fails with `unsafe_archive` (the text says why), `too_large`, or `parse_failed` when it is no zip.
  /// `data` outlives the archive.
  static result<archive> open(std::string_view data, const archive_limits& limits = {});

  bool has(std::string_view name) const { return entries_.find(name) != entries_.end(); }
  /// The decoded entry. Fails with `not_found`, `encrypted`, `too_large`, `unsafe_archive` or `parse_failed`.
  result<std::string> read(std::string_view name);
  /// The names, in order.
  std::vector<std::string_view> names() const;

private:
  struct entry {
    uint64_t offset = 0;
    uint64_t encoded = 0;
    uint64_t decoded = 0;
    uint32_t crc = 0;
    uint16_t method = 0;
    uint16_t flags = 0;
  };
  failure read_directory();
  failure read_entry(uint64_t& at, uint64_t end);
  failure check_overlap() const;
  result<std::string_view> encoded_bytes(const entry& e) const;

  std::string_view data_;
  archive_limits limits_;
  uint64_t read_ = 0;
  std::map<std::string, entry, std::less<>> entries_;
};

} // namespace troupe::documents
