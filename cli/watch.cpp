#include "cli/cli.hpp"
#include "cli/interrupt.hpp"
#include "cli/remote.hpp"

#include <iostream>
#include <thread>

#include <unistd.h>

namespace troupe::cli {
namespace {

using nlohmann::json;

constexpr milliseconds pace{100};
constexpr milliseconds pause_when_away{1'000};
/// So long a server may be away, as for a restart.
constexpr std::chrono::minutes longest_away{5};
constexpr unsigned most_rows = 50;

progress progress_of(const json& batch) {
  const auto& n = batch.at("counts");
  progress p;
  p.total = n.value("total", 0u);
  p.succeeded = n.value("succeeded", 0u);
  p.failed = n.value("failed", 0u) + n.value("cancelled", 0u) + n.value("expired", 0u);
  p.processing = n.value("processing", 0u);
  p.state = batch.value("state", "");
  return p;
}

/// What became of the items: those that failed first, then the rest, as many as a person reads.
void print_outcome(const client& server, const std::string& batch) {
  table t{{"state", "left", "item"}};
  int code = ok;
  const auto add = [&](const json& x) {
    const auto left = x.contains("error") ? x["error"].value("code", "") : x.value("file_id", "");
    t.add({x.value("state", ""), left, x.value("url", x.value("filename", ""))});
  };
  const auto path = "/v1/batches/" + batch + "/items";
  for (const auto* state : {"failed", "expired", "cancelled", "succeeded"})
    if (t.rows() < most_rows)
      each_row(server, path + "?status=" + state, static_cast<unsigned>(most_rows - t.rows()), false, add,
               code);
  t.print(std::cout, screen::of(STDOUT_FILENO));
}

int interrupted_at(progress_line& line, const std::string& batch) {
  line.end();
  std::cerr << "troupe: " << batch << " goes on at the server; troupe watch " << batch << " shows it again\n";
  return stopped;
}

/// Waits for something new; the time that the server was away is forgiven when it comes back.
class watching {
public:
  watching(const client& server, const std::string& batch)
      : server_(server)
      , path_("/v1/batches/" + escaped(batch)) {}

  /// At once the first time, then when there is another answer, or 304 when there is none for a while.
  result<reply> next() {
    request r{.path = path_, .long_lived = true};
    if (!etag_.empty()) {
      r.path += "?wait=20";
      r.headers.push_back("If-None-Match: " + etag_);
    }
    auto answer = server_.send(r);
    if (answer && answer->status == 200) etag_ = answer->etag;
    return answer;
  }

private:
  const client& server_;
  std::string path_;
  std::string etag_;
};

bool is_away(const result<reply>& r) {
  return !r ? r.error().code == errc::connect_refused : r->status == 503;
}

} // namespace

int follow_batch(const client& server, const std::string& batch, bool as_json) {
  watching at{server, batch};
  progress_line line;
  auto here = std::chrono::steady_clock::now();
  for (bool known = false;;) {
    const auto r = at.next();
    if (interrupted()) return interrupted_at(line, batch);
    if (known && is_away(r) && std::chrono::steady_clock::now() - here < longest_away) {
      line.say("the server is away; waiting for it");
      std::this_thread::sleep_for(pause_when_away);
      continue;
    }
    here = std::chrono::steady_clock::now();
    if (r && r->status == 304) continue;
    int code = ok;
    const auto now = answer_of(r, code);
    if (!now) return code;
    known = true;
    if (as_json) std::cout << now->dump() << "\n" << std::flush;
    const auto p = progress_of(*now);
    if (!as_json) line.show(p);
    if (now->contains("reason")) {
      if (!as_json) line.end();
      if (!as_json) print_outcome(server, batch);
      return p.failed == 0 ? ok : failed;
    }
    std::this_thread::sleep_for(pace);
  }
}

int watch(const batch_command& c) {
  watch_for_interrupt();
  const client server{c.to};
  int worst = ok;
  for (const auto& given : c.batches) {
    const auto code = follow_batch(server, batch_of(given), c.json);
    worst = std::max(worst, code);
    if (code > failed) break;
  }
  return worst;
}

} // namespace troupe::cli
