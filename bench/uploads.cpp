/// Uploads of any size: bench_uploads [--files N] [--mib SIZE]
///
/// Starts a server of its own and prints one line a measure:
///   large     one file of 1 GiB: MiB/s, and how much the server's memory grew meanwhile
///   many      N files (100) of SIZE MiB (100), each on a connection of its own, all at once; every second
///   client
///             leaves midway: MiB/s, the most memory, and the files left behind when all have gone
#include "bench/measure.hpp"
#include "tests/support/raw_client.hpp"

#include <CLI/CLI.hpp>

#include <atomic>
#include <iostream>
#include <thread>

using namespace troupe::bench;
using namespace troupe::test;
using clock_type = std::chrono::steady_clock;

namespace {

constexpr size_t block_bytes = 1u << 20;

/// Sends a file of `mib` MiB of its own; stops after `until` of them. The answer's first line.
std::string send_file(const server_process& server, unsigned number, unsigned mib, unsigned until) {
  const std::string first = "--edge\r\nContent-Disposition: form-data; name=\"files\"; filename=\"f" +
                            std::to_string(number) + ".bin\"\r\n\r\n";
  const std::string last = "\r\n--edge--\r\n";
  raw_client c{server.base()};
  c.send("POST /api/v1/notebooks/1/files/upload/ HTTP/1.1\r\nHost: localhost\r\nConnection: "
         "close\r\nContent-Type: "
         "multipart/form-data; boundary=edge\r\nContent-Length: " +
         std::to_string(first.size() + mib * block_bytes + last.size()) + "\r\n\r\n" + first);
  const std::string block(block_bytes, static_cast<char>(1 + number % 250));
  for (unsigned i = 0; i < until; ++i)
    c.send(block);
  if (until < mib) return "left";
  c.send(last);
  c.closed(std::chrono::seconds(300));
  return c.received().substr(0, 12);
}

void large(const std::string& directory) {
  const server_process server{{.data = directory, .set = {"limits.file_bytes=2000000000"}}};
  const auto before = double(server.memory_kib()) / 1024;
  const memory_watch memory{server};
  const auto begin = clock_type::now();
  const auto line = send_file(server, 1, 1'024, 1'024);
  const std::chrono::duration<double> took = clock_type::now() - begin;
  if (line.find("202") == line.npos) throw std::runtime_error("refused: " + line);
  print("large", "one file of 1 GiB, MiB/s", 1'024 / took.count(), "MiB/s");
  print("large", "memory grew by at most", memory.most_mib() - before, "MiB");
}

size_t files_below(const std::string& folder) {
  size_t n = 0;
  for (const auto& e : std::filesystem::recursive_directory_iterator(folder))
    n += e.is_regular_file();
  return n;
}

void many(const std::string& directory, unsigned files, unsigned mib) {
  const server_process server{{.data = directory, .set = {"limits.file_bytes=2000000000"}}};
  const auto begin = clock_type::now();
  std::atomic<unsigned> accepted = 0;
  double most = 0;
  {
    const memory_watch memory{server};
    {
      std::vector<std::jthread> clients;
      for (unsigned i = 0; i < files; ++i)
        clients.emplace_back([&, i] {
          try {
            accepted += send_file(server, i, mib, i % 2 ? mib : mib / 2).find("202") != std::string::npos;
          } catch (const std::exception& e) {
            std::cerr << e.what() << "\n";
          }
        });
    }
    most = memory.most_mib();
  }
  const std::chrono::duration<double> took = clock_type::now() - begin;
  print("many", "MiB/s, all clients together", files * mib * 0.75 / took.count(), "MiB/s");
  print("many", "most memory, server and children", most, "MiB");
  print("many", "uploads accepted", accepted, "");
  while (files_below(directory + "/files/incoming") > 0 &&
         clock_type::now() - begin < std::chrono::minutes(5))
    server.get("/api/v1/health/");
  print("many", "files of clients that left, left behind", double(files_below(directory + "/files/incoming")),
        "");
}

} // namespace

int main(int argc, char** argv) {
  CLI::App app{"Measures uploads"};
  unsigned files = 100;
  unsigned mib = 100;
  app.add_option("--files", files)->capture_default_str();
  app.add_option("--mib", mib)->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  const scratch one;
  large(one.path());
  const scratch other;
  many(other.path(), files, mib);
}
