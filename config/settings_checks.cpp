/// What spans several settings, or what a single one may be beyond its bounds.
#include "config/settings.hpp"

#include "model/network.hpp"

#include <algorithm>
#include <set>

namespace troupe {
namespace {

struct host_and_port {
  std::string host;
  uint64_t port = 0;
};

/// `HOST:PORT`; an IPv6 address stands in brackets.
std::optional<host_and_port> split(const std::string& text) {
  const auto colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0) return std::nullopt;
  host_and_port x{text.substr(0, colon), 0};
  if (x.host.size() > 2 && x.host.front() == '[' && x.host.back() == ']')
    x.host = x.host.substr(1, x.host.size() - 2);
  if (!parse_id(std::string_view{text}.substr(colon + 1), x.port) || x.port > 65'535) return std::nullopt;
  return x;
}

std::string check_listen(const settings& s) {
  const auto at = split(s.http.listen);
  const auto address = at ? parse_ip(at->host) : std::nullopt;
  if (!address) return "http.listen: expected ADDRESS:PORT, the address in digits";
  if (!is_loopback(*address) && s.http.keys.empty())
    return "http.listen: " + at->host + " is beyond loopback; that needs http.keys";
  return {};
}

/// A word that certificates, metrics and logs can carry.
bool is_node_name(const std::string& text) {
  return text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                  c == '.' || c == '_';
         });
}

std::string check_owners(const settings& s) {
  std::set<int64_t> seen;
  for (const auto n : s.cluster.owners)
    if (n > max_node_number || !seen.insert(n).second)
      return "cluster.owners: each is a different number from 0 to " + std::to_string(max_node_number);
  return {};
}

std::string check_cluster_addresses(const settings& s) {
  for (const auto& text : s.cluster.join) {
    const auto to = split(text);
    if (!to || to->port == 0 || to->host.find('/') != std::string::npos)
      return "cluster.join: " + text + " is not HOST:PORT";
    const auto address = parse_ip(to->host);
    if (s.cluster.certificate.empty() && address && !is_loopback(*address))
      return "cluster.join: " + to->host + " is beyond loopback; that needs cluster.certificate";
  }
  if (!s.cluster.advertise.empty() && !split(s.cluster.advertise))
    return "cluster.advertise: expected HOST:PORT";
  if (s.cluster.listen.empty()) return {};
  const auto at = split(s.cluster.listen);
  const auto address = at ? parse_ip(at->host) : std::nullopt;
  if (!address) return "cluster.listen: expected ADDRESS:PORT, the address in digits";
  if (!is_loopback(*address) && s.cluster.certificate.empty())
    return "cluster.listen: " + at->host + " is beyond loopback; that needs cluster.certificate";
  return {};
}

std::string check_cluster(const settings& s) {
  const auto& c = s.cluster;
  if (!is_node_name(c.name)) return "cluster.name: letters, digits, - . and _, at most 64";
  if (c.certificate.empty() != c.key.empty() || c.certificate.empty() != c.authority.empty())
    return "cluster.certificate, cluster.key and cluster.authority: none is without the others";
  if (c.timeout < 2 * c.heartbeat) return "cluster.timeout_ms: less than twice cluster.heartbeat_ms";
  if (auto wrong = check_owners(s); !wrong.empty()) return wrong;
  return check_cluster_addresses(s);
}

} // namespace

std::string check_settings(const settings& s) {
  for (const auto& text : s.fetch.allow_networks)
    if (!parse_network(text)) return "fetch.allow_networks: " + text + " is not ADDRESS/BITS";
  for (const auto& text : s.webhooks.delays)
    if (!parse_duration(text)) return "webhooks.delays: " + text + " is no duration, as 500ms, 5s, 5m or 2h";
  if (s.work.backoff > s.work.backoff_limit) return "work.backoff_ms: more than work.backoff_limit_ms";
  if (s.http.header_bytes > s.http.body_bytes) return "http.header_bytes: more than http.body_bytes";
  if (s.http.tls_certificate.empty() != s.http.tls_key.empty())
    return "http.tls_certificate and http.tls_key: one is not without the other";
  if (auto wrong = check_cluster(s); !wrong.empty()) return wrong;
  return check_listen(s);
}

} // namespace troupe
