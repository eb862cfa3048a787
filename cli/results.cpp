/// What a batch has left: shown, or taken away.
#include "cli/cli.hpp"
#include "cli/interrupt.hpp"
#include "cli/remote.hpp"

#include <filesystem>
#include <fstream>
#include <iostream>

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

bool print_result(const std::string& line) {
  const auto x = json::parse(line, nullptr, false);
  if (!x.is_object()) return false;
  std::cout << "--- " << x.value("index", 0u) << " " << x.value("item", "") << " " << x.value("state", "")
            << " " << clean(name_of(x)) << "\n";
  if (x.contains("markdown"))
    std::cout << x["markdown"].get_ref<const std::string&>() << "\n";
  else if (x.contains("error"))
    std::cout << "(" << clean(x["error"].value("message", "")) << ")\n";
  std::cout << std::flush;
  return std::cout.good();
}

/// The lines of a batch's results; the exit code.
int read_lines(const client& server, const std::string& batch, bool follow,
               const std::function<bool(const std::string&)>& each) {
  lines cut{each};
  request r{.path =
                with_query("/v1/batches/" + escaped(batch) + "/results", {{"follow", follow ? "true" : ""}}),
            .long_lived = true};
  r.sink = [&](std::string_view piece) { return cut.feed(piece); };
  const auto answer = server.send(r);
  // Whoever read it has seen enough.
  if (!std::cout) return ok;
  return !answer ? complain(answer.error()) : answer->ok() ? ok : complain(*answer);
}

// -- taken away -----------------------------------------------------------------------------------------

/// `000012-title-of-the-page.md`.
std::string file_name_for(const json& x) {
  char number[16];
  std::snprintf(number, sizeof number, "%06u", x.value("index", 0u));
  std::string words;
  for (const char c : x.value("title", "")) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (plain)
      words += c;
    else if (!words.empty() && words.back() != '-')
      words += '-';
    if (words.size() >= 60) break;
  }
  while (words.ends_with('-'))
    words.pop_back();
  return std::string(number) + (words.empty() ? "" : "-" + words) + ".md";
}

int export_folder(const client& server, const export_command& c) {
  std::error_code error;
  fs::create_directories(c.file, error);
  if (!error && !fs::is_empty(c.file, error) && !c.force) {
    std::cerr << "troupe: " << c.file << " is not empty; --force writes into it\n";
    return usage;
  }
  uint64_t written = 0;
  const auto each = [&](const std::string& line) {
    const auto x = json::parse(line, nullptr, false);
    if (!x.is_object() || !x.contains("markdown")) return x.is_object();
    std::ofstream file{fs::path(c.file) / file_name_for(x), std::ios::binary};
    file << x["markdown"].get_ref<const std::string&>();
    ++written;
    return file.good();
  };
  const auto code = read_lines(server, batch_of(c.batch), false, each);
  std::cerr << grouped(written) << " files in " << c.file << "\n";
  return code;
}

/// Whole or not at all: written beside, then put in place.
int export_file(const client& server, const export_command& c, const std::string& format) {
  if (fs::exists(c.file) && !c.force) {
    std::cerr << "troupe: " << c.file << " exists; --force replaces it\n";
    return usage;
  }
  const auto part = c.file + ".part";
  std::ofstream file{part, std::ios::binary};
  uint64_t bytes = 0;
  request r{.path = "/v1/batches/" + escaped(batch_of(c.batch)) + "/results?format=" + format,
            .long_lived = true};
  r.sink = [&](std::string_view piece) {
    bytes += piece.size();
    return file.write(piece.data(), static_cast<std::streamsize>(piece.size())).good();
  };
  const auto answer = server.send(r);
  file.close();
  std::error_code error;
  const bool written = answer && answer->ok() && file.good();
  if (written) fs::rename(part, c.file, error);
  if (!written || error) fs::remove(part, error);
  if (!answer || !answer->ok()) return answer ? complain(*answer) : complain(answer.error());
  if (!written) return complain(fail(errc::invalid_request, c.file + " cannot be written"));
  std::cerr << bytes_text(bytes) << " in " << c.file << "\n";
  return ok;
}

} // namespace

int results(const results_command& c) {
  watch_for_interrupt();
  const auto print_line = [](const std::string& line) {
    std::cout << line << "\n" << std::flush;
    return std::cout.good();
  };
  return read_lines(client{c.to}, batch_of(c.batch), c.follow,
                    c.json ? std::function<bool(const std::string&)>{print_line} : print_result);
}

int export_batch(const export_command& c) {
  watch_for_interrupt();
  const client server{c.to};
  const auto ending = fs::path(c.file).extension();
  if (ending == ".zip") return export_file(server, c, "zip");
  if (ending == ".ndjson") return export_file(server, c, "ndjson");
  return export_folder(server, c);
}

} // namespace troupe::cli
