#include "storage/backup.hpp"

#include "config/log.hpp"
#include "storage/layout.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

namespace troupe {
namespace {

namespace key = layout::key;
namespace fs = std::filesystem;
using nlohmann::json;

constexpr int manifest_format = 1;

failure failed(const std::string& what, const std::error_code& error) {
  return fail(errc::storage_error, what + ": " + error.message());
}

/// A file or a directory.
failure sync(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool done = fd >= 0 && ::fsync(fd) == 0;
  const std::error_code error{errno, std::generic_category()};
  if (fd >= 0) ::close(fd);
  return done ? fail(errc::none) : failed(path, error);
}

failure sync_tree(const std::string& directory) {
  for (const auto& entry : fs::recursive_directory_iterator{directory})
    if (auto f = sync(entry.path()); f.code != errc::none) return f;
  return sync(directory);
}

/// On another disk a link cannot be: a copy can.
failure link_or_copy(const std::string& from, const std::string& to) {
  std::error_code error;
  fs::create_directories(fs::path(to).parent_path(), error);
  if (!error) fs::create_hard_link(from, to, error);
  if (error) fs::copy_file(from, to, error);
  return error ? failed(from, error) : fail(errc::none);
}

/// Each content that a row of the copy names and no row holds is a file.
failure copy_files(const engine& copied, const file_store& files, const std::string& directory,
                   backup& into) {
  const auto at = copied.snapshot();
  std::string last;
  for (auto use = at->scan(table::index, "c", "d"); use->valid(); use->next()) {
    const auto bytes = use->key().substr(1, digest{}.bytes.size());
    if (bytes == last) continue;
    last = bytes;
    const auto hash = key::digest_at(use->key(), 1);
    const bool in_file = files.holds(hash);
    if (!in_file && !at->get(table::content, bytes))
      return fail(errc::storage_error, "content " + hash.hex() + " is missing: see troupe verify");
    if (!in_file) continue;
    const auto hex = hash.hex();
    if (auto f =
            link_or_copy(files.path_of(hash), directory + "/files/content/" + hex.substr(0, 2) + "/" + hex);
        f.code != errc::none)
      return f;
    ++into.files;
  }
  return fail(errc::none);
}

void count_rows(const engine& copied, backup& into) {
  const auto at = copied.snapshot();
  const auto end = key::number(~uint64_t{0});
  for (auto row = at->scan(table::batches, {}, end); row->valid(); row->next())
    ++into.batches;
  if (const auto newest = at->last(table::events, {}, end))
    into.reached = event_number{key::number_at(newest->first, 0)};
}

uint64_t size_of(const std::string& directory) {
  uint64_t bytes = 0;
  std::error_code ignored;
  for (const auto& entry : fs::recursive_directory_iterator{directory, ignored})
    if (entry.is_regular_file(ignored)) bytes += entry.file_size(ignored);
  return bytes;
}

void write_manifest(const backup& b) {
  const json text{{"format", manifest_format},
                  {"id", b.id},
                  {"created_at", to_rfc3339(b.created)},
                  {"ended_at", to_rfc3339(b.ended)},
                  {"last_event", raw(b.reached)},
                  {"batches", b.batches},
                  {"files", b.files},
                  {"bytes", b.bytes},
                  {"version", b.version}};
  std::ofstream file{b.directory + "/" + backup_manifest};
  file << text.dump(2) << "\n";
}

/// Throws `json::exception` when it is not one of ours.
backup read_manifest(const json& text, const std::string& directory) {
  backup b;
  b.id = text.value("id", "");
  b.directory = directory;
  b.state = backup_state::completed;
  b.created = parse_rfc3339(text.value("created_at", ""));
  b.ended = parse_rfc3339(text.value("ended_at", ""));
  b.reached = event_number{text.value("last_event", uint64_t{0})};
  b.batches = text.value("batches", uint64_t{0});
  b.files = text.value("files", uint64_t{0});
  b.bytes = text.value("bytes", uint64_t{0});
  b.version = text.value("version", "");
  return b;
}

} // namespace

result<backup> copy_store(engine& db, file_store& files, const std::string& directory) {
  const auto held = files.hold();
  backup b;
  b.id = fs::path(directory).stem();
  b.directory = directory;
  b.created = now();
  b.version = TROUPE_VERSION;
  std::error_code error;
  fs::create_directories(directory + "/files/content", error);
  if (!error) fs::create_directories(directory + "/files/incoming", error);
  if (error) return failed(directory, error);
  if (auto f = db.checkpoint(directory + "/db"); f.code != errc::none) return f;
  rocksdb_options options;
  options.directory = directory + "/db";
  options.read_only = true;
  const auto copied = open_rocksdb(options);
  if (!copied) return copied.error();
  try {
    if (auto f = copy_files(**copied, files, directory, b); f.code != errc::none) return f;
    count_rows(**copied, b);
    b.bytes = size_of(directory);
    b.ended = now();
    b.state = backup_state::completed;
    write_manifest(b);
    if (auto f = sync_tree(directory); f.code != errc::none) return f;
  } catch (const std::exception& e) {
    return fail(errc::storage_error, e.what());
  }
  return b;
}

result<backup> read_backup(const std::string& directory) {
  std::ifstream file{directory + "/" + backup_manifest};
  const auto text = json::parse(file, nullptr, false);
  try {
    if (text.is_object() && text.at("format") == manifest_format) return read_manifest(text, directory);
  } catch (const json::exception&) {
  }
  return fail(errc::not_found, directory + " is no backup: " + backup_manifest + " is missing or not known");
}

// -- all of a store's -----------------------------------------------------------------------------------

namespace {

/// `bak_20260102T030405006Z.part`.
bool is_unfinished(const std::string& name) {
  constexpr std::string_view shape = "bak_dddddddd";
  const auto fits = [](char s, char c) { return s == 'd' ? c >= '0' && c <= '9' : c == s; };
  return name.size() == 28 && name.ends_with("Z.part") &&
         std::equal(shape.begin(), shape.end(), name.begin(), fits);
}

} // namespace

backup_keeper::backup_keeper(engine& db, file_store& files, std::string directory, size_t most)
    : db_(db)
    , files_(files)
    , directory_(std::move(directory))
    , most_(most) {
  std::error_code ignored;
  std::vector<fs::path> left;
  // Nobody else's: a folder for backups may hold more than this store's.
  for (const auto& entry : fs::directory_iterator{directory_, ignored})
    if (is_unfinished(entry.path().filename())) left.push_back(entry.path());
  for (const auto& path : left)
    fs::remove_all(path, ignored);
}

backup_keeper::~backup_keeper() {
  if (thread_.joinable()) thread_.join();
}

std::vector<backup> backup_keeper::complete() const {
  std::vector<backup> out;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator{directory_, ignored})
    if (entry.path().extension() != ".part")
      if (auto b = read_backup(entry.path()); b && b->id == entry.path().filename()) out.push_back(*b);
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.id > b.id; });
  return out;
}

std::vector<backup> backup_keeper::list() const {
  const std::lock_guard lock{mutex_};
  auto out = complete();
  if (last_) out.insert(out.begin(), *last_);
  return out;
}

result<backup> backup_keeper::begin() {
  const std::lock_guard lock{mutex_};
  if (last_ && last_->state == backup_state::running)
    return fail(errc::in_progress, last_->id + " is being made");
  if (complete().size() >= most_) return fail(errc::limit_reached, "there are store.max_backups backups");
  if (thread_.joinable()) thread_.join();
  backup b;
  b.created = now();
  b.id = "bak_";
  for (const char c : to_rfc3339(b.created))
    if (c != '-' && c != ':' && c != '.') b.id += c;
  b.directory = directory_ + "/" + b.id;
  last_ = b;
  thread_ = std::thread([this, b] {
    pthread_setname_np(pthread_self(), "backup");
    make(b);
  });
  return b;
}

void backup_keeper::make(backup wanted) {
  const auto part = wanted.directory + ".part";
  auto made = copy_store(db_, files_, part);
  std::error_code error;
  if (made) fs::rename(part, wanted.directory, error);
  auto f = !made ? made.error() : error ? failed(part, error) : sync(directory_);
  if (f.code != errc::none) fs::remove_all(part, error);
  const std::lock_guard lock{mutex_};
  if (f.code == errc::none) {
    log::info("a backup was made", {{"id", wanted.id}, {"directory", wanted.directory}});
    last_.reset();
    return;
  }
  log::error("a backup failed", {{"id", wanted.id}, {"reason", f.text()}});
  last_->state = backup_state::failed;
  last_->ended = now();
  last_->error = f.text();
}

bool backup_keeper::remove(const std::string& id) {
  std::string gone;
  {
    const std::lock_guard lock{mutex_};
    if (last_ && last_->id == id && last_->state == backup_state::failed) {
      last_.reset();
      return true;
    }
    const auto all = complete();
    const auto it = std::find_if(all.begin(), all.end(), [&](const backup& b) { return b.id == id; });
    if (it == all.end()) return false;
    // Its name first: what is half removed must not look whole.
    gone = it->directory + ".part";
    std::error_code error;
    fs::rename(it->directory, gone, error);
    if (error) return false;
  }
  std::error_code ignored;
  fs::remove_all(gone, ignored);
  return true;
}

} // namespace troupe
