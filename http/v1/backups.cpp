/// Copies of the whole store: made beside its work, listed, taken away as an archive.
#include "http/archive_stream.hpp"
#include "http/callback.hpp"
#include "http/json_text.hpp"
#include "http/v1/v1.hpp"

#include "config/log.hpp"

#include <filesystem>
#include <fstream>

namespace troupe::http {
namespace {

using json = nlohmann::ordered_json;
namespace fs = std::filesystem;

constexpr size_t piece_bytes = 256 * 1024;

std::string_view name_of(backup_state s) {
  return s == backup_state::running ? "running" : s == backup_state::completed ? "completed" : "failed";
}

json backup_json(const backup& b) {
  json out{{"id", b.id}, {"state", name_of(b.state)}, {"created_at", to_rfc3339(b.created)}};
  if (b.state != backup_state::running) out["ended_at"] = to_rfc3339(b.ended);
  if (b.state == backup_state::completed)
    out.update({{"directory", b.directory},
                {"last_event", raw(b.reached)},
                {"batches", b.batches},
                {"files", b.files},
                {"bytes", b.bytes},
                {"version", b.version}});
  if (!b.error.empty()) out["error"] = b.error;
  return out;
}

std::optional<response> refuse(const exchange& x) {
  if (x.who.may_manage()) return std::nullopt;
  return error_response(403, "forbidden",
                        "backups hold every notebook: the key may have nothing to do with them");
}

/// Work that waits for the disk, on a worker's thread. None: it failed, and the log says why.
template <class T, class Work>
asio::awaitable<std::optional<T>> on_worker(exchange& x, Work work) {
  const auto careful = [&work]() -> std::optional<T> {
    try {
      return work();
    } catch (const std::exception& e) {
      log::error("backups cannot be looked after", {{"reason", e.what()}});
      return std::nullopt;
    }
  };
  co_return co_await callback<std::optional<T>>(
      x, [&](auto done) { asio::post(x.server.workers, [&careful, done] { done(careful()); }); });
}

asio::awaitable<std::vector<backup>> all_backups(exchange& x) {
  const auto work = [&x] { return x.server.to.backups(); };
  co_return (co_await on_worker<std::vector<backup>>(x, work)).value_or(std::vector<backup>{});
}

asio::awaitable<result<backup>> find(exchange& x) {
  const auto all = co_await all_backups(x);
  for (const auto& b : all)
    if (b.id == x.arguments[0]) co_return b;
  co_return fail(errc::not_found, "there is no backup \"" + x.arguments[0] + '"');
}

asio::awaitable<response> create(exchange& x) {
  if (auto no = refuse(x)) co_return std::move(*no);
  const auto work = [&x] { return x.server.to.begin_backup(); };
  const auto begun = co_await on_worker<result<backup>>(x, work);
  if (!begun) co_return error_response(fail(errc::storage_error, "the folder for backups cannot be read"));
  const auto& b = *begun;
  if (!b) co_return error_response(b.error());
  auto r = json_response(202, dump(backup_json(*b)));
  r.headers.emplace_back("Location", "/v1/backups/" + b->id);
  co_return r;
}

asio::awaitable<response> list(exchange& x) {
  if (auto no = refuse(x)) co_return std::move(*no);
  const auto all = co_await all_backups(x);
  auto data = json::array();
  for (const auto& b : all)
    data.push_back(backup_json(b));
  co_return v1_page(x, std::move(data), std::nullopt);
}

asio::awaitable<response> get(exchange& x) {
  if (auto no = refuse(x)) co_return std::move(*no);
  const auto b = co_await find(x);
  co_return b ? json_response(200, dump(backup_json(*b))) : error_response(b.error());
}

asio::awaitable<response> remove(exchange& x) {
  if (auto no = refuse(x)) co_return std::move(*no);
  const auto b = co_await find(x);
  if (!b) co_return error_response(b.error());
  if (b->state == backup_state::running)
    co_return error_response(fail(errc::in_progress, b->id + " is being made"));
  const auto work = [&x, &b] { return x.server.to.remove_backup(b->id); };
  const auto gone = co_await on_worker<bool>(x, work);
  if (!gone.value_or(false))
    co_return error_response(fail(errc::not_found, "there is no backup \"" + b->id + '"'));
  response r;
  r.status = 204;
  co_return r;
}

// -- as an archive --------------------------------------------------------------------------------------

/// The files of a backup as they become an archive, piece by piece. One thread at a time.
class packing {
public:
  explicit packing(const std::string& directory)
      : root_(directory) {}

  /// Empty at the end. Throws when a file cannot be read as a whole.
  std::string next() {
    if (files_.empty()) find_files();
    if (left_ > 0) return archive_.more(read());
    if (at_ < files_.size()) return open(files_[at_++]);
    return std::exchange(done_, true) ? std::string{} : archive_.finish();
  }

private:
  void find_files() {
    for (const auto& entry : fs::recursive_directory_iterator{root_})
      if (entry.is_regular_file()) files_.push_back(entry.path());
    if (files_.empty()) throw std::runtime_error("a backup was removed");
  }
  std::string open(const fs::path& path) {
    file_ = std::ifstream{path, std::ios::binary};
    left_ = fs::file_size(path);
    return archive_.begin(fs::relative(path, root_), left_);
  }
  std::string read() {
    std::string piece(std::min<uint64_t>(piece_bytes, left_), '\0');
    if (!file_.read(piece.data(), static_cast<std::streamsize>(piece.size())))
      throw std::runtime_error("a backup was cut short: one of its files cannot be read");
    left_ -= piece.size();
    return piece;
  }

  fs::path root_;
  std::vector<fs::path> files_;
  size_t at_ = 0;
  std::ifstream file_;
  uint64_t left_ = 0;
  bool done_ = false;
  archive_stream archive_{archive_stream::format::tar};
};

/// Small files are gathered.
std::string next_of(packing& from) {
  std::string bytes;
  while (bytes.size() < piece_bytes) {
    const auto more = from.next();
    if (more.empty()) break;
    bytes += more;
  }
  return bytes;
}

asio::awaitable<void> write_archive(exchange& x, std::string directory, stream_writer& to) {
  packing all{directory};
  const auto work = [&all] { return next_of(all); };
  for (;;) {
    const auto piece = co_await on_worker<std::string>(x, work);
    // What is cut must not look whole.
    if (!piece) throw std::runtime_error("a backup was cut short");
    if (piece->empty()) co_return;
    const bool sent = co_await to.write(*piece);
    if (!sent) co_return;
  }
}

asio::awaitable<response> archive(exchange& x) {
  if (auto no = refuse(x)) co_return std::move(*no);
  const auto b = co_await find(x);
  if (!b) co_return error_response(b.error());
  if (b->state == backup_state::running)
    co_return error_response(fail(errc::in_progress, b->id + " is being made"));
  if (b->state == backup_state::failed)
    co_return error_response(fail(errc::gone, b->id + " failed: " + b->error));
  response r;
  r.content_type = "application/x-tar";
  r.headers.emplace_back("Content-Disposition", "attachment; filename=\"" + b->id + ".tar\"");
  r.stream = [&x, directory = b->directory](stream_writer& to) { return write_archive(x, directory, to); };
  co_return r;
}

} // namespace

void add_v1_backup_routes(std::vector<route>& into) {
  into.push_back({"POST", "/v1/backups", scope::keyed, create});
  into.push_back({"GET", "/v1/backups", scope::keyed, list});
  into.push_back({"GET", "/v1/backups/{}", scope::keyed, get});
  into.push_back({"GET", "/v1/backups/{}/archive", scope::keyed, archive});
  into.push_back({"DELETE", "/v1/backups/{}", scope::keyed, remove});
}

} // namespace troupe::http
