#pragma once
/// What a program has left in its folder: it may have been told by a stranger what to leave.

#include "model/error.hpp"

#include <string>
#include <vector>

namespace troupe::media {

/// A plain file, never what a link leads to and never a pipe.
class left_file {
public:
  /// Fails with `parse_failed` when there is no plain file of that name.
  static result<left_file> open(const std::string& path);
  left_file(left_file&& other) noexcept;
  ~left_file();

  uint64_t size() const { return size_; }
  /// The next bytes, at most `most`; empty at the end.
  std::string read(size_t most);
  /// All of it; fails with `too_large` when that is more than `most`.
  result<std::string> read_all(uint64_t most);

private:
  left_file(int fd, uint64_t size)
      : fd_(fd)
      , size_(size) {}
  int fd_ = -1;
  uint64_t size_ = 0;
};

/// Names of the plain files in a folder.
std::vector<std::string> left_files(const std::string& folder);

} // namespace troupe::media
