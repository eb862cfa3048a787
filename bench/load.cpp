/// A first load generator: bench_load [--items N] [--million] [--server PROGRAM]
///
/// Starts a server of its own and an origin that answers at once, both on loopback, and prints one line a
/// measure. Workloads, in the order of the table:
///   accept    items/s accepted durably, one request of N URLs
///   work      items/s from acceptance to the end of the batch, three actors an item, pages of 2 KiB
///   status    requests/s of the status of the running batch without items, one connection
///   memory    the most of server and children together (proportional set size) while accepting and working
///   restart   from start to ready with N items pending (with --million: N is 1,000,000)
#include "bench/measure.hpp"
#include "tests/fixtures/origin.hpp"

#include <CLI/CLI.hpp>

using namespace troupe::bench;
using namespace troupe::test;
using clock_type = std::chrono::steady_clock;

namespace {

double seconds_since(clock_type::time_point t) {
  return std::chrono::duration<double>(clock_type::now() - t).count();
}

std::string body_of(const origin& o, unsigned items, const char* path, unsigned hosts) {
  std::string body = "{\"urls\":[";
  for (unsigned i = 0; i < items; ++i)
    body += (i ? ",\"" : "\"") + o.url(path + std::to_string(i), 1 + i % hosts) + "\"";
  return body + "]}";
}

uint64_t accept(const server_process& server, const std::string& body, unsigned items) {
  const auto begin = clock_type::now();
  const auto r = server.post("/api/v1/notebooks/1/files/parse_url/", body);
  const double took = seconds_since(begin);
  if (r.status != 202) throw std::runtime_error("refused: " + r.body);
  print("accept", "one request, items/s", items / took, "1/s");
  print("accept", "one request, time to 202", took * 1000, "ms");
  return r.json()["batch_job_id"];
}

void work(const server_process& server, uint64_t batch, unsigned items) {
  const auto begin = clock_type::now();
  unsigned polls = 0;
  double in_polls = 0;
  for (;;) {
    const auto poll = clock_type::now();
    const auto job = server.status(1, batch, "?items=false")["batch_job"];
    in_polls += seconds_since(poll);
    ++polls;
    if (job["pending_items"] == 0 && job["processing_items"] == 0) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  print("work", "end to end, items/s", items / seconds_since(begin), "1/s");
  print("status", "requests/s while it runs, one at a time", polls / in_polls, "1/s");
}

void restart(const std::string& data, unsigned items, const std::string& body) {
  {
    // Nearly idle, so that all of them are still pending at the restart.
    server_process server{{.data = data, .set = {"fetch.max_transfers=1"}}};
    const memory_watch memory{server};
    accept(server, body, items);
    print("memory", "most while accepting", memory.most_mib(), "MiB");
    server.kill9();
  }
  const server_process again{{.data = data, .set = {"fetch.max_per_host=64"}}};
  print("restart", "to ready, all pending", double(again.start_time().count()), "ms");
  const memory_watch memory{again};
  std::this_thread::sleep_for(std::chrono::seconds(30));
  print("memory", "most in 30 s of working on them", memory.most_mib(), "MiB");
}

} // namespace

int main(int argc, char** argv) {
  unsigned items = 20'000;
  bool million = false;
  CLI::App app{"Loads a server of its own and prints what it does"};
  app.add_option("--items", items, "Items of the batch")->capture_default_str();
  app.add_flag("--million", million,
               "A million URLs in one request: memory and restart, instead of the rest");
  CLI11_PARSE(app, argc, argv);

  origin o;
  o.forget_requests(true);
  const scratch dir;
  if (million) {
    restart(dir.path(), 1'000'000, body_of(o, 1'000'000, "/page/", 100));
    return 0;
  }
  const server_process server{{.data = dir.path(), .set = {"fetch.max_per_host=64"}}};
  const memory_watch memory{server};
  const auto batch = accept(server, body_of(o, items, "/page/", 8), items);
  work(server, batch, items);
  print("memory", "most while accepting and working", memory.most_mib(), "MiB");
}
