#include "parse/documents/legacy.hpp"

namespace troupe::documents {

bool is_encrypted_container(std::string_view data) {
  const auto wide = [](std::string_view name) {
    std::string out;
    for (const char c : name)
      out += {c, '\0'};
    return out;
  };
  for (const auto* stream : {"EncryptedPackage", "EncryptedSummary"})
    if (data.find(wide(stream)) != data.npos) return true;
  // FilePass of BIFF8 with RC4 (MS-XLS 2.4.117): record 0x2f, 54 bytes, encryption type 1.
  return data.find(std::string_view("\x2f\0\x36\0\x01\0", 6)) != data.npos;
}

} // namespace troupe::documents
