#include "model/network.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <charconv>
#include <string>

namespace troupe {
namespace {

constexpr unsigned v4_offset = 96;

ip_address map_v4(const uint8_t* four) {
  ip_address out;
  out.bytes[10] = out.bytes[11] = 0xff;
  std::copy_n(four, 4, out.bytes.begin() + 12);
  return out;
}

/// Special-purpose networks: RFC 6890, RFC 8190 and the IANA registries behind them.
constexpr std::string_view special[] = {
    "0.0.0.0/8",      "10.0.0.0/8",   "100.64.0.0/10",  "127.0.0.0/8",    "169.254.0.0/16", "172.16.0.0/12",
    "192.0.0.0/24",   "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15",  "198.51.100.0/24",
    "203.0.113.0/24", "224.0.0.0/4",  "240.0.0.0/4",    "::/128",         "::1/128",        "64:ff9b:1::/48",
    "100::/64",       "2001::/23",    "2001:db8::/32",  "3fff::/20",      "5f00::/16",      "fc00::/7",
    "fe80::/10",      "fec0::/10",    "ff00::/8",
};

bool in_special(const ip_address& x) {
  static const auto networks = [] {
    std::array<network, std::size(special)> out;
    std::transform(std::begin(special), std::end(special), out.begin(),
                   [](auto s) { return *parse_network(s); });
    return out;
  }();
  return std::any_of(networks.begin(), networks.end(), [&](const network& n) { return n.contains(x); });
}

/// The IPv4 address that a translation prefix carries: NAT64 (RFC 6052), 6to4 (RFC 3056), IPv4-compatible.
std::optional<ip_address> inner_v4(const ip_address& x) {
  static const network nat64 = *parse_network("64:ff9b::/96");
  static const network sixto4 = *parse_network("2002::/16");
  static const network compatible = *parse_network("::/96");
  if (nat64.contains(x) || compatible.contains(x)) return map_v4(x.bytes.data() + 12);
  if (sixto4.contains(x)) return map_v4(x.bytes.data() + 2);
  return std::nullopt;
}

} // namespace

bool ip_address::is_v4() const {
  return std::all_of(bytes.begin(), bytes.begin() + 10, [](uint8_t b) { return b == 0; }) &&
         bytes[10] == 0xff && bytes[11] == 0xff;
}

std::optional<ip_address> ip_of(const sockaddr& address) {
  if (address.sa_family == AF_INET)
    return map_v4(reinterpret_cast<const uint8_t*>(&reinterpret_cast<const sockaddr_in&>(address).sin_addr));
  if (address.sa_family != AF_INET6) return std::nullopt;
  ip_address out;
  std::copy_n(reinterpret_cast<const sockaddr_in6&>(address).sin6_addr.s6_addr, 16, out.bytes.begin());
  return out;
}

std::optional<ip_address> parse_ip(std::string_view text) {
  if (text.find('\0') != text.npos) return std::nullopt;
  const std::string copy{text};
  uint8_t four[4];
  if (inet_pton(AF_INET, copy.c_str(), four) == 1) return map_v4(four);
  ip_address out;
  if (inet_pton(AF_INET6, copy.c_str(), out.bytes.data()) == 1) return out;
  return std::nullopt;
}

bool network::contains(const ip_address& x) const {
  const unsigned whole = prefix / 8;
  if (!std::equal(x.bytes.begin(), x.bytes.begin() + whole, base.bytes.begin())) return false;
  const unsigned rest = prefix % 8;
  return rest == 0 || ((x.bytes[whole] ^ base.bytes[whole]) >> (8 - rest)) == 0;
}

std::optional<network> parse_network(std::string_view text) {
  const auto slash = text.find('/');
  const auto base = parse_ip(text.substr(0, slash));
  if (!base) return std::nullopt;
  const unsigned width = text.substr(0, slash).find(':') == std::string_view::npos ? 32 : 128;
  unsigned bits = width;
  if (slash != std::string_view::npos) {
    const auto digits = text.substr(slash + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
    if (digits.empty() || error != std::errc{} || end != digits.data() + digits.size() || bits > width)
      return std::nullopt;
  }
  return network{*base, width == 32 ? bits + v4_offset : bits};
}

bool is_public(const ip_address& x) {
  if (in_special(x)) return false;
  const auto inner = x.is_v4() ? std::nullopt : inner_v4(x);
  return !inner || !in_special(*inner);
}

address_policy address_policy::of(const std::vector<std::string>& networks) {
  address_policy out;
  for (const auto& text : networks)
    if (const auto n = parse_network(text)) out.allowed.push_back(*n);
  return out;
}

bool address_policy::permits(const ip_address& x) const {
  return is_public(x) ||
         std::any_of(allowed.begin(), allowed.end(), [&](const network& n) { return n.contains(x); });
}

bool is_loopback(const ip_address& x) {
  static const network v4 = *parse_network("127.0.0.0/8");
  static const network v6 = *parse_network("::1/128");
  return v4.contains(x) || v6.contains(x);
}

} // namespace troupe
