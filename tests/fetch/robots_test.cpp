#include "fetch/robots.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

bool allowed(std::string_view text, std::string_view path, std::string_view agent = "Troupe") {
  return robots{text, agent}.allows(path);
}

} // namespace

BOOST_AUTO_TEST_SUITE(robots_txt)

BOOST_AUTO_TEST_CASE(nothing_said_allows_everything) {
  BOOST_TEST(robots{}.allows("/"));
  for (const auto* text : {"", "\n\n", "# only a comment\n", "\xef\xbb\xbf", "<html>404</html>",
                           "User-agent: *\n", "User-agent: *\nDisallow:\n", "User-agent: *\nDisallow: \n"})
    BOOST_TEST(allowed(text, "/anything?x=1"), text);
}

BOOST_AUTO_TEST_CASE(rules_before_any_group_are_nobodys) {
  BOOST_TEST(allowed("Disallow: /\n", "/x"));
}

BOOST_AUTO_TEST_CASE(a_group_of_our_own_replaces_the_one_for_all) {
  const auto* text = "User-agent: *\nDisallow: /\n\nUser-agent: troupe\nDisallow: /private\n";
  BOOST_TEST(allowed(text, "/public"));
  BOOST_TEST(!allowed(text, "/private/x"));
  BOOST_TEST(!allowed(text, "/public", "Other"));
}

BOOST_AUTO_TEST_CASE(an_empty_group_of_our_own_still_replaces_the_one_for_all) {
  BOOST_TEST(allowed("User-agent: *\nDisallow: /\n\nUser-agent: Troupe\nDisallow:\n", "/x"));
  BOOST_TEST(allowed("User-agent: *\nDisallow: /\n\nUser-agent: Troupe\n", "/x"));
}

BOOST_AUTO_TEST_CASE(several_names_share_a_group) {
  const auto* text =
      "User-agent: a\nUser-agent: troupe\nUser-agent: b\nDisallow: /x\n\nUser-agent: c\nDisallow: /y\n";
  BOOST_TEST(!allowed(text, "/x"));
  BOOST_TEST(allowed(text, "/y"));
  BOOST_TEST(!allowed(text, "/x", "b"));
  BOOST_TEST(allowed(text, "/x", "c"));
}

BOOST_AUTO_TEST_CASE(groups_with_the_same_name_are_one) {
  const auto* text =
      "User-agent: troupe\nDisallow: /a\n\nUser-agent: x\nDisallow: /\n\nUser-agent: troupe\nDisallow: /b\n";
  BOOST_TEST(!allowed(text, "/a"));
  BOOST_TEST(!allowed(text, "/b"));
  BOOST_TEST(allowed(text, "/c"));
}

BOOST_AUTO_TEST_CASE(agents_are_compared_by_product_without_case) {
  for (const auto* name : {"Troupe", "troupe", "TROUPE", "Troupe/2.0", "troupe (crawler)"})
    BOOST_TEST(
        !allowed("User-agent: " + std::string(name) + "\nDisallow: /\n", "/x", "Troupe/0.1.0 (+https://x)"),
        name);
  for (const auto* name : {"Trou", "TroupeBot", "xTroupe", "Troupe-Images"})
    BOOST_TEST(allowed("User-agent: " + std::string(name) + "\nDisallow: /\n", "/x"), name);
}

BOOST_AUTO_TEST_CASE(the_longest_match_decides_whatever_the_order) {
  for (const auto* text : {"User-agent: *\nDisallow: /shop\nAllow: /shop/open\n",
                           "User-agent: *\nAllow: /shop/open\nDisallow: /shop\n"}) {
    BOOST_TEST(!allowed(text, "/shop/closed"));
    BOOST_TEST(allowed(text, "/shop/open/now"));
    BOOST_TEST(allowed(text, "/other"));
  }
  BOOST_TEST(!allowed("User-agent: *\nAllow: /\nDisallow: /x\n", "/x"));
}

BOOST_AUTO_TEST_CASE(of_equal_matches_allow_wins) {
  BOOST_TEST(allowed("User-agent: *\nDisallow: /x\nAllow: /x\n", "/x"));
  BOOST_TEST(allowed("User-agent: *\nAllow: /x\nDisallow: /x\n", "/x"));
}

BOOST_AUTO_TEST_CASE(paths_are_compared_with_case_keys_without) {
  BOOST_TEST(allowed("user-AGENT: *\nDISALLOW: /Secret\n", "/secret"));
  BOOST_TEST(!allowed("user-AGENT: *\nDISALLOW: /Secret\n", "/Secret"));
}

BOOST_AUTO_TEST_CASE(a_star_stands_for_anything) {
  const auto* text = "User-agent: *\nDisallow: /*.php\nDisallow: /a/*/z\n";
  BOOST_TEST(!allowed(text, "/index.php"));
  BOOST_TEST(!allowed(text, "/x/y.php?q=1"));
  BOOST_TEST(!allowed(text, "/.php"));
  BOOST_TEST(allowed(text, "/index.PHP"));
  BOOST_TEST(!allowed(text, "/a/b/c/z"));
  BOOST_TEST(!allowed(text, "/a//z"));
  BOOST_TEST(allowed(text, "/a/z"));
}

BOOST_AUTO_TEST_CASE(a_final_dollar_stands_for_the_end) {
  const auto* text = "User-agent: *\nDisallow: /*.php$\nDisallow: /exact$\n";
  BOOST_TEST(!allowed(text, "/index.php"));
  BOOST_TEST(allowed(text, "/index.php?x"));
  BOOST_TEST(allowed(text, "/index.php5"));
  BOOST_TEST(!allowed(text, "/exact"));
  BOOST_TEST(allowed(text, "/exactly"));
  BOOST_TEST(!allowed("User-agent: *\nDisallow: /*x$\n", "/xax"));
}

BOOST_AUTO_TEST_CASE(a_dollar_elsewhere_is_a_dollar) {
  BOOST_TEST(!allowed("User-agent: *\nDisallow: /a$b\n", "/a$b/c"));
  BOOST_TEST(allowed("User-agent: *\nDisallow: /a$b\n", "/a"));
}

BOOST_AUTO_TEST_CASE(percent_encoding_is_seen_through) {
  const auto* text = "User-agent: *\nDisallow: /caf\xc3\xa9\nDisallow: /%e3%83%84\nDisallow: /q?x=\n";
  BOOST_TEST(!allowed(text, "/caf%C3%A9"));
  BOOST_TEST(!allowed(text, "/caf%c3%a9/menu"));
  BOOST_TEST(!allowed(text, "/caf\xc3\xa9"));
  BOOST_TEST(!allowed(text, "/%E3%83%84"));
  BOOST_TEST(!allowed(text, "/\xe3\x83\x84"));
  BOOST_TEST(!allowed(text, "/q?x=1"));
  BOOST_TEST(allowed(text, "/q?y=1"));
}

// RFC 9309, section 2.2.3.
BOOST_AUTO_TEST_CASE(encoded_wildcards_are_themselves) {
  const auto* text = "User-agent: *\nDisallow: /with-a-%2A.html\nDisallow: /foo-%24\n";
  BOOST_TEST(!allowed(text, "/with-a-*.html"));
  BOOST_TEST(!allowed(text, "/with-a-%2a.html"));
  BOOST_TEST(allowed(text, "/with-a-b.html"));
  BOOST_TEST(!allowed(text, "/foo-$"));
  BOOST_TEST(allowed(text, "/foo-"));
}

BOOST_AUTO_TEST_CASE(broken_percent_signs_are_taken_as_they_are) {
  BOOST_TEST(!allowed("User-agent: *\nDisallow: /100%\n", "/100%"));
  BOOST_TEST(!allowed("User-agent: *\nDisallow: /a%zz\n", "/a%zz"));
}

BOOST_AUTO_TEST_CASE(robots_txt_itself_may_always_be_had) {
  BOOST_TEST(allowed("User-agent: *\nDisallow: /\n", "/robots.txt"));
  BOOST_TEST(!allowed("User-agent: *\nDisallow: /\n", "/robots.txt.bak"));
}

BOOST_AUTO_TEST_CASE(lines_may_end_in_any_way_and_carry_comments) {
  for (const std::string end : {"\n", "\r\n", "\r", "\n\n"})
    BOOST_TEST(!allowed("User-agent: * # all" + end + "Disallow: /x # here" + end + "Allow: /y", "/x"));
  BOOST_TEST(!allowed("\xef\xbb\xbfUser-agent: *\nDisallow: /x\n", "/x"));
  BOOST_TEST(!allowed("  User-agent :  *  \n\tDisallow\t:\t/x\t\n", "/x"));
}

// RFC 9309, section 2.2.4: other records must not interfere.
BOOST_AUTO_TEST_CASE(unknown_lines_do_not_end_a_list_of_names) {
  const auto* text = "User-agent: troupe\nSitemap: https://x/s.xml\nHost: x\nUser-agent: b\nDisallow: /\n";
  BOOST_TEST(!allowed(text, "/x"));
  BOOST_TEST(!allowed(text, "/x", "b"));
}

BOOST_AUTO_TEST_CASE(a_crawl_delay_is_for_those_it_was_said_to) {
  BOOST_TEST((robots("User-agent: *\nCrawl-delay: 2\n", "Troupe").crawl_delay() == 2'000ms));
  BOOST_TEST((robots("User-agent: *\nCrawl-delay: 0.5\n", "Troupe").crawl_delay() == 500ms));
  BOOST_TEST((robots("User-agent: *\nCrawl-delay: 9\n\nUser-agent: troupe\nCrawl-delay: 3\n", "Troupe")
                  .crawl_delay() == 3'000ms));
  BOOST_TEST(!robots("User-agent: *\nDisallow: /x\n", "Troupe").crawl_delay());
  BOOST_TEST(
      !robots("User-agent: *\nCrawl-delay: 9\n\nUser-agent: troupe\nDisallow:\n", "Troupe").crawl_delay());
}

BOOST_AUTO_TEST_CASE(a_crawl_delay_for_somebody_else_is_not_ours) {
  BOOST_TEST(!robots("User-agent: *\nDisallow: /x\n\nUser-agent: SlowBot\nCrawl-delay: 30\n", "Troupe")
                  .crawl_delay());
  BOOST_TEST((robots("User-agent: *\nCrawl-delay: 1\n\nUser-agent: SlowBot\nCrawl-delay: 30\n", "Troupe")
                  .crawl_delay() == 1'000ms));
}

BOOST_AUTO_TEST_CASE(a_crawl_delay_is_never_absurd) {
  for (const auto* value : {"1000000", "-5", "nan", "inf", "1e300", "soon", ""}) {
    const auto delay =
        robots("User-agent: *\nCrawl-delay: " + std::string(value) + "\n", "Troupe").crawl_delay();
    BOOST_TEST((!delay || (*delay >= 0ms && *delay <= 60s)), value);
  }
}

BOOST_AUTO_TEST_CASE(hostile_files_end) {
  std::string stars = "/";
  for (int i = 0; i < 1'000; ++i)
    stars += "*a";
  BOOST_TEST(allowed("User-agent: *\nDisallow: " + stars + "b\n", "/" + std::string(2'000, 'a')));
  std::string many = "User-agent: *\n";
  for (int i = 0; i < 50'000; ++i)
    many += "Disallow: /" + std::to_string(i) + "x\n";
  BOOST_TEST(allowed(many, "/y"));
  BOOST_TEST(!allowed(many, "/7x"));
  BOOST_TEST(allowed(std::string(500'000, ':'), "/"));
  BOOST_TEST(allowed(std::string_view{"\0User-agent: *\nDisallow: /\n", 27}, "/"));
}

BOOST_AUTO_TEST_SUITE_END()
