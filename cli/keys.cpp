/// Keys of a server, made and taken back.
#include "cli/cli.hpp"
#include "cli/remote.hpp"

#include <iostream>

#include <unistd.h>

namespace troupe::cli {
namespace {

using nlohmann::json;

std::string notebooks_of(const json& key) {
  std::string out;
  for (const auto& n : key.value("notebooks", json::array()))
    out += (out.empty() ? "" : ",") + n.dump();
  return out.empty() ? "all" : out;
}

} // namespace

int list_keys(const keys_command& c) {
  int code = ok;
  const auto page = answer_of(client{c.to}.get("/v1/keys"), code);
  if (!page) return code;
  table t{{"key", "rights", "notebooks", "created", "name"}};
  for (const auto& k : page->at("data")) {
    if (c.json) std::cout << k.dump() << "\n";
    t.add({k.value("id", ""), k.value("write", false) ? "write" : "read", notebooks_of(k),
           k.value("created_at", "").substr(0, 10), k.value("name", "")});
  }
  if (!c.json) t.print(std::cout, screen::of(STDOUT_FILENO));
  return ok;
}

int create_key(const keys_command& c) {
  const json body{{"name", c.name}, {"write", c.write}, {"notebooks", c.notebooks}};
  int code = ok;
  const auto key = answer_of(client{c.to}.post("/v1/keys", body.dump()), code);
  if (!key) return code;
  if (c.json)
    std::cout << key->dump() << "\n";
  else
    std::cout << key->value("id", "") << ", shown this once:\n" << key->value("key", "") << "\n";
  return ok;
}

int delete_key(const keys_command& c) {
  int code = ok;
  const auto gone =
      answer_of(client{c.to}.send({.method = "DELETE", .path = "/v1/keys/" + escaped(c.id)}), code);
  if (!gone) return code;
  if (!c.json) std::cout << c.id << " is gone\n";
  return ok;
}

} // namespace troupe::cli
