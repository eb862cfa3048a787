#include "model/network.hpp"

#include <boost/test/unit_test.hpp>

#include <netinet/in.h>

#include <string>

using namespace troupe;

namespace {

bool open_to_all(std::string_view text) {
  const auto address = parse_ip(text);
  BOOST_REQUIRE_MESSAGE(address, text << " is not read");
  return is_public(*address);
}

bool within(std::string_view net, std::string_view text) {
  const auto n = parse_network(net);
  const auto x = parse_ip(text);
  BOOST_REQUIRE_MESSAGE(n && x, net << " or " << text << " is not read");
  return n->contains(*x);
}

} // namespace

BOOST_AUTO_TEST_SUITE(networks)

BOOST_AUTO_TEST_CASE(ordinary_addresses_are_public) {
  for (const auto* text : {"1.1.1.1",        "8.8.8.8",         "93.184.216.34",        "9.255.255.255",
                           "11.0.0.0",       "100.63.255.255",  "100.128.0.0",          "126.255.255.255",
                           "128.0.0.1",      "169.253.255.255", "169.255.0.0",          "172.15.255.255",
                           "172.32.0.0",     "192.167.255.255", "192.169.0.0",          "198.17.255.255",
                           "198.20.0.0",     "223.255.255.255", "2606:4700:4700::1111", "2a00:1450::1",
                           "2001:4860::8888"})
    BOOST_TEST(open_to_all(text), text);
}

BOOST_AUTO_TEST_CASE(special_ipv4_ranges_are_not_public_up_to_their_edges) {
  for (const auto* text :
       {"0.0.0.0",         "0.255.255.255",   "10.0.0.0",        "10.255.255.255", "100.64.0.0",
        "100.127.255.255", "127.0.0.1",       "127.255.255.255", "169.254.0.0",    "169.254.169.254",
        "172.16.0.0",      "172.31.255.255",  "192.0.0.1",       "192.0.2.1",      "192.88.99.1",
        "192.168.0.0",     "192.168.255.255", "198.18.0.0",      "198.19.255.255", "198.51.100.7",
        "203.0.113.7",     "224.0.0.1",       "239.255.255.255", "240.0.0.1",      "255.255.255.255"})
    BOOST_TEST(!open_to_all(text), text);
}

BOOST_AUTO_TEST_CASE(special_ipv6_ranges_are_not_public) {
  for (const auto* text : {"::", "::1", "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1", "3fff::1",
                           "5f00::1", "fc00::1", "fd12:3456::1", "fe80::1", "febf::1", "fec0::1", "ff02::1"})
    BOOST_TEST(!open_to_all(text), text);
}

BOOST_AUTO_TEST_CASE(ipv4_inside_ipv6_is_judged_by_what_is_inside) {
  for (const auto* text : {"::ffff:127.0.0.1", "::ffff:10.1.2.3", "::ffff:169.254.169.254",
                           "64:ff9b::127.0.0.1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2002:a00:1::1",
                           "2002:c0a8:101::", "::127.0.0.1", "::10.0.0.1"})
    BOOST_TEST(!open_to_all(text), text);
  for (const auto* text : {"::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::1"})
    BOOST_TEST(open_to_all(text), text);
}

BOOST_AUTO_TEST_CASE(loopback_is_loopback_only) {
  for (const auto* text : {"127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"})
    BOOST_TEST(is_loopback(*parse_ip(text)), text);
  for (const auto* text : {"0.0.0.0", "10.0.0.1", "::", "::2", "128.0.0.1", "fe80::1"})
    BOOST_TEST(!is_loopback(*parse_ip(text)), text);
}

BOOST_AUTO_TEST_CASE(addresses_are_read_strictly) {
  for (const auto* text :
       {"", "127.1", "1.2.3", "1.2.3.4.5", "256.1.1.1", "0x7f.0.0.1", "1.2.3.4 ", " 1.2.3.4", "1.2.3.4/8",
        "localhost", "[::1]", ":::", "12345::", "fe80::1%eth0", "1.2.3.04 "})
    BOOST_TEST(!parse_ip(text), text);
  BOOST_TEST(!parse_ip(std::string_view{"127.0.0.1\0.example", 18}));
}

BOOST_AUTO_TEST_CASE(ipv4_and_its_mapped_form_are_one_address) {
  BOOST_TEST((parse_ip("10.1.2.3")->bytes == parse_ip("::ffff:10.1.2.3")->bytes));
  BOOST_TEST(parse_ip("10.1.2.3")->is_v4());
  BOOST_TEST(!parse_ip("::10.1.2.3")->is_v4());
  BOOST_TEST(!parse_ip("2001:db8::1")->is_v4());
}

BOOST_AUTO_TEST_CASE(networks_contain_what_shares_their_prefix) {
  BOOST_TEST(within("10.0.0.0/8", "10.255.0.1"));
  BOOST_TEST(!within("10.0.0.0/8", "11.0.0.0"));
  BOOST_TEST(within("172.16.0.0/12", "172.31.255.255"));
  BOOST_TEST(!within("172.16.0.0/12", "172.32.0.0"));
  BOOST_TEST(within("192.168.1.128/25", "192.168.1.200"));
  BOOST_TEST(!within("192.168.1.128/25", "192.168.1.127"));
  BOOST_TEST(within("fd00::/8", "fdff::1"));
  BOOST_TEST(!within("fd00::/8", "fc00::1"));
  BOOST_TEST(within("2001:db8::/33", "2001:db8:7fff::"));
  BOOST_TEST(!within("2001:db8::/33", "2001:db8:8000::"));
  BOOST_TEST(within("0.0.0.0/0", "8.8.8.8"));
  BOOST_TEST(!within("0.0.0.0/0", "2001:db8::1"));
  BOOST_TEST(within("::/0", "8.8.8.8"));
}

BOOST_AUTO_TEST_CASE(an_address_alone_is_a_network_of_itself) {
  BOOST_TEST(within("127.0.0.1", "127.0.0.1"));
  BOOST_TEST(!within("127.0.0.1", "127.0.0.2"));
  BOOST_TEST(within("::1", "::1"));
  BOOST_TEST(!within("::1", "::"));
  BOOST_TEST(within("127.0.0.1/32", "::ffff:127.0.0.1"));
}

BOOST_AUTO_TEST_CASE(what_is_no_network_is_refused) {
  for (const auto* text :
       {"", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8x", "10.0.0.0/ 8",
        "10.0.0.0/8/8", "10.0.0/8", "fd00::/129", "fd00::/", "nonsense", "nonsense/8", "*"})
    BOOST_TEST(!parse_network(text), text);
}

BOOST_AUTO_TEST_CASE(socket_addresses_are_understood) {
  sockaddr_in four{};
  four.sin_family = AF_INET;
  four.sin_addr.s_addr = htonl(0x7f000001);
  const auto x = ip_of(reinterpret_cast<const sockaddr&>(four));
  BOOST_REQUIRE(x);
  BOOST_TEST((x->bytes == parse_ip("127.0.0.1")->bytes));

  sockaddr_in6 six{};
  six.sin6_family = AF_INET6;
  six.sin6_addr = in6addr_loopback;
  const auto y = ip_of(reinterpret_cast<const sockaddr&>(six));
  BOOST_REQUIRE(y);
  BOOST_TEST((y->bytes == parse_ip("::1")->bytes));

  sockaddr other{};
  other.sa_family = AF_UNIX;
  BOOST_TEST(!ip_of(other));
}

BOOST_AUTO_TEST_SUITE_END()
