#include "fetch/robots.hpp"
#include "fetch/url.hpp"

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iostream>

using namespace troupe;

namespace {

std::string path_in(const std::string& url) {
  const auto normal = normalize_url(url, 65'536);
  return normal ? path_of(*normal) : "/";
}

bool is_ascii(const std::string& s) {
  return std::all_of(s.begin(), s.end(), [](char c) { return static_cast<uint8_t>(c) < 0x80; });
}

void check(const nlohmann::json& x) {
  const std::string text = x["robots"];
  const std::string url = x["url"];
  const std::string agent = x["agent"];
  const bool allowed = x["allowed"];
  BOOST_CHECK_MESSAGE(robots(text, agent).allows(path_in(url)) == allowed,
                      x["test"].get<std::string>() << ": " << agent << " at " << url << " should be "
                                                   << (allowed ? "allowed" : "disallowed") << " by\n"
                                                   << text);
}

} // namespace

BOOST_AUTO_TEST_SUITE(robots_corpus)

BOOST_AUTO_TEST_CASE(published_cases_hold) {
  const char* folder = std::getenv("TROUPE_CORPORA");
  std::ifstream file{std::string(folder ? folder : "") + "/conformance/dev/robotstxt/cases.json"};
  if (!folder || !file) {
    std::cout << "skipped: robots.txt cases (TROUPE_CORPORA names no folder that holds them)\n";
    return;
  }
  size_t ran = 0;
  const auto published = nlohmann::json::parse(file);
  for (const auto& x : published["cases"]) {
    // Beyond ASCII are URLs that nobody sends: fetched ones are percent-encoded, and match as such.
    if (x["google_only"].get<bool>() || !is_ascii(x["url"].get<std::string>())) continue;
    check(x);
    ++ran;
  }
  std::cout << "ran " << ran << " robots.txt cases\n";
  BOOST_TEST(ran > 0u);
}

BOOST_AUTO_TEST_SUITE_END()
