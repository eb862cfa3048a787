#include "http/body.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace troupe::http {
namespace {

failure disk_failure() {
  return fail(errno == ENOSPC ? errc::storage_full : errc::storage_error, std::strerror(errno));
}

} // namespace

failure request_body::append(std::string_view data) {
  size_ += data.size();
  if (hasher_) hasher_->update(data);
  if (!file_ && size_ <= in_memory_) {
    text_ += data;
    return fail(errc::none);
  }
  if (!file_) {
    const int fd = ::open(directory_.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0) return disk_failure();
    file_.reset(::fdopen(fd, "w+b"));
    if (std::fwrite(text_.data(), 1, text_.size(), file_.get()) != text_.size()) return disk_failure();
    text_ = {};
  }
  if (std::fwrite(data.data(), 1, data.size(), file_.get()) != data.size()) return disk_failure();
  return fail(errc::none);
}

std::FILE* request_body::file() {
  if (file_) std::rewind(file_.get());
  return file_.get();
}

} // namespace troupe::http
