/// Every input that the fuzzers keep, once more: what was mended stays mended.
#include "tests/fuzz/targets.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>

using namespace troupe::test;

BOOST_AUTO_TEST_SUITE(fuzz_corpora)

BOOST_AUTO_TEST_CASE(each_input_is_survived) {
  for (const auto& [name, target] : fuzz_targets()) {
    size_t ran = 0;
    for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(TROUPE_SOURCE_DIR) /
                                                                 "tests/fuzz/corpus" / name)) {
      std::ifstream in{entry.path(), std::ios::binary};
      const std::string data{std::istreambuf_iterator<char>(in), {}};
      BOOST_TEST_CONTEXT(entry.path()) {
        BOOST_CHECK_NO_THROW(target(data));
      }
      ++ran;
    }
    BOOST_TEST(ran > 0u, name);
  }
}

BOOST_AUTO_TEST_SUITE_END()
