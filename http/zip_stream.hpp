#pragma once
/// A ZIP archive (PKWARE APPNOTE 6.3) made entry by entry, by libarchive: what was added is handed on at
/// once.

#include <memory>
#include <string>
#include <string_view>

namespace troupe::http {

/// One thread at a time. Entries are deflated; nothing but the list of their names is held.
class zip_stream {
public:
  zip_stream();
  ~zip_stream();
  zip_stream(const zip_stream&) = delete;

  /// The archive's next bytes with this file in them. Throws `std::runtime_error` when it cannot be made.
  std::string add(const std::string& name, std::string_view content);
  /// The archive's last bytes; call once.
  std::string finish();

private:
  struct archive_state;
  std::unique_ptr<archive_state> state_;
};

} // namespace troupe::http
