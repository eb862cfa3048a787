#pragma once
/// Networks of addresses, as `10.0.0.0/8` or `fd00::/8`.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct sockaddr;

namespace troupe {

/// An IP address in 16 bytes; IPv4 is held as IPv4-mapped (RFC 4291 section 2.5.5.2).
struct ip_address {
  std::array<uint8_t, 16> bytes{};
  bool is_v4() const;
};

/// The address of a socket; none when it is neither IPv4 nor IPv6.
std::optional<ip_address> ip_of(const sockaddr& address);
/// Reads dotted IPv4 or IPv6 text; none when it is neither.
std::optional<ip_address> parse_ip(std::string_view text);

struct network {
  ip_address base;
  /// Leading bits that must agree, counted over 128.
  unsigned prefix = 128;
  bool contains(const ip_address& x) const;
};

/// Reads `ADDRESS/BITS`, or an address for itself alone; none when it is neither.
std::optional<network> parse_network(std::string_view text);

/// True unless the address is reserved for something other than the public internet (IANA special-purpose
/// registries: this host, private, shared, loopback, link-local with the clouds' metadata, documentation,
/// benchmarking, multicast, reserved, translation prefixes whose inner IPv4 address is one of these).
bool is_public(const ip_address& x);

/// Which addresses may be connected to: public ones, and those of these networks.
struct address_policy {
  std::vector<network> allowed;
  /// Of texts that `parse_network` reads; others are left out.
  static address_policy of(const std::vector<std::string>& networks);
  bool permits(const ip_address& x) const;
};

/// True for 127.0.0.0/8 and ::1.
bool is_loopback(const ip_address& x);

} // namespace troupe
