/// A backup, made by the server and taken away as an archive.
#include "cli/cli.hpp"
#include "cli/interrupt.hpp"
#include "cli/remote.hpp"

#include <filesystem>
#include <fstream>
#include <iostream>
#include <thread>

#include <fcntl.h>
#include <unistd.h>

namespace troupe::cli {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

constexpr milliseconds pace{200};

/// The backup once it is complete.
std::optional<json> wait_for(const client& server, const std::string& id, int& code) {
  progress_line line;
  for (;;) {
    const auto b = answer_of(server.get("/v1/backups/" + escaped(id)), code);
    if (!b || b->value("state", "") != "running") {
      line.end();
      return b;
    }
    line.say("the server makes " + id);
    std::this_thread::sleep_for(pace);
  }
}

void sync(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return;
  ::fsync(fd);
  ::close(fd);
}

/// Whole or not at all.
int take_away(const client& server, const std::string& id, const std::string& to) {
  const auto part = to + ".part";
  std::ofstream file{part, std::ios::binary};
  progress_line line;
  uint64_t bytes = 0;
  request r{.path = "/v1/backups/" + escaped(id) + "/archive", .long_lived = true};
  r.sink = [&](std::string_view piece) {
    bytes += piece.size();
    if (isatty(STDERR_FILENO)) line.say(bytes_text(bytes) + " of " + id);
    return file.write(piece.data(), static_cast<std::streamsize>(piece.size())).good();
  };
  const auto answer = server.send(r);
  line.end();
  file.close();
  std::error_code error;
  if (!answer || !answer->ok() || !file) {
    fs::remove(part, error);
    if (!file && answer) return complain(fail(errc::invalid_request, to + " cannot be written"));
    return answer ? complain(*answer) : complain(answer.error());
  }
  sync(part);
  fs::rename(part, to, error);
  if (error) return complain(fail(errc::invalid_request, to + ": " + error.message()));
  const auto folder = fs::path(to).parent_path();
  sync(folder.empty() ? "." : folder.string());
  return ok;
}

} // namespace

int backup_store(const backup_command& c) {
  if (!c.file.empty() && fs::exists(c.file)) {
    std::cerr << "troupe: " << c.file << " exists\n";
    return usage;
  }
  watch_for_interrupt();
  const client server{c.to};
  int code = ok;
  const auto begun = answer_of(server.post("/v1/backups", {}), code);
  if (!begun) return code;
  const auto id = begun->at("id").get<std::string>();
  const auto made = wait_for(server, id, code);
  if (!made) return code;
  if (made->value("state", "") != "completed") {
    std::cerr << "troupe: the backup failed: " << clean(made->value("error", "")) << "\n";
    return failed;
  }
  if (!c.file.empty()) {
    code = take_away(server, id, c.file);
    if (!c.keep) server.send({.method = "DELETE", .path = "/v1/backups/" + escaped(id)});
    if (code != ok) return code;
  }
  if (c.json)
    std::cout << made->dump() << "\n";
  else
    std::cout << id << ": " << grouped(made->value("batches", uint64_t{0})) << " batches up to event "
              << made->value("last_event", uint64_t{0}) << ", "
              << bytes_text(made->value("bytes", uint64_t{0})) << ", in "
              << (c.file.empty() ? made->value("directory", "") : c.file) << "\n";
  return ok;
}

} // namespace troupe::cli
