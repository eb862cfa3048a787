#include "cli/cli.hpp"
#include "cli/interrupt.hpp"
#include "cli/remote.hpp"

#include "model/secrets.hpp"

#include <filesystem>
#include <iostream>

namespace troupe::cli {
namespace {

using nlohmann::json;

constexpr int tries = 3;

/// What a command line names, as it is submitted.
struct subjects {
  std::vector<std::string> urls;
  std::vector<std::string> files;
};

void read_urls(std::istream& from, std::vector<std::string>& into) {
  constexpr std::string_view mark = "\xef\xbb\xbf";
  for (std::string line; std::getline(from, line);) {
    if (line.starts_with(mark)) line.erase(0, mark.size());
    while (!line.empty() && (line.back() == '\r' || line.back() == ' '))
      line.pop_back();
    if (!line.empty() && line.front() != '#') into.push_back(line);
  }
}

/// What is a file here is a file; all else is a URL.
subjects subjects_of(const submit_command& c) {
  subjects out;
  for (const auto& x : c.what) {
    std::error_code ignored;
    if (x == "-")
      read_urls(std::cin, out.urls);
    else if (std::filesystem::is_regular_file(x, ignored))
      out.files.push_back(x);
    else
      out.urls.push_back(x);
  }
  return out;
}

std::string path_of(const submit_command& c) {
  const auto number = [](auto n, auto none) { return n == none ? std::string{} : std::to_string(n); };
  std::string tags;
  for (const auto& t : c.tags)
    tags += (tags.empty() ? "" : ",") + t;
  return with_query("/v1/batches", {{"notebook", std::to_string(c.notebook)},
                                    {"strict", c.strict ? "true" : ""},
                                    {"media", c.media ? "true" : ""},
                                    {"priority", number(c.priority, 0u)},
                                    {"max_concurrency", number(c.max_concurrency, uint64_t{0})},
                                    {"max_age", number(c.max_age, int64_t{-1})},
                                    {"tags", tags}});
}

std::string lines_of(const std::vector<std::string>& urls) {
  std::string out;
  for (const auto& u : urls)
    out += json(u).dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
  return out;
}

/// Sent again when the answer did not come: under the same key that makes one batch.
result<reply> send(const client& server, const submit_command& c, const subjects& what) {
  request r{.method = "POST", .path = path_of(c)};
  r.headers.push_back("Idempotency-Key: " + random_secret("cli_"));
  r.files = what.files;
  r.content_type = "application/x-ndjson";
  if (what.files.empty()) r.body = lines_of(what.urls);
  auto answer = server.send(r);
  for (int i = 1; i < tries && !answer && answer.error().code == errc::connect_refused && !interrupted(); ++i)
    answer = server.send(r);
  return answer;
}

} // namespace

int submit(const submit_command& c) {
  const auto what = subjects_of(c);
  if (what.urls.empty() == what.files.empty()) {
    std::cerr << (what.urls.empty() ? "troupe: there is nothing to submit\n"
                                    : "troupe: URLs and files go into batches of their own\n");
    return usage;
  }
  for (const auto& u : c.what)
    if (u != "-" && u.find(':') == u.npos && what.files.empty()) {
      std::cerr << "troupe: " << clean(u) << ": there is no such file, and it is no URL\n";
      return usage;
    }
  watch_for_interrupt();
  const client server{c.to};
  int code = ok;
  const auto batch = answer_of(send(server, c, what), code);
  if (!batch) return code;
  const auto id = batch->at("id").get<std::string>();
  for (const auto& x : batch->value("rejected", json::array()))
    std::cerr << "rejected: " << clean(x.value("url", "")) << ": " << clean(x["error"].value("message", ""))
              << "\n";
  if (c.json && !c.watch) {
    std::cout << batch->dump() << "\n";
    return ok;
  }
  if (!c.json)
    std::cout << id << ": " << grouped((*batch)["counts"].value("total", 0u)) << " items accepted\n"
              << std::flush;
  return c.watch ? follow_batch(server, id, c.json) : ok;
}

} // namespace troupe::cli
