/// What it costs a commit when a second machine has to hold it too: bench_standby [--commits N] [--rows N]
/// [--row BYTES]
///
/// A store of its own writes synced batches as a node's writer does. A standby, a process of its own with a
/// store of its own, takes the same batches over TCP on loopback and writes them synced. Three ways, each a
/// line of figures:
///   alone     the store's own sync, as it is now
///   after     the standby follows: a commit waits for nothing but its own sync, and may be lost with the
///   machine both      a commit waits for both syncs, which are under way at once
/// Both stores share one disk here, and the network is none: what two disks and a real network add is printed
/// as the round trip that was measured, for comparison.
#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

using clock_type = std::chrono::steady_clock;

double ms_since(clock_type::time_point t) {
  return std::chrono::duration<double, std::milli>(clock_type::now() - t).count();
}

std::unique_ptr<rocksdb::DB> open_store(const std::string& directory) {
  rocksdb::Options o;
  o.create_if_missing = true;
  rocksdb::DB* db = nullptr;
  const auto status = rocksdb::DB::Open(o, directory, &db);
  if (!status.ok()) throw std::runtime_error(status.ToString());
  return std::unique_ptr<rocksdb::DB>(db);
}

void write_synced(rocksdb::DB& db, rocksdb::WriteBatch& batch) {
  rocksdb::WriteOptions o;
  o.sync = true;
  if (const auto status = db.Write(o, &batch); !status.ok()) throw std::runtime_error(status.ToString());
}

bool send_all(int to, const void* data, size_t size) {
  for (const auto* at = static_cast<const char*>(data); size > 0;) {
    const auto n = ::send(to, at, size, MSG_NOSIGNAL);
    if (n <= 0) return false;
    at += n;
    size -= static_cast<size_t>(n);
  }
  return true;
}

bool receive_all(int from, void* data, size_t size) {
  for (auto* at = static_cast<char*>(data); size > 0;) {
    const auto n = ::recv(from, at, size, 0);
    if (n <= 0) return false;
    at += n;
    size -= static_cast<size_t>(n);
  }
  return true;
}

/// Takes batches until the owner closes: a length, then a batch; each is answered with a byte once it is
/// synced, an empty one at once.
[[noreturn]] void run_standby(int from, const std::string& directory) {
  const auto db = open_store(directory);
  uint32_t size = 0;
  std::string bytes;
  while (receive_all(from, &size, sizeof size)) {
    bytes.resize(size);
    if (!receive_all(from, bytes.data(), size)) break;
    if (size > 0) {
      rocksdb::WriteBatch batch{bytes};
      write_synced(*db, batch);
    }
    if (!send_all(from, "k", 1)) break;
  }
  _exit(0);
}

/// A standby and the connection to it.
class standby {
public:
  explicit standby(const std::string& directory) {
    const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof at;
    if (bind(listener, reinterpret_cast<sockaddr*>(&at), sizeof at) != 0 || listen(listener, 1) != 0 ||
        getsockname(listener, reinterpret_cast<sockaddr*>(&at), &length) != 0)
      throw std::runtime_error("no listener");
    pid_ = fork();
    if (pid_ == 0) run_standby(accept(listener, nullptr, nullptr), directory);
    socket_ = ::socket(AF_INET, SOCK_STREAM, 0);
    if (connect(socket_, reinterpret_cast<sockaddr*>(&at), sizeof at) != 0)
      throw std::runtime_error("no standby");
    const int on = 1;
    setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    close(listener);
  }
  ~standby() {
    close(socket_);
    waitpid(pid_, nullptr, 0);
  }
  standby(const standby&) = delete;

  void send(const std::string& batch) const {
    const auto size = static_cast<uint32_t>(batch.size());
    if (!send_all(socket_, &size, sizeof size) || !send_all(socket_, batch.data(), batch.size()))
      throw std::runtime_error("the standby is gone");
  }
  void wait() const {
    char answer = 0;
    if (!receive_all(socket_, &answer, 1)) throw std::runtime_error("the standby is gone");
  }

private:
  pid_t pid_ = -1;
  int socket_ = -1;
};

struct workload {
  unsigned commits = 2'000;
  unsigned rows = 64;
  unsigned row_bytes = 1'024;
};

rocksdb::WriteBatch batch_of(const workload& w, unsigned number) {
  rocksdb::WriteBatch batch;
  const std::string value(w.row_bytes, static_cast<char>('a' + number % 26));
  for (unsigned i = 0; i < w.rows; ++i)
    batch.Put(std::to_string(number) + "/" + std::to_string(i), value);
  return batch;
}

enum class way { alone, after, both };

void run(const workload& w, way how, const std::string& folder) {
  constexpr const char* names[] = {"alone", "after", "both"};
  const std::string name = names[static_cast<int>(how)];
  // Before this process has threads: the standby is a fork of it.
  const auto other = how == way::alone ? nullptr : std::make_unique<standby>(folder + "/standby-" + name);
  const auto db = open_store(folder + "/owner-" + name);
  std::vector<double> times;
  unsigned behind = 0;
  const auto begin = clock_type::now();
  for (unsigned n = 0; n < w.commits; ++n) {
    auto batch = batch_of(w, n);
    const auto commit = clock_type::now();
    if (other) other->send(batch.Data());
    write_synced(*db, batch);
    if (how == way::both) other->wait();
    if (how == way::after && ++behind > 16) {
      other->wait();
      --behind;
    }
    times.push_back(ms_since(commit));
  }
  const auto took = ms_since(begin) / 1000;
  for (; behind > 0; --behind)
    other->wait();
  std::sort(times.begin(), times.end());
  std::printf("%-6s %10.0f commits/s %12.0f rows/s   p50 %7.2f ms   p99 %7.2f ms\n", name.c_str(),
              w.commits / took, double(w.commits) * w.rows / took, times[times.size() / 2],
              times[times.size() * 99 / 100]);
  std::fflush(stdout);
}

void round_trip(const std::string& folder) {
  const standby other{folder + "/standby-empty"};
  constexpr int tries = 2'000;
  const auto begin = clock_type::now();
  for (int i = 0; i < tries; ++i) {
    other.send({});
    other.wait();
  }
  std::printf("a round trip over loopback: %.3f ms\n", ms_since(begin) / tries);
}

} // namespace

int main(int argc, char** argv) {
  workload w;
  for (int i = 1; i + 1 < argc; i += 2) {
    const auto value = static_cast<unsigned>(std::strtoul(argv[i + 1], nullptr, 10));
    if (!std::strcmp(argv[i], "--commits")) w.commits = value;
    if (!std::strcmp(argv[i], "--rows")) w.rows = value;
    if (!std::strcmp(argv[i], "--row")) w.row_bytes = value;
  }
  auto folder = (std::filesystem::temp_directory_path() / "troupe-standby-XXXXXX").string();
  if (!mkdtemp(folder.data())) return 1;
  std::printf("%u commits of %u rows of %u bytes\n", w.commits, w.rows, w.row_bytes);
  std::fflush(stdout);
  for (const auto how : {way::alone, way::after, way::both})
    if (const pid_t pid = fork(); pid == 0) {
      run(w, how, folder);
      _exit(0);
    } else {
      waitpid(pid, nullptr, 0);
    }
  round_trip(folder);
  std::filesystem::remove_all(folder);
}
