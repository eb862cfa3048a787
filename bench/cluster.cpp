/// A cluster: bench_cluster [growth] [overhead] [door], all of them without an argument. Real processes in
/// network namespaces of this process's own, which share the machine's cores with the origin.
///   growth    items/s with one worker and with three: an origin that answers after 200 ms, windows of 256 a
///             node, one line of text an item, parse stages that do nothing
///   overhead  what an item costs more on another node: CPU of all processes an item, on the owner alone and
///   on
///             a worker alone, with parse stages that do nothing, with lines of text and with pages of 2 KiB
///   door      200 connections to the cluster's port that say nothing, for a minute: the CPU that they cost
#include "tests/support/cluster.hpp"
#include "bench/measure.hpp"
#include "tests/fixtures/origin.hpp"

#include <CLI/CLI.hpp>

#include <arpa/inet.h>
#include <fstream>
#include <netinet/in.h>
#include <sstream>
#include <sys/socket.h>
#include <unistd.h>

using namespace troupe::bench;
using namespace troupe::test;
using clock_type = std::chrono::steady_clock;
using nlohmann::json;

namespace {

double seconds_since(clock_type::time_point t) {
  return std::chrono::duration<double>(clock_type::now() - t).count();
}

/// CPU of a process and of its children that have ended, in seconds (proc(5), stat).
double cpu_of(pid_t pid) {
  std::ifstream in{"/proc/" + std::to_string(pid) + "/stat"};
  std::string text{std::istreambuf_iterator<char>(in), {}};
  std::istringstream fields{text.substr(text.rfind(')') + 2)};
  std::string word;
  double ticks = 0;
  for (int i = 3; fields >> word && i <= 17; ++i)
    if (i >= 14) ticks += std::stod(word);
  return ticks / double(sysconf(_SC_CLK_TCK));
}

double cpu_of_tree(pid_t pid) {
  double sum = cpu_of(pid);
  std::ifstream in{"/proc/" + std::to_string(pid) + "/task/" + std::to_string(pid) + "/children"};
  for (pid_t child = 0; in >> child;)
    sum += cpu_of_tree(child);
  return sum;
}

double cpu_of(cluster& all) {
  double sum = 0;
  for (const auto& n : all.nodes())
    sum += cpu_of_tree(n->pid());
  return sum;
}

const std::vector<std::string> wide{"fetch.max_transfers=256",
                                    "work.window=256",
                                    "work.lookahead=2048",
                                    "parse.documents_per_process=100000",
                                    "cluster.heartbeat_ms=1000",
                                    "cluster.timeout_ms=20000",
                                    "log.level=warn"};
/// The owner leaves the work to others.
const std::vector<std::string> idle{"fetch.max_transfers=1", "work.window=1"};

/// Runs a batch of so many items to its end; its seconds.
double run_batch(cluster& all, const origin& site, const std::string& path, unsigned from, unsigned items) {
  std::vector<std::string> urls;
  for (unsigned i = from; i < from + items; ++i)
    urls.push_back("http://" + std::string(own_address) + ":" + std::to_string(site.port()) + path +
                   std::to_string(i));
  const auto begin = clock_type::now();
  const auto batch = submit({&all.at("n1")}, 1, urls);
  const auto end = wait_for({&all.at("n1")}, batch, std::chrono::seconds{600});
  if (end.at("counts").at("succeeded") != items) throw std::runtime_error("not all succeeded: " + end.dump());
  return seconds_since(begin);
}

/// While it is there, processes that are started have parse stages that do nothing.
class nothing_parsed {
public:
  nothing_parsed() { setenv("TROUPE_TEST_NOOP", "parse", 1); }
  ~nothing_parsed() { unsetenv("TROUPE_TEST_NOOP"); }
};

struct run_figures {
  double rate = 0;
  /// Microseconds an item.
  double owner = 0;
  double workers = 0;
  double origin_and_client = 0;
};

run_figures run_with(unsigned workers, unsigned items) {
  origin site;
  site.forget_requests(true);
  const nothing_parsed quick;
  cluster all{1, workers, wide, idle};
  run_batch(all, site, "/line/200/", 0, 1'000);
  const auto owner = [&] { return cpu_of_tree(all.at("n1").pid()); };
  const auto own = [] { return cpu_of(getpid()); };
  const double before[]{owner(), cpu_of(all), own()};
  const auto seconds = run_batch(all, site, "/line/200/", 1'000, items);
  const auto of_owner = owner() - before[0];
  const auto us = 1e6 / items;
  return {items / seconds, of_owner * us, (cpu_of(all) - before[1] - of_owner) * us,
          (own() - before[2]) * us};
}

void growth(unsigned runs) {
  std::vector<double> one, three, ratio, owner, worker, rest;
  for (unsigned i = 0; i < runs; ++i) {
    one.push_back(run_with(1, 8'000).rate);
    const auto r = run_with(3, 24'000);
    three.push_back(r.rate);
    ratio.push_back(three.back() / one.back());
    owner.push_back(r.owner);
    worker.push_back(r.workers);
    rest.push_back(r.origin_and_client);
  }
  const auto median = [](std::vector<double> x) {
    std::sort(x.begin(), x.end());
    return x[x.size() / 2];
  };
  print("growth", "one worker, items/s", median(one), "1/s");
  print("growth", "three workers, items/s", median(three), "1/s");
  print("growth", "CPU an item, the owner", median(owner), "us");
  print("growth", "CPU an item, a worker", median(worker), "us");
  print("growth", "CPU an item, origin and client", median(rest), "us");
  std::printf("%-9s %-52s %14.2f\n", "growth", "three against one", median(ratio));
}

void compare(const char* what, const std::string& path, unsigned items) {
  const auto measure = [&](unsigned workers, const std::vector<std::string>& of_owner) {
    origin site;
    site.forget_requests(true);
    cluster all{1, workers, wide, of_owner};
    run_batch(all, site, path, 0, 500);
    const auto before = cpu_of(all);
    run_batch(all, site, path, 500, items);
    return (cpu_of(all) - before) / items * 1e6;
  };
  const auto here = measure(0, {});
  const auto there = measure(1, idle);
  print("overhead", (std::string(what) + ", on the owner").c_str(), here, "us CPU an item");
  print("overhead", (std::string(what) + ", on a worker").c_str(), there, "us CPU an item");
  print("overhead", (std::string(what) + ", more").c_str(), there - here, "us CPU an item");
}

void overhead() {
  {
    const nothing_parsed quick;
    compare("nothing parsed", "/line/0/", 10'000);
  }
  compare("a line of text", "/line/0/", 10'000);
  compare("a page of 2 KiB", "/page/", 10'000);
}

void door() {
  cluster all{1, 0};
  auto& n = all.at("n1");
  std::vector<int> open;
  const auto before = cpu_of(n.pid());
  const auto begin = clock_type::now();
  // One that is closed is opened again.
  while (seconds_since(begin) < 60) {
    std::erase_if(open, [](int fd) {
      char byte;
      const bool over = recv(fd, &byte, 1, MSG_DONTWAIT) == 0;
      if (over) close(fd);
      return over;
    });
    while (open.size() < 200) {
      sockaddr_in at{};
      at.sin_family = AF_INET;
      at.sin_port = htons(9070);
      inet_pton(AF_INET, n.address().c_str(), &at.sin_addr);
      open.push_back(socket(AF_INET, SOCK_STREAM, 0));
      if (connect(open.back(), reinterpret_cast<sockaddr*>(&at), sizeof at) != 0)
        throw std::runtime_error("connect");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  const auto used = cpu_of(n.pid()) - before;
  for (const int fd : open)
    close(fd);
  std::printf("%-9s %-52s %14.2f %% of a core\n", "door", "200 silent connections, for a minute",
              100 * used / seconds_since(begin));
}

} // namespace

int main(int argc, char** argv) {
  std::vector<std::string> wanted;
  unsigned runs = 1;
  CLI::App app{"Measures a cluster of its own"};
  app.add_option("what", wanted, "growth, overhead, door")
      ->check(CLI::IsMember({"growth", "overhead", "door"}));
  app.add_option("--runs", runs, "Of growth: the median of so many")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  enter_private_net();
  const auto is_wanted = [&](const char* name) {
    return wanted.empty() || std::find(wanted.begin(), wanted.end(), name) != wanted.end();
  };
  if (is_wanted("growth")) growth(runs);
  if (is_wanted("overhead")) overhead();
  if (is_wanted("door")) door();
}
