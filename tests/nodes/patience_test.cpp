/// Who has failed too often at the port.
#include "cluster/patience.hpp"

#include <boost/test/unit_test.hpp>

using troupe::cluster::patience;
using namespace std::chrono_literals;

namespace {

std::string source(const char* address) {
  return patience::source_of(boost::asio::ip::make_address(address));
}

} // namespace

BOOST_AUTO_TEST_SUITE(patience_of_the_door)

BOOST_AUTO_TEST_CASE(it_wears_out_for_one_source_and_comes_back) {
  patience p{3};
  const patience::time start{1h};
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

BOOST_AUTO_TEST_CASE(addresses_of_one_network_are_one_source) {
  BOOST_TEST(source("2001:db8::1") == source("2001:db8::ffff:1"));
  BOOST_TEST(source("2001:db8::1") != source("2001:db8:0:1::1"));
  BOOST_TEST(source("192.0.2.1") != source("192.0.2.2"));
}

BOOST_AUTO_TEST_CASE(from_very_many_sources_it_begins_anew_and_takes_no_more_room) {
  patience p{1};
  const patience::time start{1h};
  const auto nth = [](uint32_t i) { return patience::source_of(boost::asio::ip::address_v4{i}); };
  for (uint32_t i = 1; i <= 4'096; ++i)
    p.failed(nth(i), start);
  BOOST_TEST(p.is_out(nth(1), start));
  p.failed(nth(5'000), start);
  BOOST_TEST(!p.is_out(nth(1), start));
  BOOST_TEST(p.is_out(nth(5'000), start));
}

BOOST_AUTO_TEST_SUITE_END()
