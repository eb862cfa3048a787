#pragma once
/// Zip containers made by tests: stored entries, honest unless told otherwise.

#include <zlib.h>

#include <string>
#include <utility>
#include <vector>

namespace troupe::test {

inline void put_number(std::string& out, uint64_t n, unsigned bytes) {
  for (unsigned i = 0; i < bytes; ++i)
    out += i < 8 ? static_cast<char>(n >> (8 * i)) : '\0';
}

struct zip_entry {
  std::string name;
  std::string data;
};

/// A container of these entries, in this order, not compressed.
inline std::string make_zip(const std::vector<zip_entry>& entries) {
  std::string out, directory;
  for (const auto& e : entries) {
    const auto crc =
        crc32(0, reinterpret_cast<const Bytef*>(e.data.data()), static_cast<uInt>(e.data.size()));
    std::string head;
    put_number(head, 20, 2);
    put_number(head, 0, 8);
    put_number(head, crc, 4);
    put_number(head, e.data.size(), 4);
    put_number(head, e.data.size(), 4);
    put_number(head, e.name.size(), 2);
    put_number(head, 0, 2);
    directory += "PK\x01\x02";
    put_number(directory, 20, 2);
    directory += head;
    put_number(directory, 0, 10);
    put_number(directory, out.size(), 4);
    directory += e.name;
    out += "PK\x03\x04" + head + e.name + e.data;
  }
  const auto at = out.size();
  out += directory + "PK\x05\x06";
  put_number(out, 0, 4);
  put_number(out, entries.size(), 2);
  put_number(out, entries.size(), 2);
  put_number(out, directory.size(), 4);
  put_number(out, at, 4);
  put_number(out, 0, 2);
  return out;
}

} // namespace troupe::test
