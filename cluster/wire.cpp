#include "cluster/wire.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <random>

#include <unistd.h>

namespace troupe::cluster {
namespace {

using nlohmann::json;

std::string random_instance() {
  std::random_device random;
  std::string out;
  for (int i = 0; i < 4; ++i) {
    char part[9];
    std::snprintf(part, sizeof part, "%08x", random());
    out += part;
  }
  return out;
}

std::string machine_name() {
  char name[256] = {};
  return ::gethostname(name, sizeof name - 1) == 0 && *name ? name : "node";
}

json to_json(const identity& x) {
  return {{"troupe", x.wire},   {"name", x.name},       {"instance", x.instance}, {"role", name(x.role)},
          {"number", x.number}, {"address", x.address}, {"owners", x.owners}};
}

identity from_json(const json& j) {
  identity x;
  x.wire = j.at("troupe");
  x.name = j.at("name");
  x.instance = j.at("instance");
  x.role = j.at("role") == name(node_role::work) ? node_role::work : node_role::serve;
  x.number = j.at("number");
  x.address = j.at("address");
  x.owners = j.at("owners").get<std::vector<int64_t>>();
  return x;
}

/// The line as JSON of this node's own version. Other members are read only then: they may be another
/// version's.
result<json> read(std::string_view line, uint32_t own_version) {
  auto j = json::parse(line, nullptr, false);
  if (!j.is_object() || !j.contains("troupe") || !j["troupe"].is_number_unsigned())
    return fail(errc::invalid_request, "this is no node of a cluster");
  const auto other = j["troupe"].get<uint64_t>();
  if (other == own_version) return result<json>(boost::system::in_place_value, std::move(j));
  const auto who = j.value("name", json("?"));
  return fail(errc::invalid_request, "node " + (who.is_string() ? who.get<std::string>() : "?") +
                                         " speaks wire version " + std::to_string(other) +
                                         ", this one version " + std::to_string(own_version));
}

template <class T, class Make>
result<T> convert(const json& j, Make make) {
  try {
    return make(j);
  } catch (const json::exception&) {
    return fail(errc::invalid_request, "the other side does not say who it is");
  }
}

} // namespace

std::string_view name(node_role r) {
  return r == node_role::serve ? "serve" : "work";
}

identity identity_of(const settings& s, node_role role) {
  identity x;
  x.name = s.cluster.name.empty() ? machine_name() : s.cluster.name;
  x.instance = random_instance();
  x.role = role;
  x.address = s.cluster.advertise.empty() ? s.cluster.listen : s.cluster.advertise;
  if (role == node_role::work) return x;
  x.number = static_cast<node_number>(s.store.node);
  x.owners = s.cluster.owners.empty() ? std::vector{s.store.node} : s.cluster.owners;
  std::sort(x.owners.begin(), x.owners.end());
  return x;
}

std::string hello_line(const hello& x) {
  auto j = to_json(x.from);
  j["stream"] = x.kind == stream_kind::actors ? "actors" : "front";
  return j.dump() + "\n";
}

std::string welcome_line(const identity& x) {
  return to_json(x).dump() + "\n";
}

std::string refusal_line(const identity& from, const std::string& why) {
  return json{{"troupe", from.wire}, {"name", from.name}, {"refused", why}}.dump() + "\n";
}

result<hello> read_hello(std::string_view line, uint32_t own_version) {
  const auto j = read(line, own_version);
  if (!j) return j.error();
  return convert<hello>(*j, [](const json& x) {
    const auto kind = x.at("stream") == "front" ? stream_kind::front : stream_kind::actors;
    return hello{from_json(x), kind};
  });
}

result<identity> read_answer(std::string_view line, uint32_t own_version) {
  const auto j = read(line, own_version);
  if (!j) return j.error();
  if (const auto why = j->find("refused"); why != j->end())
    return fail(errc::invalid_request, why->is_string() ? why->get<std::string>() : "refused");
  return convert<identity>(*j, from_json);
}

} // namespace troupe::cluster
