/// A store from a backup: an archive or its directory.
#include "cli/cli.hpp"

#include "storage/backup.hpp"

#include <archive.h>
#include <archive_entry.h>

#include <filesystem>
#include <iostream>

#include <unistd.h>

namespace troupe::cli {
namespace {

namespace fs = std::filesystem;

constexpr size_t block_bytes = 256 * 1024;

/// The parts of a store, and nothing else.
bool belongs(const std::string& name) {
  return name == backup_manifest || name.starts_with("db/") || name.starts_with("files/content/");
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
    const std::string path = archive_entry_pathname(entry) ? archive_entry_pathname(entry) : "";
    if (!belongs(path) || path.find("..") != path.npos || archive_entry_filetype(entry) != AE_IFREG ||
        archive_entry_hardlink(entry))
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

int give_up(const failure& f, const fs::path& part) {
  std::error_code ignored;
  fs::remove_all(part, ignored);
  std::cerr << "troupe: " << f.text() << "\n";
  return failed;
}

} // namespace

int restore(const restore_command& c) {
  std::error_code error;
  if (fs::exists(c.data, error) && !fs::is_empty(c.data, error)) {
    std::cerr << "troupe: " << c.data << " is there already: a backup is restored into a new directory\n";
    return usage;
  }
  fs::path part = fs::path(c.data + ".part");
  fs::remove_all(part, error);
  if (auto f = fill(c.from, part); f.code != errc::none) return give_up(f, part);
  const auto known = read_backup(part);
  if (!known)
    return give_up(fail(errc::storage_error, "it is no complete backup: " + known.error().message), part);
  fs::remove(part / backup_manifest, error);
  fs::remove(c.data, error);
  fs::rename(part, c.data, error);
  ::sync();
  if (error) return give_up(fail(errc::storage_error, c.data + ": " + error.message()), part);
  std::cout << known->id << " of " << to_rfc3339(known->created) << ": " << known->batches
            << " batches up to event " << raw(known->reached) << ", in " << c.data << "\n"
            << std::flush;
  return verify(c.data);
}

} // namespace troupe::cli
