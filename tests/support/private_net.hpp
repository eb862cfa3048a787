#pragma once
/// A network of this process's own: a bridge in a network namespace, and hosts on it, each a namespace too.
/// No packet leaves it. Needs `ip` and `nsenter`, and either root or user namespaces.

#include <string>
#include <sys/types.h>
#include <vector>

namespace troupe::test {

/// Moves this process into a namespace with a bridge, 10.77.0.254/24, and loopback. Once, before any thread.
void enter_private_net();
constexpr const char* own_address = "10.77.0.254";

/// A machine on the bridge. What is started on it ends with this process.
class net_host {
public:
  /// `number` 1 to 253 is the last of its address.
  explicit net_host(unsigned number);
  ~net_host();
  net_host(const net_host&) = delete;

  std::string address() const { return "10.77.0." + std::to_string(number_); }
  /// Packets to and from it vanish, without a word to anyone.
  void cut();
  void heal();
  /// Starts a program on it, its output appended to a file.
  pid_t spawn(const std::vector<std::string>& arguments, const std::string& log,
              const std::vector<std::string>& environment = {}) const;

private:
  std::string link() const { return "veth" + std::to_string(number_); }
  unsigned number_;
  /// Holds the namespace.
  pid_t holder_ = -1;
};

} // namespace troupe::test
