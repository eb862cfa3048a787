/// That the ThreadSanitizer build can see what it is run for.
#include <boost/test/unit_test.hpp>

#include <array>
#include <cstdio>
#include <string>

BOOST_AUTO_TEST_SUITE(sanitizers)

BOOST_AUTO_TEST_CASE(a_planted_race_is_seen) {
#if defined(__SANITIZE_THREAD__)
  auto* program = popen(TROUPE_PLANTED_RACE " 2>&1", "r");
  BOOST_REQUIRE(program);
  std::string said;
  std::array<char, 4096> block{};
  while (const auto n = fread(block.data(), 1, block.size(), program))
    said.append(block.data(), n);
  BOOST_TEST(pclose(program) != 0);
  BOOST_TEST(said.find("data race") != std::string::npos, said);
  BOOST_TEST(said.find("planted_race.cpp") != std::string::npos, said);
#else
  BOOST_TEST_MESSAGE("skipped: this is no ThreadSanitizer build");
#endif
}

BOOST_AUTO_TEST_SUITE_END()
