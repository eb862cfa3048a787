#include "fetch/plain_url.hpp"
#include "fetch/url.hpp"

#include <boost/test/unit_test.hpp>

#include <curl/curl.h>

#include <memory>
#include <random>

using namespace troupe;

namespace {

constexpr size_t longest = 2'048;

std::string normal(std::string_view text) {
  const auto r = normalize_url(text, longest);
  return r ? *r : "error: " + std::string(info(r.error().code).name);
}

} // namespace

BOOST_AUTO_TEST_SUITE(urls)

BOOST_AUTO_TEST_CASE(urls_fit_to_fetch_stay_as_they_are) {
  for (const auto* text :
       {"http://example.com/", "https://example.com/a/b.html?x=1&y=2", "http://example.com:8080/",
        "https://example.com/?q=a%20b", "http://192.0.2.1/", "http://[2001:db8::1]:81/x",
        "http://example.com/caf%C3%A9", "http://example.com/a;b=c,d"})
    BOOST_TEST(normal(text) == text);
}

BOOST_AUTO_TEST_CASE(scheme_and_host_are_lower_case_the_rest_is_not_touched) {
  BOOST_TEST(normal("HTTP://EXAMPLE.com/Path?Query=X") == "http://example.com/Path?Query=X");
  BOOST_TEST(normal("hTTpS://Www.Example.COM") == "https://www.example.com/");
}

BOOST_AUTO_TEST_CASE(user_names_keep_their_case_beside_a_host_in_lower_case) {
  BOOST_TEST(normal("http://User:Pass@EXAMPLE.com/X") == "http://User:Pass@example.com/X");
}

BOOST_AUTO_TEST_CASE(an_at_sign_in_the_path_is_no_user_name) {
  BOOST_TEST(normal("http://EXAMPLE.com/@Someone") == "http://example.com/@Someone");
}

BOOST_AUTO_TEST_CASE(white_space_around_is_dropped) {
  BOOST_TEST(normal("  http://example.com/x \r\n\t") == "http://example.com/x");
}

BOOST_AUTO_TEST_CASE(fragments_and_default_ports_go_empty_paths_become_roots) {
  BOOST_TEST(normal("http://example.com") == "http://example.com/");
  BOOST_TEST(normal("http://example.com#top") == "http://example.com/");
  BOOST_TEST(normal("http://example.com/x#top") == "http://example.com/x");
  BOOST_TEST(normal("http://example.com:80/x") == "http://example.com/x");
  BOOST_TEST(normal("https://example.com:443/x") == "https://example.com/x");
  BOOST_TEST(normal("https://example.com:80/x") == "https://example.com:80/x");
  BOOST_TEST(normal("http://example.com?q=1") == "http://example.com/?q=1");
}

BOOST_AUTO_TEST_CASE(what_urls_may_not_hold_is_encoded) {
  BOOST_TEST(normal("http://example.com/a b") == "http://example.com/a%20b");
  BOOST_TEST(normal("http://example.com/caf\xc3\xa9") == "http://example.com/caf%c3%a9");
}

BOOST_AUTO_TEST_CASE(dots_in_paths_are_resolved) {
  BOOST_TEST(normal("http://example.com/a/./b/../c") == "http://example.com/a/c");
  BOOST_TEST(normal("http://example.com/../../x") == "http://example.com/x");
}

BOOST_AUTO_TEST_CASE(normal_urls_are_fixed_points) {
  for (const auto* text :
       {"HTTP://Example.COM:80/a b?c d#e", "https://x.example/%7Euser/", "http://127.1/", "http://a?b"}) {
    const auto once = normal(text);
    BOOST_TEST(normal(once) == once);
  }
}

BOOST_AUTO_TEST_CASE(spellings_of_one_ipv4_address_are_one) {
  for (const auto* text : {"http://127.1/", "http://2130706433/", "http://0x7f000001/", "http://0177.0.0.1/"})
    BOOST_TEST(normal(text) == "http://127.0.0.1/", text);
}

BOOST_AUTO_TEST_CASE(what_is_no_url_is_refused) {
  for (const auto* text : {"", "   ", "http://", "https://?x", "http://exa mple.com/", "http://[::1/",
                           "http://example.com:99999/", "http://example.com:port/", "http://a\x01/"})
    BOOST_TEST(normal(text) == "error: invalid_url", text);
}

BOOST_AUTO_TEST_CASE(nothing_behind_a_nul_is_lost_silently) {
  const std::string_view text{"http://example.com/a\0b", 22};
  const auto r = normalize_url(text, longest);
  BOOST_TEST((!r || *r != "http://example.com/a"));
}

BOOST_AUTO_TEST_CASE(other_schemes_are_named) {
  for (const auto* text :
       {"ftp://example.com/x", "file:///etc/passwd", "gopher://example.com/", "ws://example.com/"})
    BOOST_TEST(normal(text) == "error: unsupported_scheme", text);
  for (const auto* text : {"javascript:alert(1)", "mailto:a@example.com", "data:text/html,x"})
    BOOST_TEST(normal(text).starts_with("error: "), text);
}

BOOST_AUTO_TEST_CASE(length_is_bounded_after_trimming) {
  const std::string start = "http://example.com/";
  const auto fits = start + std::string(longest - start.size(), 'x');
  BOOST_TEST(normal(fits) == fits);
  BOOST_TEST(normal("  " + fits + "  ") == fits);
  BOOST_TEST(normal(fits + "x") == "error: url_too_long");
}

BOOST_AUTO_TEST_CASE(a_host_is_name_and_port) {
  BOOST_TEST(host_of("http://example.com/x") == "example.com:80");
  BOOST_TEST(host_of("https://example.com/x") == "example.com:443");
  BOOST_TEST(host_of("http://example.com:8080/") == "example.com:8080");
  BOOST_TEST(host_of("http://[2001:db8::1]/") == "[2001:db8::1]:80");
  BOOST_TEST(host_of("http://user:secret@example.com/") == "example.com:80");
  BOOST_TEST(host_of("nonsense://") == "");
  BOOST_TEST(host_of("") == "");
}

BOOST_AUTO_TEST_CASE(robots_txt_lies_at_the_root_of_the_host) {
  BOOST_TEST(robots_url("http://example.com/a/b?c") == "http://example.com:80/robots.txt");
  BOOST_TEST(robots_url("https://user:secret@example.com:8443/") == "https://example.com:8443/robots.txt");
  BOOST_TEST(robots_url("http://[::1]:81/x") == "http://[::1]:81/robots.txt");
}

BOOST_AUTO_TEST_CASE(a_path_is_path_and_query) {
  BOOST_TEST(path_of("http://example.com/a/b?c=d&e") == "/a/b?c=d&e");
  BOOST_TEST(path_of("http://example.com") == "/");
  BOOST_TEST(path_of("http://example.com?x=1") == "/?x=1");
  BOOST_TEST(path_of("http://example.com/a#frag") == "/a");
  BOOST_TEST(path_of("http://example.com/caf%C3%A9") == "/caf%C3%A9");
}

namespace {

/// What libcurl alone makes of a URL: the form that `normalize_url` promises.
std::string by_curl(const std::string& text) {
  std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> u{curl_url(), curl_url_cleanup};
  if (curl_url_set(u.get(), CURLUPART_URL, text.c_str(), CURLU_URLENCODE | CURLU_NON_SUPPORT_SCHEME) !=
      CURLUE_OK)
    return {};
  char* out = nullptr;
  if (curl_url_get(u.get(), CURLUPART_URL, &out, CURLU_NO_DEFAULT_PORT) != CURLUE_OK) return {};
  const std::string made{out};
  curl_free(out);
  return made;
}

/// One of the texts.
std::string one_of(std::mt19937& random, std::initializer_list<const char*> texts) {
  return texts.begin()[random() % texts.size()];
}

} // namespace

BOOST_AUTO_TEST_CASE(plain_urls_are_taken_apart) {
  const auto x = split_plain("https://www.example.com:8443/a/b.html?x=1&y=http://z");
  BOOST_TEST_REQUIRE(x.has_value());
  BOOST_TEST(x->scheme == "https");
  BOOST_TEST(x->host == "www.example.com");
  BOOST_TEST(x->port == "8443");
  BOOST_TEST(x->path == "/a/b.html?x=1&y=http://z");
  BOOST_TEST(split_plain("http://192.0.2.255/").has_value());
}

BOOST_AUTO_TEST_CASE(what_may_change_is_not_plain) {
  for (const auto* text : {"http://Example.com/",
                           "http://example.com",
                           "http://example.com:80/",
                           "https://example.com:443/",
                           "http://example.com:080/",
                           "http://example.com:65536/",
                           "http://example.com:/",
                           "http://192.0.2.256/",
                           "http://127.1/",
                           "http://0177.0.0.1/",
                           "http://x.0x7f/",
                           "http://example.com/a b",
                           "http://example.com/%41",
                           "http://example.com/a/../b",
                           "http://example.com/.",
                           "http://example.com/#x",
                           "http://a@example.com/",
                           "http://[::1]/",
                           "http:///x",
                           "ftp://example.com/",
                           "httpx://example.com/",
                           "http:/example.com/",
                           "http://example.com?x",
                           "http://ex\xc3\xa4mple.com/",
                           "http://example.com/\xc3\xa4",
                           "http://example.com/\\",
                           "http://example.com./",
                           "http://example.com/?",
                           ""})
    BOOST_TEST(!split_plain(text).has_value(), text);
}

/// Made of parts that libcurl treats in a way of their own.
BOOST_AUTO_TEST_CASE(what_is_plain_libcurl_leaves_as_it_is) {
  std::mt19937 random{20'251'125};
  size_t plain = 0;
  for (int i = 0; i < 600'000; ++i) {
    auto text = one_of(random, {"http", "https", "HTTP", "ftp"}) + "://";
    for (auto n = random() % 4 + 1; n > 0; --n)
      text += one_of(random, {"a", "example", "127", "0", "0x7f", "010", "256", "x-1", "-", "xn--bcher-kva",
                              ".", "..", "com", "1a", "A", "_"}) +
              one_of(random, {"", "."});
    text += one_of(random, {"", "", ":1", ":80", ":443", ":0", ":00080", ":65535", ":65536", ":99999"});
    for (auto n = random() % 5; n > 0; --n)
      text += one_of(random, {"/",
                              "//",
                              "/a",
                              "/.",
                              "/..",
                              "/...",
                              "/.x",
                              "a",
                              "?",
                              "?q=1",
                              "&",
                              "+",
                              ";p",
                              "@",
                              ":",
                              "~",
                              "!$'()*",
                              "%41",
                              "#f",
                              " ",
                              "\\",
                              "//user@host",
                              "/http://x/../y",
                              "?a/../b"});
    const auto parts = split_plain(text);
    if (!parts) continue;
    ++plain;
    BOOST_TEST(by_curl(text) == text);
  }
  BOOST_TEST(plain > 1'000);
}

BOOST_AUTO_TEST_CASE(hosts_of_plain_urls_are_those_of_others) {
  BOOST_TEST(host_of("http://example.com/a") == host_of("http://user@example.com/a"));
  BOOST_TEST(host_of("https://example.com/a") == host_of("https://user@example.com/a"));
  BOOST_TEST(host_of("https://example.com:80/a") == host_of("https://user@example.com:80/a"));
}

BOOST_AUTO_TEST_SUITE_END()
