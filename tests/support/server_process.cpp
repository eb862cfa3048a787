#include "tests/support/server_process.hpp"

#include <curl/curl.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace troupe::test {
namespace {

constexpr std::chrono::seconds start_deadline{60};
constexpr std::chrono::milliseconds poll{10};

size_t append(char* data, size_t, size_t n, void* to) {
  static_cast<std::string*>(to)->append(data, n);
  return n;
}

std::string read_file(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  std::ostringstream out;
  out << file.rdbuf();
  return out.str();
}

pid_t start(const std::vector<std::string>& arguments, const std::string& log_path, bool loses_unsynced) {
  std::vector<char*> argv;
  for (const auto& a : arguments)
    argv.push_back(const_cast<char*>(a.c_str()));
  argv.push_back(nullptr);
  const pid_t pid = fork();
  if (pid != 0) return pid;
  const int log = ::open(log_path.c_str(), O_CREAT | O_WRONLY | O_APPEND, 0600);
  dup2(log, STDOUT_FILENO);
  dup2(log, STDERR_FILENO);
  if (loses_unsynced) setenv("TROUPE_TEST_LOSES_UNSYNCED", "1", 1);
  execv(argv[0], argv.data());
  _exit(127);
}

uint64_t resident_kib(pid_t pid) {
  std::istringstream in{read_file("/proc/" + std::to_string(pid) + "/smaps_rollup")};
  for (std::string line; std::getline(in, line);)
    if (line.starts_with("Pss:")) return std::strtoull(line.c_str() + 4, nullptr, 10);
  return 0;
}

std::vector<pid_t> children_of(pid_t pid) {
  std::vector<pid_t> out;
  for (const auto& task : std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/task")) {
    std::istringstream in{read_file(task.path() / "children")};
    for (pid_t child = 0; in >> child;)
      out.push_back(child);
  }
  return out;
}

} // namespace

scratch::scratch() {
  auto name = (std::filesystem::temp_directory_path() / "troupe-test-XXXXXX").string();
  if (!mkdtemp(name.data())) throw std::runtime_error("mkdtemp");
  path_ = name;
}
scratch::~scratch() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

server_process::server_process(const server_options& o)
    : options_(o)
    , log_path_(o.data + ".log") {
  std::vector<std::string> arguments{o.program.empty() ? TROUPE_TEST_SERVER : o.program,
                                     "serve",
                                     "--config",
                                     TROUPE_SOURCE_DIR "/config/troupe.json",
                                     "--listen",
                                     o.listen,
                                     "--data",
                                     o.data,
                                     "--allow-network",
                                     options_.allow_network};
  // Tests share their machine: work that stands back behind a compiler would miss their deadlines.
  for (const auto& s :
       {"work.backoff_ms=20", "work.drain_timeout_ms=5000", "work.nice=0", "http.heartbeat_ms=500"})
    arguments.insert(arguments.end(), {"--set", s});
  for (const auto& s : o.set)
    arguments.insert(arguments.end(), {"--set", s});
  std::ofstream{log_path_};
  const auto begin = std::chrono::steady_clock::now();
  pid_ = start(arguments, log_path_, o.loses_unsynced);
  wait_until_listening();
  start_time_ =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);
}

server_process::~server_process() {
  kill9();
  std::error_code ignored;
  std::filesystem::remove(log_path_, ignored);
}

/// The log says where it listens, and when open batches are recovered.
void server_process::wait_until_listening() {
  const auto deadline = std::chrono::steady_clock::now() + start_deadline;
  while (std::chrono::steady_clock::now() < deadline) {
    const auto text = log();
    const auto at = text.find("listening address=\"");
    if (at != text.npos && text.find("info ready") != text.npos) {
      const auto from = at + std::string("listening address=\"").size();
      base_ = (options_.ca.empty() ? "http://" : "https://") + text.substr(from, text.find('"', from) - from);
      return;
    }
    if (waitpid(pid_, nullptr, WNOHANG) == pid_) break;
    std::this_thread::sleep_for(poll);
  }
  throw std::runtime_error("the server did not start: " + log());
}

answer call(const std::string& method, const std::string& url, const std::string& body,
            const std::vector<std::string>& headers, const std::string& ca, std::chrono::seconds at_most) {
  answer out;
  CURL* c = curl_easy_init();
  curl_slist* list = nullptr;
  for (const auto& h : headers)
    list = curl_slist_append(list, h.c_str());
  list = curl_slist_append(list, "Content-Type: application/json");
  curl_easy_setopt(c, CURLOPT_URL, url.c_str());
  curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, method.c_str());
  curl_easy_setopt(c, CURLOPT_HTTPHEADER, list);
  curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, append);
  curl_easy_setopt(c, CURLOPT_WRITEDATA, &out.body);
  curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, append);
  curl_easy_setopt(c, CURLOPT_HEADERDATA, &out.headers);
  curl_easy_setopt(c, CURLOPT_TIMEOUT, static_cast<long>(at_most.count()));
  curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
  if (!ca.empty()) curl_easy_setopt(c, CURLOPT_CAINFO, ca.c_str());
  if (!body.empty()) {
    curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
    curl_easy_setopt(c, CURLOPT_POSTFIELDS, body.data());
  }
  if (curl_easy_perform(c) == CURLE_OK) curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &out.status);
  curl_slist_free_all(list);
  curl_easy_cleanup(c);
  return out;
}

answer server_process::send(const std::string& method, const std::string& path, const std::string& body,
                            const std::vector<std::string>& headers) const {
  return call(method, base_ + path, body, headers, options_.ca);
}

answer server_process::get(const std::string& path, const std::vector<std::string>& headers) const {
  return send("GET", path, {}, headers);
}
answer server_process::post(const std::string& path, const std::string& body,
                            const std::vector<std::string>& headers) const {
  return send("POST", path, body, headers);
}

uint64_t server_process::submit(uint64_t notebook, const std::vector<std::string>& urls) const {
  const auto r = post("/api/v1/notebooks/" + std::to_string(notebook) + "/files/parse_url/",
                      nlohmann::json{{"urls", urls}}.dump());
  if (r.status != 202) throw std::runtime_error("not accepted: " + std::to_string(r.status) + " " + r.body);
  return r.json().at("batch_job_id");
}

nlohmann::json server_process::status(uint64_t notebook, uint64_t batch, const std::string& query) const {
  const auto r = get("/api/v1/notebooks/" + std::to_string(notebook) + "/batch-jobs/" +
                     std::to_string(batch) + "/status/" + query);
  if (r.status != 200) throw std::runtime_error("no status: " + std::to_string(r.status) + " " + r.body);
  return r.json();
}

nlohmann::json server_process::wait(uint64_t notebook, uint64_t batch, std::chrono::seconds at_most) const {
  const auto deadline = std::chrono::steady_clock::now() + at_most;
  while (std::chrono::steady_clock::now() < deadline) {
    const auto state = status(notebook, batch, "?items=false")["batch_job"]["status"].get<std::string>();
    if (state != "pending" && state != "processing") return status(notebook, batch);
    std::this_thread::sleep_for(poll);
  }
  throw std::runtime_error("the batch did not end: " + status(notebook, batch, "?items=false").dump() +
                           log());
}

void server_process::kill9() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

void server_process::signal(int number) const {
  ::kill(pid_, number);
}

int server_process::terminate() {
  ::kill(pid_, SIGTERM);
  int code = 0;
  waitpid(pid_, &code, 0);
  pid_ = -1;
  return WIFEXITED(code) ? WEXITSTATUS(code) : -1;
}

uint64_t server_process::memory_kib() const {
  auto sum = resident_kib(pid_);
  for (const auto child : children_of(pid_))
    sum += resident_kib(child);
  return sum;
}

std::string server_process::log() const {
  return read_file(log_path_);
}

std::string verify_store(const std::string& data, bool loses_unsynced) {
  scratch out;
  const auto pid =
      start({TROUPE_TEST_SERVER, "verify", "--data", data}, out.path() + "/lines", loses_unsynced);
  int code = 0;
  waitpid(pid, &code, 0);
  const auto lines = read_file(out.path() + "/lines");
  return WIFEXITED(code) && WEXITSTATUS(code) == 0 ? std::string{} : "verify: " + lines;
}

} // namespace troupe::test
