#include "process/document_file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <new>
#include <utility>

namespace troupe {

result<document_file> document_file::open(const content_ref& content) {
  if (content.path.empty()) return open(content.view());
  const int fd = ::open(content.path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return fail(errno == EMFILE || errno == ENFILE ? errc::overloaded : errc::storage_error,
                std::string("the original cannot be read: ") + std::strerror(errno));
  return document_file{fd};
}

result<document_file> document_file::open(std::string_view bytes) {
  const int fd = memfd_create("document", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (fd < 0) return fail(errc::overloaded, std::strerror(errno));
  document_file made{fd};
  while (!bytes.empty()) {
    const auto n = ::write(fd, bytes.data(), bytes.size());
    if (n <= 0) return fail(errc::overloaded, std::strerror(errno));
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  lseek(fd, 0, SEEK_SET);
  // Who is handed it must not change what another may read after it.
  fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
  return made;
}

document_file::document_file(document_file&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)) {}

document_file& document_file::operator=(document_file&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

document_file::~document_file() {
  if (fd_ >= 0) ::close(fd_);
}

int document_file::reopened() const {
  return ::open(("/proc/self/fd/" + std::to_string(fd_)).c_str(), O_RDONLY | O_CLOEXEC);
}

mapped_file::mapped_file(int fd, size_t size)
    : size_(size) {
  if (size == 0) return;
  at_ = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
  if (at_ == MAP_FAILED) throw std::bad_alloc();
}

mapped_file::~mapped_file() {
  if (at_) munmap(at_, size_);
}

} // namespace troupe
