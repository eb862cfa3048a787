#pragma once
/// A cluster of real processes, each on a machine of its own in the test's private network, under mutual TLS.

#include "tests/support/private_net.hpp"
#include "tests/support/server_process.hpp"

#include <functional>
#include <memory>

namespace troupe::test {

/// A key that may do everything on all nodes.
extern const std::string key;

struct node_settings {
  std::string name;
  bool serves = true;
  /// Of one that serves, from 1.
  unsigned number = 0;
  std::vector<std::string> set;
  std::vector<std::string> environment;
};

class cluster;

class node {
public:
  node(const cluster& of, unsigned host, node_settings what);
  ~node();

  /// Starts the process; it may not be ready yet.
  void start();
  void kill9();
  /// SIGTERM; the exit code.
  int terminate();
  /// The exit code of one that ends by itself.
  int wait_for_end();
  void freeze() const;
  void thaw() const;
  void cut() { host_.cut(); }
  void heal() { host_.heal(); }
  bool running() const { return pid_ > 0; }
  pid_t pid() const { return pid_; }
  void set_environment(std::vector<std::string> e) { what_.environment = std::move(e); }

  const std::string& name() const { return what_.name; }
  bool serves() const { return what_.serves; }
  unsigned number() const { return what_.number; }
  std::string address() const { return host_.address(); }
  const net_host& host() const { return host_; }
  std::string log() const;
  /// How often it has logged this.
  size_t logged(const std::string& text) const;

  /// Of one that serves. Status 0: no answer within `at_most`.
  answer get(const std::string& path, std::chrono::seconds at_most = std::chrono::seconds{30}) const;
  answer post(const std::string& path, const std::string& body,
              std::chrono::seconds at_most = std::chrono::seconds{60}) const;

private:
  const cluster& of_;
  net_host host_;
  node_settings what_;
  std::string log_path_;
  pid_t pid_ = -1;
};

class cluster {
public:
  /// Nodes `n1`… that serve and workers `w1`…, all started; with these settings beside those that make tests
  /// quick, and further ones of those that serve.
  cluster(unsigned serving, unsigned workers, std::vector<std::string> set = {},
          const std::vector<std::string>& of_serving = {});

  const std::string& folder() const { return folder_.path(); }
  std::vector<unsigned> owners() const;
  const std::vector<std::string>& settings() const { return set_; }
  std::vector<std::unique_ptr<node>>& nodes() { return nodes_; }
  node& at(const std::string& name);
  std::vector<node*> serving();

  /// Waits until every running node that serves knows all running nodes as up. Fails the test otherwise.
  void wait_until_met(std::chrono::seconds at_most = std::chrono::seconds{60});
  /// A file made by `troupe cluster`, as `n1.pem`.
  std::string certificate(const std::string& file) const { return folder_.path() + "/pki/" + file; }
  /// Runs the program itself.
  void command(const std::string& arguments) const;

private:
  scratch folder_;
  unsigned serving_;
  std::vector<std::string> set_;
  std::vector<std::unique_ptr<node>> nodes_;
};

/// Polls; false when it does not become true in time.
bool becomes(const std::function<bool()>& condition, std::chrono::seconds at_most);

/// Submits through the first node that takes it, again until one does; the batch's name.
std::string submit(const std::vector<node*>& through, unsigned notebook,
                   const std::vector<std::string>& urls);
/// Waits for a batch's end by asking any of these; its last answer. Fails the test otherwise.
nlohmann::json wait_for(const std::vector<node*>& any, const std::string& batch,
                        std::chrono::seconds at_most = std::chrono::seconds{180});
/// All pages of a list.
std::vector<nlohmann::json> rows(const std::vector<node*>& any, const std::string& path);

} // namespace troupe::test
