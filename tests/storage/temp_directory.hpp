#pragma once
/// A directory of its own for one test.

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace troupe::test {

/// Made empty, removed with all that is in it.
class temp_directory {
public:
  temp_directory()
      : path_((std::filesystem::temp_directory_path() / "troupe-storage-XXXXXX").string()) {
    if (!::mkdtemp(path_.data())) throw std::runtime_error("cannot make " + path_);
  }
  ~temp_directory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  temp_directory(const temp_directory&) = delete;
  temp_directory& operator=(const temp_directory&) = delete;

  const std::string& path() const { return path_; }
  /// The path of a directory in it, which is made when it is missing.
  std::string sub(const std::string& name) const {
    std::filesystem::create_directories(path_ + "/" + name);
    return path_ + "/" + name;
  }

private:
  std::string path_;
};

} // namespace troupe::test
