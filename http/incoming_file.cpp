#include "http/incoming_file.hpp"

namespace troupe::http {

failure incoming_file::append(std::string_view bytes) {
  size_ += bytes.size();
  hash_.update(bytes);
  if (!spooled_ && size_ <= static_cast<uint64_t>(server_.options.http.spool_bytes)) {
    text_ += bytes;
    return fail(errc::none);
  }
  if (!spooled_) {
    auto made = server_.to.new_spool();
    if (!made) return made.error();
    spooled_ = std::move(*made);
    if (auto f = spooled_->append(text_); f.code != errc::none) return f;
    text_ = {};
  }
  return spooled_->append(bytes);
}

result<content_ref> incoming_file::close() {
  content_ref out;
  out.size = size_;
  if (size_ > 0) out.hash = hash_.finish();
  if (!spooled_) {
    out.bytes = std::make_shared<const std::string>(std::move(text_));
    return out;
  }
  // Synced here, so that the writer does not have to wait for the disk.
  auto closed = spooled_->close(true);
  if (!closed) return closed.error();
  out.path = std::move(closed->path);
  out.keeper = std::move(closed->keeper);
  return out;
}

} // namespace troupe::http
