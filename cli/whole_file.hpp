#pragma once
/// A file that is there as a whole or not at all: written beside its place, synced, then put there.

#include "model/error.hpp"

#include <cstdio>
#include <memory>

namespace troupe::cli {

class whole_file {
public:
  /// Begins it, for its owner's eyes alone. Fails with `invalid_request` and a text that names the file: it
  /// is there already and not to be replaced, or cannot be made.
  static result<std::unique_ptr<whole_file>> begin(std::string path, bool replace);
  /// Removes what was written, unless it was finished.
  ~whole_file();
  whole_file(const whole_file&) = delete;

  /// False: it cannot be written; `finish` says why.
  bool write(std::string_view piece);
  uint64_t size() const { return size_; }
  failure finish();

private:
  whole_file(std::string path, std::string part, std::FILE* file);
  failure failed(int error) const;

  std::string path_;
  std::string part_;
  std::FILE* file_;
  uint64_t size_ = 0;
  int error_ = 0;
};

} // namespace troupe::cli
