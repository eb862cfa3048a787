/// Messages seen from outside.
#include "cluster/frames.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using troupe::cluster::frame_guard;

namespace {

/// A head of BASP that claims so many bytes.
std::string head(uint32_t bytes) {
  std::string h(32, '\x55');
  for (int i = 0; i < 4; ++i)
    h[4 + i] = static_cast<char>(bytes >> (24 - 8 * i));
  return h;
}

} // namespace

BOOST_AUTO_TEST_SUITE(frames)

BOOST_AUTO_TEST_CASE(short_messages_pass_however_they_are_cut) {
  const auto stream = head(0) + head(5) + "hello" + head(1'000) + std::string(1'000, 'x') + head(0);
  for (const size_t piece : {1u, 3u, 31u, 32u, 33u, 2'000u}) {
    frame_guard g{1'000};
    for (size_t at = 0; at < stream.size(); at += piece)
      BOOST_TEST(g.pass(std::string_view(stream).substr(at, piece)));
  }
}

BOOST_AUTO_TEST_CASE(a_longer_one_does_not_pass_and_is_told_of) {
  for (const size_t piece : {1u, 7u, 40u}) {
    const auto stream = head(5) + "hello" + head(0x7fffffff);
    frame_guard g{1'000};
    bool passed = true;
    for (size_t at = 0; at < stream.size() && passed; at += piece)
      passed = g.pass(std::string_view(stream).substr(at, piece));
    BOOST_TEST(!passed);
    BOOST_TEST(g.claimed() == 0x7fffffffu);
  }
}

BOOST_AUTO_TEST_SUITE_END()
