#include "tests/support/loss_journal.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace troupe::test {
namespace {

constexpr uint64_t all_of_it = ~uint64_t{0};

std::string_view take(std::string_view& line) {
  const auto field = line.substr(0, line.find('\t'));
  line.remove_prefix(std::min(field.size() + 1, line.size()));
  return field;
}

uint64_t number(std::string_view text) {
  return std::strtoull(std::string(text).c_str(), nullptr, 10);
}

bool lies_in(const name_change& c, std::string_view directory) {
  return c.path.size() > directory.size() && c.path.rfind('/') == directory.size() &&
         c.path.starts_with(directory);
}

/// May be done twice: a loss that is interrupted is begun again from the same journal.
void take_back(const name_change& c) {
  std::error_code ignored;
  switch (c.kind) {
  case '+': ::unlink(c.path.c_str()); break;
  case 'm': std::filesystem::remove_all(c.path, ignored); break;
  case 'x': ::mkdir(c.path.c_str(), 0755); break;
  default:
    ::unlink(c.path.c_str());
    if (::link(c.lost.c_str(), c.path.c_str()) != 0) throw std::runtime_error("cannot bring back " + c.path);
  }
}

std::string normal(const std::string& path) {
  auto out = std::filesystem::absolute(path).lexically_normal().string();
  while (out.size() > 1 && out.back() == '/')
    out.pop_back();
  return out;
}

} // namespace

void loss_state::apply(std::string_view line) {
  const auto kind = take(line);
  const auto what = take(line);
  if (kind == "s")
    synced[number(what)] = number(line);
  else if (kind == "f")
    std::erase_if(pending, [&](const name_change& c) { return lies_in(c, what); });
  else
    pending.push_back({kind.front(), std::string(what), std::string(line)});
}

loss_journal::loss_journal(const std::string& directory)
    : directory_(normal(directory))
    , lost_(directory_ + ".lost") {
  lose();
  begin();
}

loss_journal::~loss_journal() {
  ::close(file_);
}

void loss_journal::lose() {
  loss_state known;
  std::ifstream journal(directory_ + ".journal");
  for (std::string line; std::getline(journal, line);)
    // A line without its end was being written when the process died: what it tells of was not done yet.
    if (!journal.eof()) known.apply(line);
  std::for_each(known.pending.rbegin(), known.pending.rend(), take_back);
  if (known.synced.empty()) return;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory_)) {
    struct stat info {};
    if (::lstat(entry.path().c_str(), &info) != 0 || !S_ISREG(info.st_mode)) continue;
    const auto kept = known.synced.find(info.st_ino);
    if (kept == known.synced.end() || static_cast<uint64_t>(info.st_size) <= kept->second) continue;
    std::filesystem::resize_file(entry.path(), kept->second);
  }
}

void loss_journal::begin() {
  file_ =
      ::open((directory_ + ".journal").c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);
  if (file_ < 0) throw std::runtime_error("cannot write " + directory_ + ".journal");
  // Only now: the old journal speaks of these.
  std::filesystem::remove_all(lost_);
  std::filesystem::create_directory(lost_);
}

std::string loss_journal::inside(const std::string& path) const {
  auto out = normal(path);
  const bool below =
      out.size() > directory_.size() && out.starts_with(directory_) && out[directory_.size()] == '/';
  return below ? out : std::string{};
}

void loss_journal::note(const std::string& line) {
  const auto whole = line + '\n';
  if (::write(file_, whole.data(), whole.size()) != static_cast<ssize_t>(whole.size()))
    throw std::runtime_error("cannot write " + directory_ + ".journal");
  state_.apply(line);
}

void loss_journal::note_size(uint64_t inode, uint64_t size) {
  note("s\t" + std::to_string(inode) + '\t' + std::to_string(size));
}

void loss_journal::change(std::vector<name_change> changes, const std::function<void()>& make) {
  const std::lock_guard lock{mutex_};
  for (auto& c : changes) {
    if (c.kind == '-') {
      c.lost = lost_ + '/' + std::to_string(++serial_);
      if (::link(c.path.c_str(), c.lost.c_str()) != 0) throw std::runtime_error("cannot keep " + c.path);
    }
    note(std::string{c.kind} + '\t' + c.path + '\t' + c.lost);
  }
  make();
}

void loss_journal::drop_lost(const std::string& path) {
  struct stat info {};
  // The last name of a file: its inode may become that of a file that nothing is known of.
  if (::lstat(path.c_str(), &info) == 0 && info.st_nlink == 1) note_size(info.st_ino, all_of_it);
  ::unlink(path.c_str());
}

void loss_journal::directory_synced(const std::string& path) {
  const auto directory = normal(path);
  const std::lock_guard lock{mutex_};
  std::vector<std::string> lost;
  for (const auto& c : state_.pending)
    if (c.kind == '-' && lies_in(c, directory)) lost.push_back(c.lost);
  note("f\t" + directory);
  for (const auto& link : lost)
    drop_lost(link);
}

void loss_journal::file_made(uint64_t inode) {
  const std::lock_guard lock{mutex_};
  note_size(inode, 0);
}

void loss_journal::file_found(uint64_t inode, uint64_t size) {
  const std::lock_guard lock{mutex_};
  if (!state_.synced.contains(inode)) note_size(inode, size);
}

void loss_journal::file_synced(uint64_t inode, uint64_t size) {
  const std::lock_guard lock{mutex_};
  if (state_.synced[inode] != size) note_size(inode, size);
}

void loss_journal::file_cut(uint64_t inode, uint64_t size) {
  const std::lock_guard lock{mutex_};
  if (state_.synced[inode] > size) note_size(inode, size);
}

} // namespace troupe::test
