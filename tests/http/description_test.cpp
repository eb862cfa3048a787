/// The API's description has the routes that there are.
#include "http/guide/guide.hpp"
#include "http/ops/embedded.hpp"
#include "http/ops/ops.hpp"
#include "http/v1/v1.hpp"

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include <regex>
#include <set>

using namespace troupe::http;

BOOST_AUTO_TEST_SUITE(description)

BOOST_AUTO_TEST_CASE(it_has_every_route_and_no_other) {
  std::set<std::string> there;
  for (const auto& part : {guide_routes(), v1_routes(), ops_routes()})
    for (const auto& r : part)
      there.insert(r.method + " " + r.pattern);
  std::set<std::string> described;
  const auto api = nlohmann::json::parse(embedded::openapi_json());
  for (const auto& [path, item] : api["paths"].items())
    for (const auto* method : {"get", "post", "patch", "delete", "put"})
      if (item.contains(method)) {
        std::string verb = method;
        for (auto& c : verb)
          c = static_cast<char>(c - 'a' + 'A');
        described.insert(verb + " " + std::regex_replace(path, std::regex{"\\{[^}]*\\}"}, "{}"));
      }
  BOOST_TEST(described == there, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(it_says_which_version_this_is) {
  BOOST_TEST(nlohmann::json::parse(embedded::openapi_json())["info"]["version"] == TROUPE_VERSION);
}

BOOST_AUTO_TEST_SUITE_END()
