#pragma once
/// The real server in a process of its own, and a client for it.

#include <nlohmann/json.hpp>

#include <chrono>
#include <string>
#include <sys/types.h>
#include <vector>

namespace troupe::test {

/// A folder that is removed with this object.
class scratch {
public:
  scratch();
  ~scratch();
  scratch(const scratch&) = delete;
  const std::string& path() const { return path_; }

private:
  std::string path_;
};

struct answer {
  long status = 0;
  std::string body;
  std::string headers;
  nlohmann::json json() const { return nlohmann::json::parse(body); }
};

/// One HTTP request. Status 0: there was no answer in time.
answer call(const std::string& method, const std::string& url, const std::string& body = {},
            const std::vector<std::string>& headers = {}, const std::string& ca = {},
            std::chrono::seconds at_most = std::chrono::seconds{120});

struct server_options {
  std::string data;
  /// `--set` assignments beside those that make tests quick.
  std::vector<std::string> set;
  /// Lose what was not synced at each start.
  bool loses_unsynced = false;
  /// What may be fetched from.
  std::string allow_network = "127.0.0.0/8";
  /// Which program; the test server by default.
  std::string program = {};
  std::string listen = "127.0.0.1:0";
  /// It speaks HTTPS: what is trusted, a file.
  std::string ca = {};
};

/// Started from the shipped settings file; ready when the constructor returns. Killed with SIGKILL when it
/// still runs at the end.
class server_process {
public:
  explicit server_process(const server_options& o);
  ~server_process();
  server_process(const server_process&) = delete;

  const std::string& base() const { return base_; }
  pid_t pid() const { return pid_; }
  /// How long from start to ready.
  std::chrono::milliseconds start_time() const { return start_time_; }

  answer get(const std::string& path, const std::vector<std::string>& headers = {}) const;
  answer post(const std::string& path, const std::string& body,
              const std::vector<std::string>& headers = {}) const;
  answer send(const std::string& method, const std::string& path, const std::string& body,
              const std::vector<std::string>& headers = {}) const;

  /// Submits URLs to a notebook; the batch's id.
  uint64_t submit(uint64_t notebook, const std::vector<std::string>& urls) const;
  nlohmann::json status(uint64_t notebook, uint64_t batch, const std::string& query = {}) const;
  /// Polls until the batch is final; its last status. Fails the test after `at_most`.
  nlohmann::json wait(uint64_t notebook, uint64_t batch,
                      std::chrono::seconds at_most = std::chrono::seconds{120}) const;

  void kill9();
  void signal(int number) const;
  /// SIGTERM; the exit code.
  int terminate();
  /// Resident memory of the server and its children now, and the most of the server alone so far, in KiB.
  uint64_t memory_kib() const;
  /// What it wrote to standard error.
  std::string log() const;

private:
  void wait_until_listening();
  server_options options_;
  std::string log_path_;
  std::string base_;
  pid_t pid_ = -1;
  std::chrono::milliseconds start_time_{0};
};

/// Runs `troupe verify` on a store that no server has open; its lines, empty when it agrees with itself.
std::string verify_store(const std::string& data, bool loses_unsynced = false);

} // namespace troupe::test
