/// These tests have a network of their own, from before their first thread on.
#include "tests/support/private_net.hpp"

#include <boost/test/unit_test.hpp>

namespace {

struct alone_on_a_net {
  alone_on_a_net() { troupe::test::enter_private_net(); }
};
BOOST_TEST_GLOBAL_FIXTURE(alone_on_a_net);

} // namespace
