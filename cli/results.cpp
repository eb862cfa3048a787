/// What a batch has left: shown, or taken away.
#include "cli/cli.hpp"
#include "cli/interrupt.hpp"
#include "cli/remote.hpp"
#include "cli/whole_file.hpp"

#include "model/text.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include <unistd.h>

namespace troupe::cli {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

/// Cuts what comes into lines.
class lines {
public:
  explicit lines(std::function<bool(const std::string&)> each)
      : each_(std::move(each)) {}
  bool feed(std::string_view piece) {
    for (auto end = piece.find('\n'); end != piece.npos; end = piece.find('\n')) {
      rest_ += piece.substr(0, end);
      piece.remove_prefix(end + 1);
      const auto line = std::exchange(rest_, {});
      // An empty one says that the server is still there.
      if (!line.empty() && !each_(line)) return false;
    }
    rest_ += piece;
    return true;
  }

private:
  std::function<bool(const std::string&)> each_;
  std::string rest_;
};

std::string name_of(const json& x) {
  return x.value("url", x.value("filename", x.value("title", x.value("item", ""))));
}

/// A text for people: in a terminal nothing of it moves the cursor or does worse.
std::string shown(const std::string& text) {
  if (!isatty(STDOUT_FILENO)) return text;
  std::string out;
  std::istringstream in{text};
  for (std::string line; std::getline(in, line);) {
    std::replace(line.begin(), line.end(), '\t', ' ');
    out += clean(line) + "\n";
  }
  return out;
}

std::string result_text(const std::string& line) {
  const auto x = json::parse(line);
  auto out = "--- " + std::to_string(x.value("index", 0u)) + " " + x.value("item", "") + " " +
             x.value("state", "") + " " + clean(name_of(x)) + "\n";
  if (x.contains("markdown")) return out + shown(x["markdown"].get_ref<const std::string&>()) + "\n";
  if (x.contains("error")) out += "(" + clean(x["error"].value("message", "")) + ")\n";
  return out;
}

/// The lines of a batch's results, until `each` has had enough.
result<reply> read_lines(const client& server, const std::string& batch, bool follow,
                         const std::function<bool(const std::string&)>& each) {
  lines cut{each};
  request r{.path =
                with_query("/v1/batches/" + escaped(batch) + "/results", {{"follow", follow ? "true" : ""}}),
            .long_lived = true};
  r.sink = [&](std::string_view piece) { return cut.feed(piece); };
  return server.send(r);
}

int code_of(const result<reply>& r) {
  return !r ? complain(r.error()) : r->ok() ? ok : complain(*r);
}

// -- taken away -----------------------------------------------------------------------------------------

int export_folder(const client& server, const export_command& c) {
  std::error_code error;
  fs::create_directories(c.file, error);
  const bool usable = !error && (fs::is_empty(c.file, error) || c.force) && !error;
  if (error) return complain(fail(errc::invalid_request, c.file + ": " + error.message()));
  if (!usable) return complain(fail(errc::invalid_request, c.file + " is not empty; --force writes into it"));
  uint64_t written = 0;
  std::string unwritten;
  const auto each = [&](const std::string& line) {
    const auto x = json::parse(line);
    if (!x.contains("markdown")) return true;
    const auto to = fs::path(c.file) / markdown_file_name(x.value("index", 0u), x.value("title", ""));
    std::ofstream file{to, std::ios::binary};
    file << x["markdown"].get_ref<const std::string&>() << std::flush;
    if (file) ++written;
    if (!file) unwritten = to.string();
    return file.good();
  };
  const auto r = read_lines(server, batch_of(c.batch), false, each);
  if (!unwritten.empty()) return complain(fail(errc::invalid_request, unwritten + " cannot be written"));
  if (const auto code = code_of(r); code != ok) return code;
  std::cerr << grouped(written) << " files in " << c.file << "\n";
  return ok;
}

int export_file(const client& server, const export_command& c, const std::string& format) {
  auto file = whole_file::begin(c.file, c.force);
  if (!file) return complain(file.error());
  request r{.path = "/v1/batches/" + escaped(batch_of(c.batch)) + "/results?format=" + format,
            .long_lived = true};
  bool written = true;
  r.sink = [&](std::string_view piece) { return written = (*file)->write(piece); };
  const auto answer = server.send(r);
  if (written)
    if (const auto code = code_of(answer); code != ok) return code;
  if (auto f = (*file)->finish(); f.code != errc::none) return complain(f);
  std::cerr << bytes_text((*file)->size()) << " in " << c.file << "\n";
  return ok;
}

} // namespace

int results(const results_command& c) {
  watch_for_interrupt();
  int lost = 0;
  const auto print = [&](const std::string& line) {
    std::cout << (c.json ? line + "\n" : result_text(line)) << std::flush;
    if (!std::cout) lost = errno;
    return lost == 0;
  };
  const auto r = read_lines(client{c.to}, batch_of(c.batch), c.follow, print);
  if (lost == EPIPE) {
    reader_has_left();
    return ok;
  }
  return lost == 0 ? code_of(r)
                   : complain(fail(errc::invalid_request,
                                   std::string("standard output cannot be written: ") + std::strerror(lost)));
}

int export_batch(const export_command& c) {
  watch_for_interrupt();
  const client server{c.to};
  const auto ending = ascii_lower(fs::path(c.file).extension().string());
  if (ending == ".zip") return export_file(server, c, "zip");
  if (ending == ".ndjson") return export_file(server, c, "ndjson");
  return export_folder(server, c);
}

} // namespace troupe::cli
