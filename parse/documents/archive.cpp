#include "parse/documents/archive.hpp"

#include <zlib.h>

#include <algorithm>
#include <memory>
#include <vector>

namespace troupe::documents {
namespace {

constexpr uint32_t end_mark = 0x06054b50;
constexpr uint32_t end64_mark = 0x06064b50;
constexpr uint32_t locator64_mark = 0x07064b50;
constexpr uint32_t directory_mark = 0x02014b50;
constexpr uint32_t local_mark = 0x04034b50;
constexpr size_t end_size = 22;
constexpr size_t directory_size = 46;
constexpr size_t local_size = 30;
constexpr size_t longest_comment = 65'535;
constexpr uint16_t stored = 0;
constexpr uint16_t deflated = 8;
constexpr uint32_t in_zip64 = 0xffffffff;

/// A little-endian number; 0 beyond the end.
uint64_t number(std::string_view data, uint64_t at, unsigned bytes) {
  if (at > data.size() || data.size() - at < bytes) return 0;
  uint64_t n = 0;
  for (unsigned i = bytes; i-- > 0;)
    n = n << 8 | static_cast<uint8_t>(data[at + i]);
  return n;
}

failure broken(std::string why) {
  return fail(errc::parse_failed, "the container is broken: " + std::move(why));
}
failure unsafe(std::string why) {
  return fail(errc::unsafe_archive, std::move(why));
}

bool leads_out(std::string_view name) {
  if (name.empty() || name.front() == '/' || name.find('\0') != name.npos || name.find('\\') != name.npos)
    return true;
  return name == ".." || name.starts_with("../") || name.ends_with("/..") || name.find("/../") != name.npos;
}

/// Where the end record begins: the last one whose comment reaches exactly to the end, or the last at all.
uint64_t find_end(std::string_view data) {
  if (data.size() < end_size) return std::string_view::npos;
  const uint64_t lowest = data.size() - std::min(data.size(), end_size + longest_comment);
  for (uint64_t at = data.size() - end_size + 1; at-- > lowest;)
    if (number(data, at, 4) == end_mark) return at;
  return std::string_view::npos;
}

/// Decodes at most `most` bytes.
result<std::string> inflate_bytes(std::string_view in, uint64_t most) {
  z_stream z{};
  if (inflateInit2(&z, -MAX_WBITS) != Z_OK) return fail(errc::parse_memory);
  const std::unique_ptr<z_stream, int (*)(z_stream*)> ends{&z, inflateEnd};
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
  z.avail_in = static_cast<uInt>(in.size());
  std::string out;
  int status = Z_OK;
  while (status == Z_OK) {
    const auto had = out.size();
    if (had > most) return fail(errc::too_large, "an entry of the container is larger than it says");
    out.resize(had + std::clamp<size_t>(had, 16'384, 4u << 20));
    z.next_out = reinterpret_cast<Bytef*>(out.data() + had);
    z.avail_out = static_cast<uInt>(out.size() - had);
    status = inflate(&z, Z_NO_FLUSH);
    out.resize(out.size() - z.avail_out);
    if (status == Z_BUF_ERROR || (status == Z_OK && z.avail_in == 0 && z.avail_out > 0)) break;
  }
  if (status != Z_STREAM_END) return broken("an entry ends too early");
  if (out.size() > most) return fail(errc::too_large, "an entry of the container is larger than it says");
  return out;
}

} // namespace

result<archive> archive::open(std::string_view data, const archive_limits& limits) {
  archive made;
  made.data_ = data;
  made.limits_ = limits;
  if (auto f = made.read_directory(); f.code != errc::none) return f;
  if (auto f = made.check_overlap(); f.code != errc::none) return f;
  return made;
}

failure archive::read_directory() {
  const auto end = find_end(data_);
  if (end == data_.npos) return broken("it has no directory");
  uint64_t count = number(data_, end + 10, 2);
  uint64_t size = number(data_, end + 12, 4);
  uint64_t at = number(data_, end + 16, 4);
  if (end >= 20 && number(data_, end - 20, 4) == locator64_mark) {
    const auto end64 = number(data_, end - 12, 8);
    if (number(data_, end64, 4) != end64_mark) return broken("its zip64 directory is not where it should be");
    count = number(data_, end64 + 32, 8);
    size = number(data_, end64 + 40, 8);
    at = number(data_, end64 + 48, 8);
  }
  if (count > limits_.entries) return fail(errc::too_large, "the container has too many entries");
  if (at > end || size > end - at) return broken("its directory lies outside of it");
  const auto stop = at + size;
  for (uint64_t i = 0; i < count; ++i)
    if (auto f = read_entry(at, stop); f.code != errc::none) return f;
  return fail(errc::none);
}

failure archive::read_entry(uint64_t& at, uint64_t end) {
  if (end - at < directory_size || number(data_, at, 4) != directory_mark)
    return broken("its directory ends early");
  entry e;
  e.flags = static_cast<uint16_t>(number(data_, at + 8, 2));
  e.method = static_cast<uint16_t>(number(data_, at + 10, 2));
  e.crc = static_cast<uint32_t>(number(data_, at + 16, 4));
  e.encoded = number(data_, at + 20, 4);
  e.decoded = number(data_, at + 24, 4);
  e.offset = number(data_, at + 42, 4);
  const auto name_size = number(data_, at + 28, 2);
  const auto extra_size = number(data_, at + 30, 2);
  const auto comment_size = number(data_, at + 32, 2);
  if (end - at - directory_size < name_size + extra_size + comment_size)
    return broken("its directory ends early");
  std::string name{data_.substr(at + directory_size, name_size)};
  const auto extra = data_.substr(at + directory_size + name_size, extra_size);
  for (uint64_t x = 0; x + 4 <= extra.size(); x += 4 + number(extra, x + 2, 2)) {
    if (number(extra, x, 2) != 1) continue;
    auto field = x + 4;
    for (auto* value : {&e.decoded, &e.encoded, &e.offset}) {
      if (*value != in_zip64) continue;
      *value = number(extra, field, 8);
      field += 8;
    }
  }
  at += directory_size + name_size + extra_size + comment_size;
  if (leads_out(name)) return unsafe("an entry's name leads out of the container");
  if (e.decoded > limits_.ratio_from && e.decoded / std::max<uint64_t>(1, e.encoded) > limits_.ratio)
    return unsafe("an entry unpacks to more than " + std::to_string(limits_.ratio) + " times its size");
  entries_.insert_or_assign(std::move(name), e);
  return fail(errc::none);
}

failure archive::check_overlap() const {
  std::vector<std::pair<uint64_t, uint64_t>> spans;
  for (const auto& [name, e] : entries_) {
    if (e.offset > data_.size() || e.encoded > data_.size() - e.offset)
      return broken("an entry lies outside of it");
    spans.emplace_back(e.offset, e.offset + local_size + e.encoded);
  }
  std::sort(spans.begin(), spans.end());
  for (size_t i = 1; i < spans.size(); ++i)
    if (spans[i].first < spans[i - 1].second) return unsafe("entries of the container overlap");
  return fail(errc::none);
}

result<std::string_view> archive::encoded_bytes(const entry& e) const {
  if (number(data_, e.offset, 4) != local_mark) return broken("an entry is not where it should be");
  const auto from = e.offset + local_size + number(data_, e.offset + 26, 2) + number(data_, e.offset + 28, 2);
  if (from > data_.size() || e.encoded > data_.size() - from) return broken("an entry lies outside of it");
  return data_.substr(from, e.encoded);
}

result<std::string> archive::read(std::string_view name) {
  const auto found = entries_.find(name);
  if (found == entries_.end()) return fail(errc::not_found, "the container has no " + std::string(name));
  const auto& e = found->second;
  if (e.flags & 1) return fail(errc::encrypted, "an entry of the container is encrypted");
  if (e.decoded > limits_.entry_bytes || read_ + e.decoded > limits_.total_bytes)
    return fail(errc::too_large, "the container unpacks to more than the limit");
  const auto in = encoded_bytes(e);
  if (!in) return in.error();
  if (e.method != stored && e.method != deflated)
    return fail(errc::unsupported_type, "the container uses compression method " + std::to_string(e.method));
  auto out = e.method == stored ? result<std::string>{std::string(*in)} : inflate_bytes(*in, e.decoded);
  if (!out) return out;
  if (crc32(0, reinterpret_cast<const Bytef*>(out->data()), static_cast<uInt>(out->size())) != e.crc)
    return broken("an entry's checksum is wrong");
  read_ += out->size();
  return out;
}

std::vector<std::string_view> archive::names() const {
  std::vector<std::string_view> out;
  for (const auto& [name, e] : entries_)
    out.push_back(name);
  return out;
}

} // namespace troupe::documents
