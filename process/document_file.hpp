#pragma once
/// A document as a descriptor, for processes that are handed nothing else.

#include "model/content.hpp"
#include "model/error.hpp"

namespace troupe {

class document_file {
public:
  /// The file of a large content, or an unnamed one in memory with the bytes of a small one. Read only where
  /// it arrives. Fails with `storage_error` when the file is gone, `overloaded` without descriptors.
  static result<document_file> open(const content_ref& content);
  static result<document_file> open(std::string_view bytes);
  document_file(document_file&& other) noexcept;
  document_file& operator=(document_file&& other) noexcept;
  ~document_file();

  int fd() const { return fd_; }
  /// Another descriptor of the same file, at its start, with a place of its own. -1 when there is none left.
  int reopened() const;

private:
  explicit document_file(int fd)
      : fd_(fd) {}
  int fd_ = -1;
};

/// A document's bytes, mapped. Empty for an empty file.
class mapped_file {
public:
  /// Of `size` bytes; throws `std::bad_alloc` when there is no room for them.
  mapped_file(int fd, size_t size);
  ~mapped_file();
  mapped_file(const mapped_file&) = delete;
  std::string_view view() const { return {static_cast<const char*>(at_), size_}; }

private:
  void* at_ = nullptr;
  size_t size_ = 0;
};

} // namespace troupe
