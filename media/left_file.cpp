#include "media/left_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <utility>

namespace troupe::media {

result<left_file> left_file::open(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  struct stat about {};
  if (fd >= 0 && fstat(fd, &about) == 0 && S_ISREG(about.st_mode))
    return left_file{fd, static_cast<uint64_t>(about.st_size)};
  if (fd >= 0) ::close(fd);
  return fail(errc::parse_failed, "the program left no file " + path.substr(path.rfind('/') + 1));
}

left_file::left_file(left_file&& other) noexcept
    : fd_(std::exchange(other.fd_, -1))
    , size_(other.size_) {}

left_file::~left_file() {
  if (fd_ >= 0) ::close(fd_);
}

std::string left_file::read(size_t most) {
  std::string out(most, '\0');
  const auto n = ::read(fd_, out.data(), most);
  out.resize(n > 0 ? static_cast<size_t>(n) : 0);
  return out;
}

result<std::string> left_file::read_all(uint64_t most) {
  constexpr size_t block = 1u << 20;
  std::string out;
  for (auto piece = read(block); !piece.empty(); piece = read(block)) {
    out += piece;
    if (out.size() > most) return fail(errc::too_large, "the program wrote more than allowed");
  }
  return out;
}

std::vector<std::string> left_files(const std::string& folder) {
  std::vector<std::string> out;
  std::error_code ignored;
  for (const auto& e : std::filesystem::directory_iterator(folder, ignored))
    if (e.symlink_status(ignored).type() == std::filesystem::file_type::regular)
      out.push_back(e.path().filename().string());
  return out;
}

} // namespace troupe::media
