/// The certificates of a cluster, without a server.
#include "cli/cli.hpp"
#include "cluster/authority.hpp"

#include <iostream>

namespace troupe::cli {
namespace {

int tell(const failure& f, const std::string& made) {
  if (f.code != errc::none) {
    std::cerr << "troupe: " << f.text() << "\n";
    return usage;
  }
  std::cout << made;
  return ok;
}

} // namespace

int make_cluster(const authority_command& c) {
  const auto& d = c.directory;
  return tell(cluster::make_authority(d, c.days),
              d + "/ca.pem        every node needs it: cluster.authority\n" + d +
                  "/ca-key.pem    signs nodes: keep it where no node runs\n");
}

int certify_node(const certificate_command& c) {
  const auto base = c.directory + "/" + c.node;
  return tell(cluster::issue_certificate(c.directory, c.node, c.hosts, c.days),
              base + ".pem        for node " + c.node + ": cluster.certificate\n" + base +
                  "-key.pem    for it alone: cluster.key\n");
}

} // namespace troupe::cli
