/// A backup, made by the server and taken away as an archive.
#include "cli/cli.hpp"
#include "cli/interrupt.hpp"
#include "cli/remote.hpp"
#include "cli/whole_file.hpp"

#include <iostream>
#include <thread>

#include <unistd.h>

namespace troupe::cli {
namespace {

using nlohmann::json;

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

/// Takes it away as an archive.
int take_away(const client& server, const std::string& id, whole_file& to) {
  progress_line line;
  request r{.path = "/v1/backups/" + escaped(id) + "/archive", .long_lived = true};
  bool written = true;
  r.sink = [&](std::string_view piece) {
    written = to.write(piece);
    if (isatty(STDERR_FILENO)) line.say(bytes_text(to.size()) + " of " + id);
    return written;
  };
  const auto answer = server.send(r);
  line.end();
  if (written && !answer) return complain(answer.error());
  if (written && !answer->ok()) return complain(*answer);
  const auto f = to.finish();
  return f.code == errc::none ? ok : complain(f);
}

/// Leaves nothing of a backup at the server, whatever ended the command.
class left_behind {
public:
  left_behind(const client& server, std::string id)
      : server_(server)
      , id_(std::move(id)) {}
  ~left_behind() {
    if (!id_.empty())
      (void)server_.send({.method = "DELETE", .path = "/v1/backups/" + escaped(id_), .cleans_up = true});
  }
  left_behind(const left_behind&) = delete;
  void keep() { id_.clear(); }

private:
  const client& server_;
  std::string id_;
};

} // namespace

int backup_store(const backup_command& c) {
  std::unique_ptr<whole_file> file;
  if (!c.file.empty()) {
    auto begun = whole_file::begin(c.file, false);
    if (!begun) return complain(begun.error());
    file = std::move(*begun);
  }
  watch_for_interrupt();
  const client server{c.to};
  int code = ok;
  const auto begun = answer_of(server.post("/v1/backups", {}), code);
  if (!begun) return code;
  const auto id = begun->at("id").get<std::string>();
  left_behind copy{server, id};
  const auto made = wait_for(server, id, code);
  if (!made) return code;
  if (made->value("state", "") != "completed") {
    std::cerr << "troupe: the backup failed: " << clean(made->value("error", "")) << "\n";
    return failed;
  }
  if (file && (code = take_away(server, id, *file)) != ok) return code;
  if (!file || c.keep) copy.keep();
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
