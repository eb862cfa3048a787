#include "cli/cli.hpp"
#include "cli/transport.hpp"

#include <nlohmann/json.hpp>

#include <iostream>
#include <thread>

#include <sys/ioctl.h>
#include <unistd.h>

namespace troupe::cli {
namespace {

using nlohmann::json;

constexpr milliseconds poll_interval{250};
constexpr unsigned most_rows = 50;
constexpr unsigned longest_bar = 40;

std::vector<std::string> urls_of(const submit_command& c) {
  std::vector<std::string> out;
  for (const auto& u : c.urls) {
    if (u != "-") {
      out.push_back(u);
      continue;
    }
    for (std::string line; std::getline(std::cin, line);) {
      while (!line.empty() && (line.back() == '\r' || line.back() == ' '))
        line.pop_back();
      if (!line.empty() && line.front() != '#') out.push_back(line);
    }
  }
  return out;
}

int refused(const reply& r) {
  const auto body = json::parse(r.body, nullptr, false);
  std::cerr << "troupe: the server answered " << r.status << ": "
            << (body.is_object() ? body.value("detail", r.body) : r.body) << "\n";
  return r.status == 503 || r.status == 429 ? unavailable : usage;
}

std::string line_of(const json& job) {
  const auto n = [&](const char* key) { return std::to_string(job.value(key, 0)); };
  return n("completed_items") + " completed, " + n("failed_items") + " failed, " + n("processing_items") +
         " in work, " + n("pending_items") + " pending";
}

/// One line that is drawn over again in a terminal; a new line at each change elsewhere.
class progress {
public:
  void show(const json& job) {
    const auto text = line_of(job);
    if (!terminal_) {
      if (text != shown_) std::cerr << text << "\n";
      shown_ = text;
      return;
    }
    const auto filled = static_cast<unsigned>(job.value("progress_percentage", 0.0) / 100 * bar_);
    std::cerr << "\r[" << std::string(filled, '#') << std::string(bar_ - filled, '.') << "] " << text
              << "\033[K" << std::flush;
    shown_ = text;
  }
  void end() const {
    if (terminal_ && !shown_.empty()) std::cerr << "\n";
  }

private:
  static unsigned bar_width() {
    winsize w{};
    ioctl(STDERR_FILENO, TIOCGWINSZ, &w);
    return w.ws_col > 100 ? longest_bar : 15;
  }
  bool terminal_ = isatty(STDERR_FILENO) != 0;
  unsigned bar_ = bar_width();
  std::string shown_;
};

void print_table(const json& status) {
  unsigned rows = 0;
  for (const auto& x : status["items"]) {
    if (++rows > most_rows) break;
    const auto left = x.contains("result") ? x["result"].value("file_id", "") : x.value("error_code", "");
    std::cout << x.value("status", "")
              << std::string(12 - std::min<size_t>(11, x.value("status", "").size()), ' ') << left
              << std::string(left.size() < 22 ? 22 - left.size() : 1, ' ') << x["item_data"].value("url", "")
              << "\n";
  }
  const auto total = status["batch_job"].value("total_items", 0u);
  if (total > most_rows) std::cout << "… and " << total - most_rows << " more\n";
}

int watch(const client& server, const submit_command& c, const std::string& id) {
  const auto path = "/api/v1/notebooks/" + std::to_string(c.notebook) + "/batch-jobs/" + id + "/status/";
  progress shown;
  for (;;) {
    const auto r = server.get(path + "?items=false");
    if (!r) {
      std::cerr << "\ntroupe: " << r.error().text() << "\n";
      return unavailable;
    }
    const auto status = json::parse(r->body, nullptr, false);
    if (r->status != 200 || !status.is_object()) return refused(*r);
    const auto& job = status["batch_job"];
    shown.show(job);
    const auto state = job.value("status", "");
    if (state == "completed" || state == "failed" || state == "partially_completed") {
      shown.end();
      if (const auto all = server.get(path + "?limit=" + std::to_string(most_rows));
          all && all->status == 200)
        print_table(json::parse(all->body));
      return job.value("failed_items", 0) == 0 ? ok : failed;
    }
    std::this_thread::sleep_for(poll_interval);
  }
}

} // namespace

int submit(const submit_command& c) {
  const auto urls = urls_of(c);
  if (urls.empty()) {
    std::cerr << "troupe: there are no URLs to submit\n";
    return usage;
  }
  const client server{c.server, c.key};
  const json body{{"urls", urls}};
  const auto r = server.post("/api/v1/notebooks/" + std::to_string(c.notebook) + "/files/parse_url/",
                             body.dump(-1, ' ', false, json::error_handler_t::replace));
  if (!r) {
    std::cerr << "troupe: " << r.error().text() << "\n";
    return unavailable;
  }
  if (r->status != 202) return refused(*r);
  const auto accepted = json::parse(r->body);
  const auto id = std::to_string(accepted.value("batch_job_id", uint64_t{0}));
  std::cout << "batch " << id << ": " << accepted.value("total_items", 0) << " items accepted\n"
            << std::flush;
  for (const auto& x : accepted.value("rejected", json::array()))
    std::cerr << "rejected: " << x.value("url", "") << ": " << x.value("reason", "") << "\n";
  return c.watch ? watch(server, c, id) : ok;
}

} // namespace troupe::cli
