/// The nodes of a cluster.
#include "cli/cli.hpp"
#include "cli/remote.hpp"

#include <iostream>

#include <unistd.h>

namespace troupe::cli {
namespace {

using nlohmann::json;

std::string number(const json& node, const char* name) {
  return grouped(node.value(name, uint64_t{0}));
}

} // namespace

int list_nodes(const remote_command& c) {
  int code = ok;
  const auto page = answer_of(client{c.to}.get("/v1/nodes"), code);
  if (!page) return code;
  table t{{"node", "role", "state", ">number", ">in flight", ">transfers", ">window", ">done", ">lost",
           "address"}};
  for (const auto& n : page->at("data")) {
    if (c.json) std::cout << n.dump() << "\n";
    const auto& room = n.at("capacity");
    t.add({n.value("id", "") + (n.value("self", false) ? " *" : ""), n.value("role", ""),
           n.value("state", ""), n.contains("number") ? number(n, "number") : "", number(n, "in_flight"),
           number(room, "transfers"), number(room, "window"), number(n, "done"), number(n, "lost"),
           n.value("address", "")});
  }
  if (!c.json) t.print(std::cout, screen::of(STDOUT_FILENO));
  return ok;
}

int drain_node(const drain_command& c) {
  int code = ok;
  const auto answer = answer_of(client{c.to}.post("/v1/nodes/" + escaped(c.node) + "/drain", ""), code);
  if (!answer) return code;
  if (c.json)
    std::cout << answer->dump() << "\n";
  else
    std::cout << clean(c.node) << " finishes what it has in hand, then ends\n";
  return ok;
}

} // namespace troupe::cli
