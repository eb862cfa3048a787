#include "tests/support/unsynced_fs.hpp"

#include "tests/support/loss_journal.hpp"

#include <rocksdb/file_system.h>

#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <optional>

namespace troupe::test {
namespace {

using namespace rocksdb;
using journal_ptr = std::shared_ptr<loss_journal>;

std::optional<struct stat> look(const std::string& path) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) return std::nullopt;
  return info;
}
bool is_file(const std::string& path) {
  const auto info = look(path);
  return info && S_ISREG(info->st_mode);
}

/// Syncs are not passed on: what was written lies in the machine's cache, which outlives this process, and
/// the journal alone decides what a loss takes.
class tracked_file final : public FSWritableFileOwnerWrapper {
public:
  tracked_file(std::unique_ptr<FSWritableFile> inner, journal_ptr journal, const struct stat& info)
      : FSWritableFileOwnerWrapper(std::move(inner))
      , journal_(std::move(journal))
      , inode_(info.st_ino)
      , length_(static_cast<uint64_t>(info.st_size)) {}

  IOStatus Append(const Slice& data, const IOOptions& o, IODebugContext* dbg) override {
    return grown(target()->Append(data, o, dbg), length_ + data.size());
  }
  IOStatus Append(const Slice& data, const IOOptions& o, const DataVerificationInfo& v,
                  IODebugContext* dbg) override {
    return grown(target()->Append(data, o, v, dbg), length_ + data.size());
  }
  IOStatus PositionedAppend(const Slice& data, uint64_t at, const IOOptions& o,
                            IODebugContext* dbg) override {
    return grown(target()->PositionedAppend(data, at, o, dbg), at + data.size());
  }
  IOStatus PositionedAppend(const Slice& data, uint64_t at, const IOOptions& o, const DataVerificationInfo& v,
                            IODebugContext* dbg) override {
    return grown(target()->PositionedAppend(data, at, o, v, dbg), at + data.size());
  }
  IOStatus Truncate(uint64_t size, const IOOptions& o, IODebugContext* dbg) override {
    auto s = target()->Truncate(size, o, dbg);
    if (!s.ok()) return s;
    length_ = size;
    journal_->file_cut(inode_, size);
    return s;
  }
  IOStatus Sync(const IOOptions&, IODebugContext*) override { return synced(); }
  IOStatus Fsync(const IOOptions&, IODebugContext*) override { return synced(); }
  /// Starts a write-back and waits for nothing: promises nothing.
  IOStatus RangeSync(uint64_t, uint64_t, const IOOptions&, IODebugContext*) override {
    return IOStatus::OK();
  }

private:
  IOStatus grown(IOStatus s, uint64_t end) {
    if (s.ok() && end > length_) length_ = end;
    return s;
  }
  IOStatus synced() {
    journal_->file_synced(inode_, length_);
    return IOStatus::OK();
  }

  journal_ptr journal_;
  uint64_t inode_;
  std::atomic<uint64_t> length_;
};

class tracked_directory final : public FSDirectoryWrapper {
public:
  tracked_directory(std::unique_ptr<FSDirectory> inner, journal_ptr journal, std::string path)
      : FSDirectoryWrapper(std::move(inner))
      , journal_(std::move(journal))
      , path_(std::move(path)) {}

  IOStatus Fsync(const IOOptions&, IODebugContext*) override { return synced(); }
  IOStatus FsyncWithDirOptions(const IOOptions&, IODebugContext*, const DirFsyncOptions&) override {
    return synced();
  }

private:
  IOStatus synced() {
    journal_->directory_synced(path_);
    return IOStatus::OK();
  }

  journal_ptr journal_;
  std::string path_;
};

class unsynced_file_system final : public FileSystemWrapper {
public:
  explicit unsynced_file_system(const std::string& directory)
      : FileSystemWrapper(FileSystem::Default())
      , journal_(std::make_shared<loss_journal>(directory)) {}

  const char* Name() const override { return "UnsyncedFileSystem"; }

  IOStatus NewWritableFile(const std::string& f, const FileOptions& o, std::unique_ptr<FSWritableFile>* r,
                           IODebugContext* dbg) override {
    const auto path = journal_->inside(f);
    if (path.empty()) return target()->NewWritableFile(f, o, r, dbg);
    std::unique_ptr<FSWritableFile> inner;
    const auto s = changed(replacing(path), [&] {
      // A file that was there stays whole under its other names.
      ::unlink(path.c_str());
      return target()->NewWritableFile(path, o, &inner, dbg);
    });
    if (!s.ok()) return s;
    const auto info = look(path).value();
    journal_->file_made(info.st_ino);
    *r = std::make_unique<tracked_file>(std::move(inner), journal_, info);
    return s;
  }

  IOStatus ReopenWritableFile(const std::string& f, const FileOptions& o, std::unique_ptr<FSWritableFile>* r,
                              IODebugContext* dbg) override {
    const auto path = journal_->inside(f);
    if (path.empty()) return target()->ReopenWritableFile(f, o, r, dbg);
    const auto info = look(path);
    if (!info) return NewWritableFile(f, o, r, dbg);
    journal_->file_found(info->st_ino, static_cast<uint64_t>(info->st_size));
    std::unique_ptr<FSWritableFile> inner;
    auto s = target()->ReopenWritableFile(path, o, &inner, dbg);
    if (s.ok()) *r = std::make_unique<tracked_file>(std::move(inner), journal_, *info);
    return s;
  }

  IOStatus ReuseWritableFile(const std::string& f, const std::string& old, const FileOptions& o,
                             std::unique_ptr<FSWritableFile>* r, IODebugContext* dbg) override {
    if (auto s = RenameFile(old, f, o.io_options, dbg); !s.ok()) return s;
    return NewWritableFile(f, o, r, dbg);
  }

  IOStatus NewDirectory(const std::string& d, const IOOptions& o, std::unique_ptr<FSDirectory>* r,
                        IODebugContext* dbg) override {
    std::unique_ptr<FSDirectory> inner;
    auto s = target()->NewDirectory(d, o, &inner, dbg);
    if (s.ok()) *r = std::make_unique<tracked_directory>(std::move(inner), journal_, d);
    return s;
  }

  IOStatus DeleteFile(const std::string& f, const IOOptions& o, IODebugContext* dbg) override {
    const auto path = journal_->inside(f);
    if (!is_file(path)) return target()->DeleteFile(f, o, dbg);
    return changed({{'-', path, {}}}, [&] { return target()->DeleteFile(path, o, dbg); });
  }

  /// Directories are renamed without a trace: nothing under test does it.
  IOStatus RenameFile(const std::string& from, const std::string& to, const IOOptions& o,
                      IODebugContext* dbg) override {
    const auto source = journal_->inside(from);
    const auto place = journal_->inside(to);
    if (!is_file(source) || place.empty()) return target()->RenameFile(from, to, o, dbg);
    auto changes = replacing(place);
    changes.push_back({'-', source, {}});
    return changed(std::move(changes), [&] { return target()->RenameFile(source, place, o, dbg); });
  }

  IOStatus LinkFile(const std::string& from, const std::string& to, const IOOptions& o,
                    IODebugContext* dbg) override {
    const auto place = journal_->inside(to);
    if (place.empty() || look(place)) return target()->LinkFile(from, to, o, dbg);
    return changed({{'+', place, {}}}, [&] { return target()->LinkFile(from, place, o, dbg); });
  }

  IOStatus CreateDir(const std::string& d, const IOOptions& o, IODebugContext* dbg) override {
    const auto path = journal_->inside(d);
    if (path.empty() || look(path)) return target()->CreateDir(d, o, dbg);
    return changed({{'m', path, {}}}, [&] { return target()->CreateDir(path, o, dbg); });
  }

  IOStatus CreateDirIfMissing(const std::string& d, const IOOptions& o, IODebugContext* dbg) override {
    const auto path = journal_->inside(d);
    if (path.empty() || look(path)) return target()->CreateDirIfMissing(d, o, dbg);
    return changed({{'m', path, {}}}, [&] { return target()->CreateDirIfMissing(path, o, dbg); });
  }

  IOStatus DeleteDir(const std::string& d, const IOOptions& o, IODebugContext* dbg) override {
    const auto path = journal_->inside(d);
    if (path.empty() || !look(path)) return target()->DeleteDir(d, o, dbg);
    auto s = target()->DeleteDir(path, o, dbg);
    // After the fact: a directory that is not empty stays, and its names must not be taken for durable.
    if (s.ok()) journal_->change({{'x', path, {}}}, [] {});
    return s;
  }

private:
  static std::vector<name_change> replacing(const std::string& path) {
    std::vector<name_change> out;
    if (is_file(path)) out.push_back({'-', path, {}});
    out.push_back({'+', path, {}});
    return out;
  }
  IOStatus changed(std::vector<name_change> changes, const std::function<IOStatus()>& make) {
    auto s = IOStatus::OK();
    journal_->change(std::move(changes), [&] { s = make(); });
    return s;
  }

  journal_ptr journal_;
};

} // namespace

std::shared_ptr<FileSystem> make_unsynced_file_system(const std::string& directory) {
  return std::make_shared<unsynced_file_system>(directory);
}

} // namespace troupe::test
