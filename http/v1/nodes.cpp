/// The nodes of the cluster, this one included.
#include "http/callback.hpp"
#include "http/json_text.hpp"
#include "http/v1/v1.hpp"

namespace troupe::http {
namespace {

using json = nlohmann::ordered_json;

json node_json(const node_view& n) {
  json out{{"id", n.name},
           {"self", n.here},
           {"role", n.role},
           {"state", name(n.state)},
           {"since", to_rfc3339(n.since)},
           {"capacity", {{"transfers", n.transfers}, {"window", n.window}, {"media", n.media}}},
           {"in_flight", n.in_flight},
           {"done", n.done},
           {"lost", n.lost},
           {"version", n.version}};
  if (n.role == "serve") out["number"] = n.number;
  if (!n.address.empty()) out["address"] = n.address;
  if (!n.reason.empty()) out["reason"] = n.reason;
  return out;
}

asio::awaitable<response> list(exchange& x) {
  json data = json::array();
  for (const auto& n : x.server.to.nodes())
    data.push_back(node_json(n));
  co_return v1_page(x, std::move(data), std::nullopt);
}

asio::awaitable<response> drain(exchange& x) {
  if (!x.who.may_manage())
    co_return error_response(403, "forbidden", "nodes work for every notebook: the key may not end them");
  const auto& node = x.arguments[0];
  const auto found =
      co_await callback<result<bool>>(x, [&](auto done) { x.server.to.drain_node(node, done); });
  if (!found) co_return error_response(found.error());
  if (!*found) co_return error_response(fail(errc::not_found, "no node \"" + node + "\" can be reached"));
  co_return json_response(202, dump(json{{"id", node}, {"state", "draining"}}));
}

} // namespace

void add_v1_node_routes(std::vector<route>& into) {
  into.push_back({"GET", "/v1/nodes", scope::keyed, list});
  into.push_back({"POST", "/v1/nodes/{}/drain", scope::keyed, drain});
}

} // namespace troupe::http
