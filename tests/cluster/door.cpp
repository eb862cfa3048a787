/// Who is let in at the cluster's port, and what those cost who are not.
#include "cluster/wire.hpp"
#include "tests/support/cluster.hpp"

#include <boost/test/unit_test.hpp>

#include <arpa/inet.h>
#include <csignal>
#include <fstream>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace troupe::test;
using namespace std::chrono_literals;

namespace {

int connect_to(const std::string& address, uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(port);
  inet_pton(AF_INET, address.c_str(), &at.sin_addr);
  BOOST_REQUIRE(connect(fd, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0);
  return fd;
}

uint64_t resident_kib(pid_t pid) {
  std::ifstream in{"/proc/" + std::to_string(pid) + "/status"};
  for (std::string line; std::getline(in, line);)
    if (line.starts_with("VmRSS:")) return std::strtoull(line.c_str() + 6, nullptr, 10);
  return 0;
}

/// The certificates that a process shows; none: it speaks in the clear.
struct papers {
  std::string certificate;
  std::string key_file;
  std::string authority;
};

/// A process that is no node of the cluster.
class stranger {
public:
  stranger(const cluster& c, unsigned number, const std::string& name, const papers& shown,
           std::vector<std::string> command, std::vector<std::string> environment = {})
      : host_(number)
      , log_(c.folder() + "/stranger" + std::to_string(number) + ".log") {
    command.insert(command.begin(), TROUPE_TEST_SERVER);
    command.insert(command.end(),
                   {"--name", name, "--data", c.folder() + "/stranger" + std::to_string(number)});
    if (!shown.certificate.empty())
      for (const auto& s : {"cluster.certificate=" + shown.certificate, "cluster.key=" + shown.key_file,
                            "cluster.authority=" + shown.authority})
        command.insert(command.end(), {"--set", s});
    pid_ = host_.spawn(command, log_, environment);
  }
  ~stranger() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  std::string address() const { return host_.address(); }
  std::string log() const {
    std::ifstream in{log_};
    return {std::istreambuf_iterator<char>(in), {}};
  }

private:
  net_host host_;
  std::string log_;
  pid_t pid_ = -1;
};

papers papers_of(const std::string& folder, const std::string& name, const std::string& authority) {
  return {folder + "/" + name + ".pem", folder + "/" + name + "-key.pem", authority};
}

} // namespace

BOOST_AUTO_TEST_SUITE(the_door)

BOOST_AUTO_TEST_CASE(who_is_no_node_is_refused_and_the_log_says_why) {
  cluster c{1, 0};
  auto& n = c.at("n1");
  const auto own = c.folder() + "/pki";
  const auto foreign = c.folder() + "/foreign";
  const auto ca = own + "/ca.pem";
  c.command("cluster cert late --days=-1 --dir " + own);
  c.command("cluster cert other --dir " + own);
  c.command("cluster init --dir " + foreign);
  c.command("cluster cert foe --dir " + foreign);
  const std::vector<std::string> joining{"work", "--join", n.address() + ":9070"};

  const auto is_refused = [&](const stranger& s, const std::string& why) {
    const bool told = becomes([&] { return n.log().find(why) != std::string::npos; }, 10s);
    BOOST_TEST(told, "expected \"" << why << "\" in: " << n.log() << s.log());
    BOOST_TEST(s.log().find("a node has joined") == std::string::npos);
  };
  const int clear = connect_to(n.address(), 9070);
  const std::string hello = "{\"troupe\":2,\"stream\":\"actors\",\"name\":\"clear\"}\n";
  BOOST_TEST(send(clear, hello.data(), hello.size(), MSG_NOSIGNAL) == ssize_t(hello.size()));
  BOOST_TEST(becomes([&] { return n.log().find("wrong version number") != std::string::npos; }, 10s),
             n.log());
  close(clear);
  is_refused({c, 202, "late", papers_of(own, "late", ca), joining}, "its certificate has expired");
  is_refused({c, 203, "foe", papers_of(foreign, "foe", ca), joining}, "its certificate is a stranger's");
  is_refused({c, 204, "somebody", papers_of(own, "other", ca), joining},
             "its certificate is not for the name somebody");
  BOOST_TEST(n.logged("a node has joined") == 0u);
}

BOOST_AUTO_TEST_CASE(who_fails_again_and_again_is_closed_unread_and_nobody_else) {
  cluster c{1, 0, {"cluster.failed_handshakes=5"}};
  auto& n = c.at("n1");
  const auto closed = [&] {
    const int fd = connect_to(n.address(), 9070);
    const std::string nonsense(64, 'x');
    send(fd, nonsense.data(), nonsense.size(), MSG_NOSIGNAL);
    char byte;
    while (recv(fd, &byte, 1, 0) > 0) {
    }
    close(fd);
  };
  for (int i = 0; i < 12; ++i)
    closed();
  BOOST_TEST(n.log().find("it has failed too often") != std::string::npos, n.log());
  c.command("cluster cert w1 --dir " + c.folder() + "/pki");
  const stranger welcome{c,
                         202,
                         "w1",
                         papers_of(c.folder() + "/pki", "w1", c.folder() + "/pki/ca.pem"),
                         {"work", "--join", n.address() + ":9070"}};
  BOOST_TEST(becomes([&] { return n.logged("a node has joined") == 1u; }, 20s), n.log());
}

BOOST_AUTO_TEST_CASE(a_client_without_a_certificate_is_refused) {
  cluster c{1, 0};
  auto& n = c.at("n1");
  c.command("cluster init --dir " + c.folder() + "/unused");
  const auto line = "openssl s_client -connect " + n.address() + ":9070 -tls1_3 </dev/null >/dev/null 2>&1";
  BOOST_TEST(system(line.c_str()) != -1);
  const auto told = [&] { return n.log().find("peer did not return a certificate") != std::string::npos; };
  BOOST_TEST(becomes(told, 10s), n.log());
}

BOOST_AUTO_TEST_CASE(a_node_is_not_taken_for_another_host) {
  cluster c{1, 0};
  const auto pki = c.folder() + "/pki";
  const auto ca = pki + "/ca.pem";
  c.command("cluster cert elsewhere --host 10.77.0.250 --dir " + pki);
  c.command("cluster cert w1 --dir " + pki);
  const stranger serving{c,
                         207,
                         "elsewhere",
                         papers_of(pki, "elsewhere", ca),
                         {"serve", "--cluster-listen", "10.77.0.207:9070", "--listen", "127.0.0.1:8080"}};
  const stranger worker{c, 208, "w1", papers_of(pki, "w1", ca), {"work", "--join", "10.77.0.207:9070"}};
  const auto told = [&] {
    return worker.log().find("its certificate is for another host") != std::string::npos;
  };
  BOOST_TEST(becomes(told, 20s), worker.log() << serving.log());
  BOOST_TEST(worker.log().find("a node has joined") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_node_of_another_version_is_refused_with_both_versions) {
  cluster c{1, 0};
  auto& n = c.at("n1");
  const auto pki = c.folder() + "/pki";
  c.command("cluster cert old --dir " + pki);
  const stranger old{c,
                     206,
                     "old",
                     papers_of(pki, "old", pki + "/ca.pem"),
                     {"work", "--join", n.address() + ":9070"},
                     {"TROUPE_TEST_WIRE_VERSION=7"}};
  const std::string here = "node old speaks wire version 7, this one version 2";
  const std::string there = "node n1 speaks wire version 2, this one version 7";
  const auto told = [&] {
    return n.log().find(here) != std::string::npos && old.log().find(there) != std::string::npos;
  };
  BOOST_TEST(becomes(told, 10s), n.log() << old.log());
}

/// What CAF's protocol between nodes begins with: a header that claims two gigabytes.
std::string claiming_header() {
  std::string head(32, '\0');
  head[4] = '\x7f';
  head[5] = head[6] = head[7] = '\xff';
  return head;
}

BOOST_AUTO_TEST_CASE(one_that_is_let_in_and_claims_two_gigabytes_is_closed) {
  cluster c{1, 0};
  auto& n = c.at("n1");
  const auto pki = c.folder() + "/pki/";
  c.command("cluster cert w9 --dir " + pki);
  troupe::cluster::hello says;
  says.from.name = "w9";
  says.from.instance = std::string(32, '9');
  says.from.role = troupe::cluster::node_role::work;
  std::ofstream{c.folder() + "/words", std::ios::binary} << hello_line(says) << claiming_header();
  const auto before = resident_kib(n.pid());
  const auto line = "timeout 20 openssl s_client -quiet -tls1_3 -connect " + n.address() + ":9070 -cert " +
                    pki + "w9.pem -key " + pki + "w9-key.pem -CAfile " + pki + "ca.pem <" + c.folder() +
                    "/words >/dev/null 2>&1";
  BOOST_TEST(system(line.c_str()) != -1);
  const auto told = [&] { return n.log().find("longer than cluster.message_bytes") != std::string::npos; };
  BOOST_TEST(becomes(told, 10s), n.log());
  BOOST_TEST(resident_kib(n.pid()) < before + 16 * 1024);
}

BOOST_AUTO_TEST_CASE(a_header_that_claims_two_gigabytes_takes_no_memory) {
  cluster c{1, 0};
  auto& n = c.at("n1");
  const auto before = resident_kib(n.pid());
  const auto head = claiming_header();
  std::vector<int> open;
  for (int i = 0; i < 20; ++i) {
    open.push_back(connect_to(n.address(), 9070));
    BOOST_TEST(send(open.back(), head.data(), head.size(), MSG_NOSIGNAL) == 32);
  }
  for (const int fd : open) {
    char byte;
    while (recv(fd, &byte, 1, 0) > 0) {
    }
    close(fd);
  }
  BOOST_TEST(resident_kib(n.pid()) < before + 16 * 1024);
}

BOOST_AUTO_TEST_SUITE_END()
