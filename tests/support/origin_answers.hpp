#pragma once
/// What the origin sends for a path: steps to be carried out on the connection.

#include "tests/support/origin.hpp"

#include <chrono>
#include <mutex>

namespace troupe::test {

struct step {
  enum class kind : uint8_t { send, wait, reset, close, hang } what = kind::send;
  std::string bytes;
  std::chrono::milliseconds time{0};
};

/// Decides on answers; keeps what has to be remembered between requests. Any thread.
class answers {
public:
  std::vector<step> to(const origin::request& r);
  void set_robots(const std::string& host, const std::string& text);

private:
  std::vector<step> flaky(const std::vector<std::string>& parts, const std::string& path);
  std::mutex mutex_;
  std::map<std::string, unsigned> seen_;
  std::map<std::string, std::string> robots_;
};

} // namespace troupe::test
