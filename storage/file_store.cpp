#include "storage/file_store.hpp"

#include <rocksdb/file_system.h>

#include <atomic>
#include <vector>

namespace troupe {
namespace {

const rocksdb::IOOptions io;

failure failure_of(const rocksdb::IOStatus& s) {
  if (s.ok()) return fail(errc::none);
  return fail(s.IsNoSpace() ? errc::storage_full : errc::storage_error, s.ToString());
}

class file_spool final : public spool {
public:
  file_spool(std::shared_ptr<rocksdb::FileSystem> fs, std::string path,
             std::unique_ptr<rocksdb::FSWritableFile> file)
      : fs_(std::move(fs))
      , path_(std::move(path))
      , file_(std::move(file)) {}
  ~file_spool() override {
    if (!file_) return;
    file_->Close(io, nullptr);
    fs_->DeleteFile(path_, io, nullptr);
  }
  failure append(std::string_view data) override {
    return failure_of(file_->Append({data.data(), data.size()}, io, nullptr));
  }
  result<spooled> close(bool sync) override {
    auto status = file_->Flush(io, nullptr);
    if (status.ok() && sync) status = file_->Fsync(io, nullptr);
    if (status.ok()) status = file_->Close(io, nullptr);
    if (!status.ok()) return failure_of(status);
    file_.reset();
    return spooled{path_,
                   {nullptr, [fs = fs_, path = path_](const void*) { fs->DeleteFile(path, io, nullptr); }}};
  }

private:
  std::shared_ptr<rocksdb::FileSystem> fs_;
  std::string path_;
  std::unique_ptr<rocksdb::FSWritableFile> file_;
};

} // namespace

file_store::file_store(std::string directory, std::shared_ptr<rocksdb::FileSystem> fs)
    : directory_(std::move(directory))
    , fs_(std::move(fs)) {}
file_store::~file_store() = default;

result<std::unique_ptr<file_store>> file_store::open(std::string directory,
                                                     std::shared_ptr<rocksdb::FileSystem> fs) {
  std::unique_ptr<file_store> store{
      new file_store(std::move(directory), fs ? fs : rocksdb::FileSystem::Default())};
  for (const auto* sub : {"", "/incoming", "/content"})
    if (auto s = store->fs_->CreateDirIfMissing(store->directory_ + sub, io, nullptr); !s.ok())
      return failure_of(s);
  const auto parent = store->directory_.substr(0, store->directory_.rfind('/'));
  for (const auto& made : {store->directory_, parent})
    if (auto f = store->sync_directory(made); f.code != errc::none) return f;
  return store;
}

result<std::unique_ptr<spool>> file_store::create() {
  static std::atomic<uint64_t> serial{0};
  const auto path = directory_ + "/incoming/" + std::to_string(++serial) + ".part";
  std::unique_ptr<rocksdb::FSWritableFile> file;
  if (auto s = fs_->NewWritableFile(path, {}, &file, nullptr); !s.ok()) return failure_of(s);
  return std::unique_ptr<spool>(new file_spool(fs_, path, std::move(file)));
}

failure file_store::sync_directory(const std::string& path) {
  std::unique_ptr<rocksdb::FSDirectory> handle;
  auto s = fs_->NewDirectory(path, io, &handle, nullptr);
  if (s.ok()) s = handle->Fsync(io, nullptr);
  return failure_of(s);
}

failure file_store::keep(const std::string& path, const digest& hash) {
  rocksdb::IOStatus s;
  if (fs_->FileExists(path, io, nullptr).ok()) {
    std::unique_ptr<rocksdb::FSWritableFile> file;
    s = fs_->ReopenWritableFile(path, {}, &file, nullptr);
    if (s.ok()) s = file->Fsync(io, nullptr);
    if (s.ok()) s = file->Close(io, nullptr);
    if (s.ok()) s = fs_->RenameFile(path, marker_of(hash), io, nullptr);
  }
  const auto place = path_of(hash);
  const auto folder = place.substr(0, place.rfind('/'));
  if (s.ok()) s = fs_->CreateDirIfMissing(folder, io, nullptr);
  if (s.ok() && !fs_->FileExists(place, io, nullptr).ok())
    s = fs_->LinkFile(marker_of(hash), place, io, nullptr);
  if (!s.ok()) return failure_of(s);
  for (const auto& changed : {directory_ + "/incoming", folder, directory_ + "/content"})
    if (auto f = sync_directory(changed); f.code != errc::none) return f;
  return fail(errc::none);
}

void file_store::settle(const digest& hash) {
  fs_->DeleteFile(marker_of(hash), io, nullptr);
}

/// Durably: with its marker gone first, a content that came back would belong to nobody.
bool file_store::erase(const digest& hash) {
  const auto place = path_of(hash);
  fs_->DeleteFile(place, io, nullptr);
  return sync_directory(place.substr(0, place.rfind('/'))).code == errc::none;
}

void file_store::remove(const digest& hash) {
  if (erase(hash)) settle(hash);
}

std::shared_ptr<void> file_store::hold() {
  ++holds_;
  return {nullptr, [this](void*) { --holds_; }};
}

std::string file_store::path_of(const digest& hash) const {
  const auto hex = hash.hex();
  return directory_ + "/content/" + hex.substr(0, 2) + "/" + hex;
}

bool file_store::holds(const digest& hash) const {
  return fs_->FileExists(path_of(hash), io, nullptr).ok();
}

std::vector<digest> file_store::contents() const {
  std::vector<digest> out;
  std::vector<std::string> folders;
  fs_->GetChildren(directory_ + "/content", io, &folders, nullptr);
  for (const auto& folder : folders) {
    std::vector<std::string> names;
    if (folder.size() == 2 && folder != "..")
      fs_->GetChildren(directory_ + "/content/" + folder, io, &names, nullptr);
    for (const auto& name : names)
      if (const auto hash = digest_from_hex(name); !hash.empty()) out.push_back(hash);
  }
  return out;
}

std::string file_store::marker_of(const digest& hash) const {
  return directory_ + "/incoming/" + hash.hex();
}

size_t file_store::sweep(const std::function<bool(const digest&)>& named) {
  std::vector<std::string> names;
  fs_->GetChildren(directory_ + "/incoming", io, &names, nullptr);
  size_t removed = 0;
  for (const auto& name : names) {
    if (name == "." || name == "..") continue;
    const auto hash = digest_from_hex(name);
    if (!hash.empty() && holds(hash) && !named(hash)) {
      if (!erase(hash)) continue;
      ++removed;
    }
    fs_->DeleteFile(directory_ + "/incoming/" + name, io, nullptr);
  }
  return removed;
}

} // namespace troupe
