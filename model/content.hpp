#pragma once
/// Bytes that travel between stages and nodes: named by their SHA-256, small ones carried along.

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace troupe {

/// A SHA-256 (FIPS 180-4).
struct digest {
  std::array<uint8_t, 32> bytes{};
  /// 64 lower-case hexadecimal digits.
  std::string hex() const;
  std::string_view view() const { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }
  bool empty() const { return *this == digest{}; }
  friend bool operator==(const digest&, const digest&) = default;
};

digest sha256(std::string_view data);
/// The digest behind 64 hexadecimal digits; an empty one when the text is anything else.
digest digest_from_hex(std::string_view text);

/// Hashes in steps. One thread at a time.
class hasher {
public:
  hasher();
  ~hasher();
  hasher(const hasher&) = delete;
  hasher& operator=(const hasher&) = delete;
  void update(std::string_view data);
  /// Ends the hash; call once.
  digest finish();

private:
  struct context;
  std::unique_ptr<context> context_;
};

/// A reference to content. It means the same on every node: `hash` and `size` name the bytes; `bytes`
/// carries them when they are small. Larger ones lie in a file of the node that holds them: `path` is
/// that file, empty on every other node, and `keeper` what removes it when nobody needs it any more.
struct content_ref {
  digest hash;
  uint64_t size = 0;
  std::shared_ptr<const std::string> bytes;
  std::string path;
  std::shared_ptr<const void> keeper;

  bool empty() const { return size == 0; }
  std::string_view view() const { return bytes ? std::string_view{*bytes} : std::string_view{}; }
};

/// A reference that carries `data`; hashes it.
content_ref make_content(std::string data);

} // namespace troupe
