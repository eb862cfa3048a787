#pragma once
/// A file as it arrives: hashed, in memory while it is small, in the store's own file when it is not.

#include "http/exchange.hpp"
#include "model/content.hpp"

namespace troupe::http {

/// For a worker's thread, one at a time. Fails as the store does.
class incoming_file {
public:
  explicit incoming_file(const server_context& server)
      : server_(server) {}
  failure append(std::string_view bytes);
  uint64_t size() const { return size_; }
  /// Hands it over, synced when it is a file; call once. An empty one has no hash.
  result<content_ref> close();

private:
  const server_context& server_;
  hasher hash_;
  uint64_t size_ = 0;
  std::string text_;
  std::unique_ptr<spool> spooled_;
};

} // namespace troupe::http
