/// Where notebooks live.
#include "cluster/homes.hpp"

#include "tests/storage/temp_directory.hpp"

#include <boost/test/unit_test.hpp>

#include <map>

using namespace troupe;
using namespace troupe::cluster;

namespace {

const std::vector<int64_t> three{1, 2, 3};

/// A notebook whose home by the hash is this owner.
notebook_id one_of(node_number owner) {
  for (uint64_t n = 0;; ++n)
    if (rendezvous(notebook_id{n}, three) == owner) return notebook_id{n};
}

} // namespace

BOOST_AUTO_TEST_SUITE(homes_of_notebooks)

BOOST_AUTO_TEST_CASE(owners_get_even_shares_and_a_new_one_moves_nothing_between_the_others) {
  std::map<node_number, unsigned> shares;
  for (uint64_t n = 0; n < 30'000; ++n) {
    const auto before = rendezvous(notebook_id{n}, three);
    ++shares[before];
    const auto after = rendezvous(notebook_id{n}, {1, 2, 3, 4});
    BOOST_REQUIRE((after == before || after == 4));
  }
  for (const auto& [owner, share] : shares)
    BOOST_TEST((share > 9'500 && share < 10'500), owner << " has " << share);
}

BOOST_AUTO_TEST_CASE(one_that_lives_somewhere_stays_there) {
  const test::temp_directory dir;
  const auto n = one_of(2);
  homes h{1, three, dir.path() + "/cluster.json"};
  h.told(2, {});
  h.told(3, {});
  BOOST_TEST(*h.home_of(n, false) == 2);
  BOOST_TEST(*h.home_of(n, true) == 1);
  BOOST_TEST((h.strays({raw(n), raw(one_of(1))}) == std::vector<uint64_t>{raw(n)}));
  BOOST_TEST((h.told(3, {raw(n)}).code == errc::none));
  BOOST_TEST(*h.home_of(n, false) == 3);
}

BOOST_AUTO_TEST_CASE(nothing_is_taken_for_new_before_every_owner_was_met_once) {
  const test::temp_directory dir;
  const auto file = dir.path() + "/cluster.json";
  const auto own = one_of(1);
  {
    homes h{1, three, file};
    BOOST_TEST(!h.home_of(own, false).has_value());
    h.told(2, {});
    BOOST_TEST(!h.home_of(own, false).has_value());
    h.told(3, {raw(one_of(2))});
    BOOST_TEST(*h.home_of(own, false) == 1);
  }
  // What was told holds after a start, while they are away.
  const homes again{1, three, file};
  BOOST_TEST(*again.home_of(own, false) == 1);
  BOOST_TEST(*again.home_of(one_of(2), false) == 3);
  // With other owners it has to be told anew.
  const homes more{1, {1, 2, 3, 4}, file};
  BOOST_TEST(*more.home_of(one_of(2), true) == 1);
  for (uint64_t n = 0; n < 100; ++n)
    if (rendezvous(notebook_id{n}, {1, 2, 3, 4}) == 1)
      BOOST_TEST(!more.home_of(notebook_id{n}, false).has_value());
}

BOOST_AUTO_TEST_CASE(one_owner_has_everything) {
  const homes alone{7, {7}, "/nonexistent/cluster.json"};
  BOOST_TEST(*alone.home_of(notebook_id{12}, false) == 7);
}

BOOST_AUTO_TEST_SUITE_END()
