#pragma once
/// A ZIP (PKWARE APPNOTE 6.3) or a tar archive (POSIX pax) made entry by entry, by libarchive: what was added
/// is handed on at once.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace troupe::http {

/// One thread at a time. Entries of a ZIP are deflated; nothing but the list of their names is held. Every
/// function gives the archive's next bytes and throws `std::runtime_error` when they cannot be made.
class archive_stream {
public:
  enum class format : uint8_t { zip, tar };
  explicit archive_stream(format f);
  ~archive_stream();
  archive_stream(const archive_stream&) = delete;

  /// A whole file.
  std::string add(const std::string& name, std::string_view content);
  /// A file of `size` bytes, which follow in pieces.
  std::string begin(const std::string& name, uint64_t size);
  std::string more(std::string_view piece);
  /// The last bytes; call once.
  std::string finish();

private:
  struct archive_state;
  std::unique_ptr<archive_state> state_;
};

} // namespace troupe::http
