/// A store from a backup: an archive or its directory.
#include "cli/cli.hpp"

#include "storage/backup.hpp"

#include <archive.h>
#include <archive_entry.h>

#include <filesystem>
#include <iostream>

#include <sys/stat.h>
#include <unistd.h>

namespace troupe::cli {
namespace {

namespace fs = std::filesystem;

constexpr size_t block_bytes = 256 * 1024;

/// An entry's place in the store; archives that were made by other means begin with `./` or the backup's own
/// name.
std::string place_of(std::string name) {
  while (name.starts_with("./"))
    name.erase(0, 2);
  if (name.starts_with("bak_")) name.erase(0, name.find('/') + 1);
  return name;
}

/// The parts of a store, and nothing else.
bool belongs(const std::string& name) {
  const bool known = name == backup_manifest || name.starts_with("db/") || name.starts_with("files/content/");
  return known && name.find("..") == name.npos;
}

struct closes {
  void operator()(archive* a) const {
    if (a) archive_read_free(a);
  }
};
struct closes_writer {
  void operator()(archive* a) const {
    if (a) archive_write_free(a);
  }
};

failure broken(archive* a) {
  const char* text = archive_error_string(a);
  return fail(errc::storage_error, std::string("the archive is broken: ") + (text ? text : "it ends early"));
}

failure copy_entry(archive* from, archive* to, archive_entry* entry) {
  if (archive_write_header(to, entry) < ARCHIVE_OK) return broken(to);
  const void* data = nullptr;
  size_t size = 0;
  la_int64_t offset = 0;
  int code = ARCHIVE_OK;
  while ((code = archive_read_data_block(from, &data, &size, &offset)) == ARCHIVE_OK)
    if (archive_write_data_block(to, data, size, offset) < ARCHIVE_OK) return broken(to);
  if (code != ARCHIVE_EOF) return broken(from);
  return archive_write_finish_entry(to) < ARCHIVE_OK ? broken(to) : fail(errc::none);
}

/// `-` is standard input.
failure extract(const std::string& file, const fs::path& into) {
  const std::unique_ptr<archive, closes> from{archive_read_new()};
  const std::unique_ptr<archive, closes_writer> to{archive_write_disk_new()};
  archive_read_support_format_tar(from.get());
  archive_read_support_filter_all(from.get());
  archive_write_disk_set_options(to.get(), ARCHIVE_EXTRACT_UNLINK);
  const char* name = file == "-" ? nullptr : file.c_str();
  if (archive_read_open_filename(from.get(), name, block_bytes) != ARCHIVE_OK) return broken(from.get());
  archive_entry* entry = nullptr;
  int code = ARCHIVE_OK;
  while ((code = archive_read_next_header(from.get(), &entry)) == ARCHIVE_OK) {
    if (archive_entry_filetype(entry) == AE_IFDIR) continue;
    const auto path = place_of(archive_entry_pathname(entry) ? archive_entry_pathname(entry) : "");
    if (!belongs(path) || archive_entry_filetype(entry) != AE_IFREG || archive_entry_hardlink(entry))
      return fail(errc::storage_error, "the archive is no backup: it holds " + path);
    archive_entry_set_pathname(entry, (into / path).c_str());
    if (auto f = copy_entry(from.get(), to.get(), entry); f.code != errc::none) return f;
  }
  return code == ARCHIVE_EOF ? fail(errc::none) : broken(from.get());
}

failure copy_folder(const fs::path& from, const fs::path& into) {
  std::error_code error;
  for (const auto& entry : fs::recursive_directory_iterator{from, error}) {
    const auto to = into / fs::relative(entry.path(), from, error);
    if (entry.is_directory(error))
      fs::create_directories(to, error);
    else
      fs::copy_file(entry.path(), to, error);
    if (error) return fail(errc::storage_error, entry.path().string() + ": " + error.message());
  }
  return error ? fail(errc::storage_error, from.string() + ": " + error.message()) : fail(errc::none);
}

failure fill(const std::string& from, const fs::path& into) {
  std::error_code error;
  fs::create_directories(into / "files" / "incoming", error);
  fs::create_directories(into / "files" / "content", error);
  fs::create_directories(into / "db", error);
  if (error) return fail(errc::storage_error, into.string() + ": " + error.message());
  return fs::is_directory(from, error) ? copy_folder(from, into) : extract(from, into);
}

/// A new directory beside the target; removed unless it becomes that.
class new_directory {
public:
  explicit new_directory(const fs::path& beside)
      : path_(beside.string() + ".XXXXXX") {
    if (!::mkdtemp(path_.data())) path_.clear();
  }
  ~new_directory() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  new_directory(const new_directory&) = delete;
  const std::string& path() const { return path_; }
  failure become(const fs::path& target) {
    std::error_code error;
    fs::remove(target, error);
    if (!error) fs::rename(path_, target, error);
    if (error) return fail(errc::storage_error, target.string() + ": " + error.message());
    path_.clear();
    ::sync();
    return fail(errc::none);
  }

private:
  std::string path_;
};

/// Where the store goes: through links, and without a slash behind it.
fs::path target_of(const std::string& data) {
  std::error_code error;
  auto path = fs::weakly_canonical(fs::absolute(data, error), error);
  return path.has_filename() ? path : path.parent_path();
}

result<backup> fill_and_check(const std::string& from, const new_directory& into) {
  if (into.path().empty()) return fail(errc::storage_error, "no directory can be made beside the target");
  if (auto f = fill(from, into.path()); f.code != errc::none) return f;
  auto known = read_backup(into.path());
  if (!known) return fail(errc::storage_error, "it is no complete backup: " + known.error().message);
  std::error_code error;
  fs::remove(fs::path(into.path()) / backup_manifest, error);
  return known;
}

int give_up(const failure& f) {
  std::cerr << "troupe: " << f.text() << "\n";
  return failed;
}

} // namespace

int restore(const restore_command& c) {
  ::umask(077);
  std::error_code error;
  const auto target = target_of(c.data);
  if (fs::exists(target, error) && !fs::is_empty(target, error)) {
    std::cerr << "troupe: " << c.data << " is there already: a backup is restored into a new directory\n";
    return usage;
  }
  if (c.from != "-" && !fs::exists(c.from, error)) {
    std::cerr << "troupe: there is no " << c.from << "\n";
    return usage;
  }
  fs::create_directories(target.parent_path(), error);
  new_directory made{target};
  const auto known = fill_and_check(c.from, made);
  if (!known) return give_up(known.error());
  if (auto f = made.become(target); f.code != errc::none) return give_up(f);
  std::cout << known->id << " of " << to_rfc3339(known->created) << ": " << known->batches
            << " batches up to event " << raw(known->reached) << ", in " << c.data << "\n"
            << std::flush;
  return verify(target);
}

} // namespace troupe::cli
