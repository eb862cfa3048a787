#include "cli/whole_file.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace troupe::cli {
namespace {

namespace fs = std::filesystem;

/// A new name is durable with its folder.
bool sync_folder_of(const std::string& path) {
  const auto folder = fs::path(path).parent_path();
  const int fd = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_CLOEXEC);
  const bool done = fd >= 0 && ::fsync(fd) == 0;
  if (fd >= 0) ::close(fd);
  return done;
}

failure refused(const std::string& path, const std::string& why) {
  return fail(errc::invalid_request, path + ": " + why);
}

} // namespace

result<std::unique_ptr<whole_file>> whole_file::begin(std::string path, bool replace) {
  std::error_code ignored;
  if (path.empty()) return refused("\"\"", "is no file name");
  if (fs::exists(path, ignored) && !replace) return refused(path, "is there already");
  auto part = path + ".XXXXXX";
  const int fd = ::mkstemp(part.data());
  auto* file = fd >= 0 ? ::fdopen(fd, "wb") : nullptr;
  if (!file) return refused(path, std::strerror(errno));
  return std::unique_ptr<whole_file>(new whole_file(std::move(path), std::move(part), file));
}

whole_file::whole_file(std::string path, std::string part, std::FILE* file)
    : path_(std::move(path))
    , part_(std::move(part))
    , file_(file) {}

whole_file::~whole_file() {
  if (file_) std::fclose(file_);
  if (!part_.empty()) ::unlink(part_.c_str());
}

bool whole_file::write(std::string_view piece) {
  if (std::fwrite(piece.data(), 1, piece.size(), file_) == piece.size()) {
    size_ += piece.size();
    return true;
  }
  error_ = errno;
  return false;
}

failure whole_file::failed(int error) const {
  return refused(path_, std::string("cannot be written: ") + std::strerror(error));
}

failure whole_file::finish() {
  if (error_ == 0 && (std::fflush(file_) != 0 || ::fsync(fileno(file_)) != 0)) error_ = errno;
  if (error_ != 0) return failed(error_);
  if (::rename(part_.c_str(), path_.c_str()) != 0) return failed(errno);
  part_.clear();
  return sync_folder_of(path_) ? fail(errc::none) : failed(errno);
}

} // namespace troupe::cli
