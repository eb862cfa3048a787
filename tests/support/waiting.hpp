#pragma once

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <thread>

namespace troupe::test {

/// Asks again until it holds; fails the test after a minute.
template <class F>
void wait_until(F holds) {
  for (const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes{1}; !holds();) {
    BOOST_REQUIRE(std::chrono::steady_clock::now() < deadline);
    std::this_thread::yield();
  }
}

} // namespace troupe::test
