/// Who has failed too often at the port.
#include "cluster/patience.hpp"

#include <boost/test/unit_test.hpp>

using troupe::cluster::patience;
using namespace std::chrono_literals;

namespace {

const patience::time start{1h};

std::string source(const char* address) {
  return patience::source_of(boost::asio::ip::make_address(address));
}
std::string nth(uint32_t i) {
  return patience::source_of(boost::asio::ip::address_v4{i});
}

} // namespace

BOOST_AUTO_TEST_SUITE(patience_of_the_door)

BOOST_AUTO_TEST_CASE(it_wears_out_for_one_source_and_comes_back) {
  patience p{3};
  const auto bad = source("192.0.2.1");
  for (int i = 0; i < 3; ++i) {
    BOOST_TEST(!p.is_out(bad, start));
    p.failed(bad, start);
  }
  BOOST_TEST(p.is_out(bad, start));
  BOOST_TEST(!p.is_out(source("192.0.2.2"), start));
  BOOST_TEST(p.is_out(bad, start + 900ms));
  BOOST_TEST(!p.is_out(bad, start + 1s));
  p.failed(bad, start + 1s);
  BOOST_TEST(p.is_out(bad, start + 1s));
}

BOOST_AUTO_TEST_CASE(however_often_it_failed_it_is_heard_a_second_later_and_forgiven_when_it_is_let_in) {
  patience p{3};
  const auto frozen = source("192.0.2.1");
  for (int i = 0; i < 500; ++i)
    p.failed(frozen, start);
  BOOST_TEST(p.is_out(frozen, start));
  BOOST_TEST(!p.is_out(frozen, start + 1s));
  p.welcomed(frozen);
  for (int i = 0; i < 2; ++i)
    p.failed(frozen, start + 1s);
  BOOST_TEST(!p.is_out(frozen, start + 1s));
}

BOOST_AUTO_TEST_CASE(addresses_of_one_network_are_one_source) {
  BOOST_TEST(source("2001:db8::1") == source("2001:db8::ffff:1"));
  BOOST_TEST(source("2001:db8::1") != source("2001:db8:0:1::1"));
  BOOST_TEST(source("192.0.2.1") != source("192.0.2.2"));
  BOOST_TEST(source("::ffff:192.0.2.1") == source("192.0.2.1"));
  BOOST_TEST(source("::ffff:192.0.2.1") != source("::ffff:192.0.2.2"));
}

BOOST_AUTO_TEST_CASE(very_many_strangers_together_are_not_listened_to_and_who_was_let_in_is) {
  patience p{10};
  const auto node = source("192.0.2.1");
  p.welcomed(node);
  uint32_t strangers = 0;
  while (!p.is_out(nth(1'000'000), start) && strangers < 10'000)
    p.failed(nth(++strangers), start);
  BOOST_TEST(strangers == 80u);
  BOOST_TEST(!p.is_out(node, start));
  BOOST_TEST(!p.is_out(nth(1'000'000), start + 200ms));
}

BOOST_AUTO_TEST_SUITE_END()
