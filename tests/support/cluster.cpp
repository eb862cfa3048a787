#include "tests/support/cluster.hpp"

#include "model/content.hpp"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <sstream>
#include <stdexcept>
#include <sys/wait.h>
#include <thread>

namespace troupe::test {

using nlohmann::json;

const std::string key = "trp_test_key_of_the_cluster";

namespace {

constexpr std::chrono::milliseconds poll{20};

} // namespace

bool becomes(const std::function<bool()>& condition, std::chrono::seconds at_most) {
  const auto until = std::chrono::steady_clock::now() + at_most;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(poll);
  }
  return true;
}

node::node(const cluster& of, unsigned host, node_settings what)
    : of_(of)
    , host_(host)
    , what_(std::move(what))
    , log_path_(of.folder() + "/" + what_.name + ".log") {
  of_.command("cluster cert " + name() + " --host " + address() + " --dir " + of_.folder() + "/pki");
}

node::~node() {
  kill9();
}

void node::start() {
  const auto data = of_.folder() + "/" + name();
  std::vector<std::string> a{TROUPE_TEST_SERVER, what_.serves ? "serve" : "work"};
  a.insert(a.end(), {"--config", TROUPE_SOURCE_DIR "/config/troupe.json", "--data", data, "--name", name(),
                     "--allow-network", "10.77.0.0/24"});
  const auto set = [&a](const std::string& s) { a.insert(a.end(), {"--set", s}); };
  set("work.nice=0");
  set("cluster.certificate=" + of_.certificate(name() + ".pem"));
  set("cluster.key=" + of_.certificate(name() + "-key.pem"));
  set("cluster.authority=" + of_.certificate("ca.pem"));
  if (what_.serves) {
    a.insert(a.end(), {"--listen", address() + ":8080", "--cluster-listen", address() + ":9070"});
    set("http.keys=[{\"name\":\"test\",\"sha256\":\"" + sha256(key).hex() + "\",\"write\":true}]");
    set("store.node=" + std::to_string(what_.number));
    set("cluster.owners=" + json(of_.owners()).dump());
  }
  // The first two of those that serve are known to all.
  for (const unsigned known : {1, 2})
    if (known <= of_.owners().size() && known != what_.number)
      a.insert(a.end(), {"--join", "10.77.0." + std::to_string(known) + ":9070"});
  for (const auto& s : of_.settings())
    set(s);
  for (const auto& s : what_.set)
    set(s);
  pid_ = host_.spawn(a, log_path_, what_.environment);
}

void node::kill9() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

int node::terminate() {
  ::kill(pid_, SIGTERM);
  return wait_for_end();
}

int node::wait_for_end() {
  int status = 0;
  waitpid(pid_, &status, 0);
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void node::freeze() const {
  ::kill(pid_, SIGSTOP);
}
void node::thaw() const {
  ::kill(pid_, SIGCONT);
}

std::string node::log() const {
  std::ifstream file{log_path_};
  std::ostringstream out;
  out << file.rdbuf();
  return out.str();
}

size_t node::logged(const std::string& text) const {
  const auto all = log();
  size_t n = 0;
  for (auto at = all.find(text); at != all.npos; at = all.find(text, at + 1))
    ++n;
  return n;
}

answer node::get(const std::string& path, std::chrono::seconds at_most) const {
  return call("GET", "http://" + address() + ":8080" + path, {}, {"Authorization: Bearer " + key}, {},
              at_most);
}
answer node::post(const std::string& path, const std::string& body, std::chrono::seconds at_most) const {
  return call("POST", "http://" + address() + ":8080" + path, body, {"Authorization: Bearer " + key}, {},
              at_most);
}

cluster::cluster(unsigned serving, unsigned workers, std::vector<std::string> set,
                 const std::vector<std::string>& of_serving)
    : serving_(serving)
    , set_{"work.backoff_ms=50",      "work.drain_timeout_ms=5000", "cluster.heartbeat_ms=300",
           "cluster.timeout_ms=2000", "cluster.reconnect_ms=100",   "cluster.reconnect_limit_ms=500",
           "http.heartbeat_ms=500",   "fetch.robots=false",         "fetch.max_per_host=1000"} {
  set_.insert(set_.end(), set.begin(), set.end());
  command("cluster init --dir " + folder_.path() + "/pki");
  for (unsigned i = 1; i <= serving; ++i)
    nodes_.push_back(
        std::make_unique<node>(*this, i, node_settings{"n" + std::to_string(i), true, i, of_serving, {}}));
  for (unsigned i = 1; i <= workers; ++i)
    nodes_.push_back(
        std::make_unique<node>(*this, 100 + i, node_settings{"w" + std::to_string(i), false, 0, {}, {}}));
  for (const auto& n : nodes_)
    n->start();
  wait_until_met();
}

std::vector<unsigned> cluster::owners() const {
  std::vector<unsigned> out;
  for (unsigned i = 1; i <= serving_; ++i)
    out.push_back(i);
  return out;
}

node& cluster::at(const std::string& name) {
  for (const auto& n : nodes_)
    if (n->name() == name) return *n;
  throw std::runtime_error("no node " + name);
}

std::vector<node*> cluster::serving() {
  std::vector<node*> out;
  for (const auto& n : nodes_)
    if (n->serves()) out.push_back(n.get());
  return out;
}

void cluster::command(const std::string& arguments) const {
  const auto line = std::string(TROUPE_TEST_SERVER) + " " + arguments + " >/dev/null";
  if (std::system(line.c_str()) != 0) throw std::runtime_error("failed: " + line);
}

void cluster::wait_until_met(std::chrono::seconds at_most) {
  const auto knows_all = [this](node& by) {
    const auto r = by.get("/v1/nodes", std::chrono::seconds{2});
    if (r.status != 200) return false;
    const auto page = r.json();
    const auto up = std::count_if(page.at("data").begin(), page.at("data").end(),
                                  [](const json& n) { return n.at("state") == "up"; });
    const auto running =
        std::count_if(nodes_.begin(), nodes_.end(), [](const auto& n) { return n->running(); });
    return up == running;
  };
  for (auto* n : serving()) {
    if (!n->running()) continue;
    const bool met = becomes([&] { return knows_all(*n); }, at_most);
    if (!met)
      throw std::runtime_error(n->name() + " does not know all: " + n->get("/v1/nodes").body + n->log());
  }
}

std::string submit(const std::vector<node*>& through, unsigned notebook,
                   const std::vector<std::string>& urls) {
  const auto body = json{{"notebook", notebook}, {"items", urls}}.dump();
  std::string last;
  std::string batch;
  const bool taken = becomes(
      [&] {
        for (auto* n : through) {
          if (!n->running()) continue;
          const auto r = n->post("/v1/batches", body, std::chrono::seconds{10});
          last = std::to_string(r.status) + " " + r.body;
          if (r.status != 202) continue;
          batch = r.json().at("id");
          return true;
        }
        return false;
      },
      std::chrono::seconds{60});
  if (!taken) throw std::runtime_error("nobody takes the batch: " + last);
  return batch;
}

json wait_for(const std::vector<node*>& any, const std::string& batch, std::chrono::seconds at_most) {
  json last;
  const bool ended = becomes(
      [&] {
        for (auto* n : any) {
          if (!n->running()) continue;
          const auto r = n->get("/v1/batches/" + batch, std::chrono::seconds{5});
          if (r.status != 200) continue;
          last = r.json();
          return last.contains("reason");
        }
        return false;
      },
      at_most);
  if (!ended) throw std::runtime_error("batch " + batch + " does not end: " + last.dump());
  return last;
}

std::vector<json> rows(const std::vector<node*>& any, const std::string& path) {
  std::vector<json> out;
  const char mark = path.find('?') == path.npos ? '?' : '&';
  for (std::string cursor;;) {
    answer r;
    const auto target = path + mark + "limit=1000" + (cursor.empty() ? "" : "&cursor=" + cursor);
    const bool answered = becomes(
        [&] {
          for (auto* n : any) {
            if (!n->running()) continue;
            r = n->get(target);
            if (r.status == 200) return true;
          }
          return false;
        },
        std::chrono::seconds{30});
    if (!answered) throw std::runtime_error(path + ": " + std::to_string(r.status) + " " + r.body);
    const auto page = r.json();
    for (const auto& x : page.at("data"))
      out.push_back(x);
    if (!page.value("has_more", false)) return out;
    cursor = page.at("next_cursor");
  }
}

} // namespace troupe::test
