#pragma once
/// Rows as numbered fields in the wire format of Protocol Buffers (encoding specification, "Message
/// Structure"): varints and length-delimited texts. Fields may be added; a number is never used again.
///
/// A row type names its fields once, for both directions:
///   template <class A> void fields(A& a, row& x) { a(1, x.one); a(2, x.two); }

#include "model/batch.hpp"

#include <array>
#include <concepts>
#include <type_traits>

namespace troupe::codec {

inline void put_varint(std::string& out, uint64_t v) {
  char bytes[10];
  size_t n = 0;
  for (; v >= 0x80; v >>= 7)
    bytes[n++] = static_cast<char>(v | 0x80);
  bytes[n++] = static_cast<char>(v);
  out.append(bytes, n);
}

/// Reads a varint and moves `in` past it; false when it is cut off or longer than 64 bits.
inline bool take_varint(std::string_view& in, uint64_t& v) {
  v = 0;
  for (unsigned shift = 0; shift < 64 && !in.empty(); shift += 7) {
    const auto byte = static_cast<uint8_t>(in.front());
    in.remove_prefix(1);
    v |= uint64_t{byte & 0x7fu} << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

template <class T>
concept number_like = std::integral<T> || std::is_enum_v<T>;

constexpr unsigned most_fields = 40;
enum wire : uint8_t { varint = 0, delimited = 2 };

class encoder {
public:
  /// Most rows need no more.
  encoder() { out.reserve(160); }
  std::string out;

  template <number_like T>
  void operator()(unsigned field, const T& v) {
    if (static_cast<uint64_t>(v) == 0) return;
    put_varint(out, field << 3 | varint);
    put_varint(out, static_cast<uint64_t>(v));
  }
  void operator()(unsigned field, std::string_view v) {
    if (v.empty()) return;
    put_varint(out, field << 3 | delimited);
    put_varint(out, v.size());
    out += v;
  }
  void operator()(unsigned field, const std::string& v) { (*this)(field, std::string_view{v}); }
  /// Texts without line ends.
  void operator()(unsigned field, const std::vector<std::string>& v) {
    std::string lines;
    for (const auto& line : v)
      lines += line + "\n";
    (*this)(field, lines);
  }
  void operator()(unsigned field, const std::vector<uint64_t>& v) {
    std::string numbers;
    for (const auto n : v)
      put_varint(numbers, n);
    (*this)(field, numbers);
  }
  void operator()(unsigned field, const digest& v) {
    if (!v.empty()) (*this)(field, v.view());
  }
  void operator()(unsigned field, const timestamp& v) { (*this)(field, v.time_since_epoch().count()); }
  /// Present values are stored one higher, so that 0 stays "none".
  template <number_like T>
  void operator()(unsigned field, const std::optional<T>& v) {
    if (v) (*this)(field, static_cast<uint64_t>(*v) + 1);
  }
  template <class R, class P>
  void operator()(unsigned field, const std::optional<std::chrono::duration<R, P>>& v) {
    if (v) (*this)(field, static_cast<uint64_t>(v->count()) + 1);
  }
};

class decoder {
public:
  /// Reads all fields; `ok` tells whether the row was whole.
  explicit decoder(std::string_view in) {
    while (ok && !in.empty())
      ok = take_field(in);
  }
  bool ok = true;

  template <number_like T>
  void operator()(unsigned field, T& v) {
    v = static_cast<T>(slots_[field].number);
  }
  void operator()(unsigned field, std::string& v) { v = slots_[field].text; }
  void operator()(unsigned field, std::vector<std::string>& v) {
    for (auto rest = slots_[field].text; !rest.empty();) {
      const auto end = rest.find('\n');
      v.emplace_back(rest.substr(0, end));
      rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
    }
  }
  void operator()(unsigned field, std::vector<uint64_t>& v) {
    auto rest = slots_[field].text;
    for (uint64_t n = 0; !rest.empty() && ok; v.push_back(n))
      ok = take_varint(rest, n);
  }
  void operator()(unsigned field, digest& v) {
    const auto text = slots_[field].text;
    if (text.size() == v.bytes.size())
      std::copy(text.begin(), text.end(), v.bytes.begin());
    else
      ok = ok && text.empty();
  }
  void operator()(unsigned field, timestamp& v) { v = timestamp{milliseconds{slots_[field].number}}; }
  template <number_like T>
  void operator()(unsigned field, std::optional<T>& v) {
    if (slots_[field].number) v = static_cast<T>(slots_[field].number - 1);
  }
  template <class R, class P>
  void operator()(unsigned field, std::optional<std::chrono::duration<R, P>>& v) {
    if (slots_[field].number) v = std::chrono::duration<R, P>(slots_[field].number - 1);
  }

private:
  struct slot {
    uint64_t number = 0;
    std::string_view text;
  };
  bool take_field(std::string_view& in) {
    uint64_t tag = 0;
    uint64_t number = 0;
    if (!take_varint(in, tag) || !take_varint(in, number)) return false;
    const auto field = tag >> 3;
    const bool known = field < most_fields;
    if ((tag & 7) == varint) {
      if (known) slots_[field].number = number;
      return true;
    }
    if ((tag & 7) != delimited || number > in.size()) return false;
    if (known) slots_[field].text = in.substr(0, number);
    in.remove_prefix(number);
    return true;
  }
  std::array<slot, most_fields> slots_{};
};

template <class T, class Fields>
std::string encode(const T& x, Fields fields) {
  encoder e;
  fields(e, x);
  return std::move(e.out);
}

/// False when the bytes are no whole row.
template <class T, class Fields>
bool decode(std::string_view bytes, T& x, Fields fields) {
  decoder d{bytes};
  if (d.ok) fields(d, x);
  return d.ok;
}

} // namespace troupe::codec
