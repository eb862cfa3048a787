/// Listeners × transitions: bench_events [--listeners N] [--seconds S]
///
/// Starts a server and an origin of its own and runs a batch whose items end slowly, first with nobody
/// listening, then with N (10,000) event streams on it. Prints what they cost in memory, how long it takes
/// until the last of them has an event, and the p50 and p99 of a status request beside them against that
/// without them.
#include "bench/measure.hpp"
#include "model/time.hpp"
#include "process/scheduling.hpp"
#include "tests/fixtures/origin.hpp"

#include <CLI/CLI.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <future>
#include <iostream>
#include <mutex>

using namespace troupe::bench;
using namespace troupe::test;
using clock_type = std::chrono::steady_clock;
using nlohmann::json;

namespace {

double ms_since(clock_type::time_point t) {
  return std::chrono::duration<double, std::milli>(clock_type::now() - t).count();
}

int connect_to(const server_process& server) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<uint16_t>(std::stoul(server.base().substr(server.base().rfind(':') + 1))));
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || ::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0)
    throw std::runtime_error(std::string("connect: ") + std::strerror(errno));
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

void send_all(int fd, const std::string& text) {
  if (::send(fd, text.data(), text.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(text.size()))
    throw std::runtime_error("the server hung up");
}

/// Event streams on one batch: when each has got its first and its last event.
class crowd {
public:
  crowd(const server_process& server, const std::string& batch, unsigned count)
      : poll_(::epoll_create1(EPOLL_CLOEXEC)) {
    const auto request = "GET /v1/batches/" + batch + "/events HTTP/1.1\r\nHost: localhost\r\n\r\n";
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
    for (unsigned i = 0; i < count; ++i) {
      const int fd = connect_to(server);
      fds_.push_back(fd);
      send_all(fd, request);
      epoll_event e{.events = EPOLLIN, .data = {.fd = fd}};
      ::epoll_ctl(poll_, EPOLL_CTL_ADD, fd, &e);
    }
  }
  ~crowd() {
    thread_.request_stop();
    thread_.join();
    for (const int fd : fds_)
      ::close(fd);
    ::close(poll_);
  }
  unsigned begun() const { return begun_; }
  unsigned ended() const { return ended_; }
  uint64_t events() const { return events_; }
  /// Of the last event, how long after it had happened each listener had it.
  std::vector<double> delays() const {
    const std::lock_guard lock{mutex_};
    return delays_;
  }

private:
  void run(const std::stop_token& stop) {
    // It stands for ten thousand other machines: on this one it takes what is left.
    const sched_param none{};
    ::sched_setscheduler(0, SCHED_IDLE, &none);
    std::vector<epoll_event> ready(512);
    std::string block(65'536, '\0');
    std::vector<bool> seen;
    while (!stop.stop_requested()) {
      const int n = ::epoll_wait(poll_, ready.data(), static_cast<int>(ready.size()), 100);
      for (int i = 0; i < n; ++i)
        take(ready[static_cast<size_t>(i)].data.fd, block, seen);
    }
  }
  void take(int fd, std::string& block, std::vector<bool>& seen) {
    const auto got = ::recv(fd, block.data(), block.size(), 0);
    if (got <= 0) {
      ::epoll_ctl(poll_, EPOLL_CTL_DEL, fd, nullptr);
      return;
    }
    const std::string_view text{block.data(), static_cast<size_t>(got)};
    seen.resize(std::max(seen.size(), static_cast<size_t>(fd) + 1));
    if (!seen[static_cast<size_t>(fd)]) ++begun_;
    seen[static_cast<size_t>(fd)] = true;
    for (auto at = text.find("\nevent: "); at != text.npos; at = text.find("\nevent: ", at + 1))
      ++events_;
    const auto last = text.find("event: batch.completed");
    if (last == text.npos) return;
    ++ended_;
    const auto at = text.find("\"at\":\"", last);
    if (at == text.npos) return;
    const auto delay = troupe::now() - troupe::parse_rfc3339(text.substr(at + 6, 24));
    const std::lock_guard lock{mutex_};
    delays_.push_back(double(delay.count()));
  }

  int poll_;
  std::vector<int> fds_;
  std::atomic<unsigned> begun_ = 0;
  std::atomic<unsigned> ended_ = 0;
  std::atomic<uint64_t> events_ = 0;
  mutable std::mutex mutex_;
  std::vector<double> delays_;
  std::jthread thread_;
};

/// Status requests one after the other on one connection until the batch has ended; how long each took, in
/// ms.
std::vector<double> ask_status(const server_process& server, const std::string& batch) {
  const int fd = connect_to(server);
  const auto request = "GET /v1/batches/" + batch + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
  std::vector<double> took;
  std::string answer(65'536, '\0');
  for (bool ended = false; !ended;) {
    const auto begin = clock_type::now();
    send_all(fd, request);
    std::string text;
    for (size_t wanted = 1; text.size() < wanted;) {
      const auto n = ::recv(fd, answer.data(), answer.size(), 0);
      if (n <= 0) throw std::runtime_error("the server hung up");
      text.append(answer.data(), static_cast<size_t>(n));
      wanted = text.size() + 1;
      const auto head = text.find("\r\n\r\n");
      const auto length = text.find("Content-Length: ");
      if (head != text.npos && length != text.npos) wanted = head + 4 + std::stoul(text.substr(length + 16));
    }
    took.push_back(ms_since(begin));
    ended = text.find("\"reason\"") != text.npos;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  ::close(fd);
  std::sort(took.begin(), took.end());
  return took;
}

/// On a thread of its own: what is measured is the server's delay, not that of the asker's own wake-ups.
std::vector<double> status_times(const server_process& server, const std::string& batch) {
  return std::async(std::launch::async,
                    [&] {
                      troupe::schedule_promptly();
                      return ask_status(server, batch);
                    })
      .get();
}

double quantile(const std::vector<double>& sorted, double q) {
  return sorted.empty() ? 0
                        : sorted[std::min(sorted.size() - 1, static_cast<size_t>(q * double(sorted.size())))];
}

/// Items end one after the other, about twenty a second.
std::string slow_batch(const server_process& server, const origin& o, unsigned seconds,
                       const std::string& path) {
  auto urls = json::array();
  for (unsigned i = 0; i < 20 * seconds; ++i)
    urls.push_back(o.url("/delay/100/" + path + std::to_string(i)));
  const auto r =
      server.post("/v1/batches", json{{"items", urls}, {"max_concurrency", 2}, {"priority", 5}}.dump());
  if (r.status != 202) throw std::runtime_error("refused: " + r.body);
  return r.json()["id"];
}

void run(unsigned count, unsigned seconds) {
  const scratch directory;
  const origin o;
  const server_process server{
      {.data = directory.path(), .set = {"http.max_listeners=" + std::to_string(count + 10)}}};
  const auto alone = status_times(server, slow_batch(server, o, seconds, "1"));
  const auto id = slow_batch(server, o, seconds, "2");
  const auto before = double(server.memory_kib()) / 1024;
  const memory_watch memory{server};
  const auto begin = clock_type::now();
  const crowd all{server, id, count};
  while (all.begun() < count && ms_since(begin) < 60'000)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  print("events", "listeners that have got their first event", all.begun(), "");
  print("events", "connected and told, all of them", ms_since(begin), "ms");
  const auto beside = status_times(server, id);
  const auto end = clock_type::now();
  while (all.ended() < count && ms_since(end) < 30'000)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  auto delays = all.delays();
  std::sort(delays.begin(), delays.end());
  print("events", "listeners that have got the last event", all.ended(), "");
  print("events", "events delivered", double(all.events()), "");
  print("events", "last event after it happened, median listener", quantile(delays, 0.5), "ms");
  print("events", "last event after it happened, last listener", delays.empty() ? 0 : delays.back(), "ms");
  print("events", "memory grew by", memory.most_mib() - before, "MiB");
  print("events", "status p50 without listeners", quantile(alone, 0.5), "ms");
  print("events", "status p50 with them", quantile(beside, 0.5), "ms");
  print("events", "status p99 without listeners", quantile(alone, 0.99), "ms");
  print("events", "status p99 with them", quantile(beside, 0.99), "ms");
  print("events", "ratio of the p99s", quantile(beside, 0.99) / quantile(alone, 0.99), "");
}

} // namespace

int main(int argc, char** argv) {
  unsigned listeners = 10'000;
  unsigned seconds = 10;
  CLI::App app{"Measures what listeners cost."};
  app.add_option("--listeners", listeners, "Event streams on one batch");
  app.add_option("--seconds", seconds, "How long the batch takes");
  CLI11_PARSE(app, argc, argv);
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  try {
    run(listeners, seconds);
  } catch (const std::exception& e) {
    std::cerr << e.what() << "\n";
    return 1;
  }
}
