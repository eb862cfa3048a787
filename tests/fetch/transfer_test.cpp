#include "tests/fetch/fetching.hpp"

#include <cstdlib>

using namespace troupe;
using namespace troupe::test;

namespace {

fetch_order conditional(std::string url, std::string etag, std::string last_modified) {
  auto o = order_for(std::move(url));
  o.known = known_url{source_id{7}, std::move(etag), std::move(last_modified), timestamp{}};
  return o;
}

bool has_line(const std::string& head, std::string_view line) {
  return head.find("\r\n" + std::string(line) + "\r\n") != std::string::npos;
}

/// A variable of the environment, for the length of a test.
class environment {
public:
  environment(const char* name, const std::string& value)
      : name_(name) {
    ::setenv(name, value.c_str(), 1);
  }
  ~environment() { ::unsetenv(name_); }

private:
  const char* name_;
};

} // namespace

BOOST_AUTO_TEST_SUITE(transfers)

BOOST_AUTO_TEST_CASE(a_page_comes_with_its_bytes_and_headers) {
  fetching f;
  const auto x = f.fetch("/a", page("<p>hello</p>", "200 OK",
                                    "Content-Type: text/html; charset=utf-8\r\nETag: \"v1\"\r\n"
                                    "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n"));
  BOOST_REQUIRE_MESSAGE(x, code_of(x));
  BOOST_TEST(x->http_status == 200);
  BOOST_TEST(!x->unchanged);
  BOOST_TEST(x->body.view() == "<p>hello</p>");
  BOOST_TEST(x->body.size == 12u);
  BOOST_TEST((x->body.hash == sha256("<p>hello</p>")));
  BOOST_TEST(x->content_type == "text/html; charset=utf-8");
  BOOST_TEST(x->etag == "\"v1\"");
  BOOST_TEST(x->last_modified == "Sun, 06 Nov 1994 08:49:37 GMT");
  BOOST_TEST(x->final_url == f.server().url("/a"));
}

BOOST_AUTO_TEST_CASE(the_request_names_us_and_asks_for_compression) {
  auto s = loopback_settings();
  s.fetch.user_agent = "Troupe-Test/1";
  fetching f{s};
  f.fetch("/a", page("x"));
  const auto heads = f.server().requests("/a");
  BOOST_REQUIRE(heads.size() == 1u);
  BOOST_TEST(heads[0].starts_with("GET /a HTTP/1.1\r\n"));
  BOOST_TEST(has_line(heads[0], "User-Agent: Troupe-Test/1"));
  BOOST_TEST(heads[0].find("gzip") != std::string::npos);
  BOOST_TEST(heads[0].find("If-") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_empty_body_is_a_body) {
  fetching f;
  const auto x = f.fetch("/a", page(""));
  BOOST_REQUIRE_MESSAGE(x, code_of(x));
  BOOST_TEST(x->body.empty());
  BOOST_TEST((x->body.hash == sha256("")));
}

BOOST_AUTO_TEST_CASE(chunked_and_unannounced_bodies_are_read_to_their_end) {
  fetching f;
  const auto chunked = f.fetch("/chunked", {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: "
                                            "close\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"});
  BOOST_REQUIRE_MESSAGE(chunked, code_of(chunked));
  BOOST_TEST(chunked->body.view() == "abcde");
  const auto open = f.fetch("/open", {"HTTP/1.0 200 OK\r\n\r\nuntil the end"});
  BOOST_REQUIRE_MESSAGE(open, code_of(open));
  BOOST_TEST(open->body.view() == "until the end");
}

BOOST_AUTO_TEST_CASE(what_is_known_makes_the_request_conditional) {
  fetching f;
  f.server().on("/a", {"HTTP/1.1 304 Not Modified\r\nETag: \"v1\"\r\nConnection: close\r\n\r\n"});
  const auto x = f.fetch(conditional(f.server().url("/a"), "\"v1\"", "Sun, 06 Nov 1994 08:49:37 GMT"));
  BOOST_REQUIRE_MESSAGE(x, code_of(x));
  BOOST_TEST(x->unchanged);
  BOOST_TEST(x->http_status == 304);
  BOOST_TEST(x->body.empty());
  const auto heads = f.server().requests("/a");
  BOOST_REQUIRE(heads.size() == 1u);
  BOOST_TEST(has_line(heads[0], "If-None-Match: \"v1\""));
  BOOST_TEST(has_line(heads[0], "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT"));
}

BOOST_AUTO_TEST_CASE(a_changed_page_is_fetched_anew) {
  fetching f;
  f.server().on("/a", page("new", "200 OK", "ETag: \"v2\"\r\n"));
  const auto x = f.fetch(conditional(f.server().url("/a"), "\"v1\"", ""));
  BOOST_REQUIRE_MESSAGE(x, code_of(x));
  BOOST_TEST(!x->unchanged);
  BOOST_TEST(x->body.view() == "new");
  BOOST_TEST(x->etag == "\"v2\"");
}

BOOST_AUTO_TEST_CASE(not_modified_is_no_answer_to_an_unconditional_request) {
  fetching f;
  const auto x = f.fetch("/a", {"HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n"});
  BOOST_REQUIRE(!x);
  BOOST_TEST(x.error().http_status == 304);
}

BOOST_AUTO_TEST_CASE(redirects_are_followed_and_the_last_answer_counts) {
  fetching f;
  f.server().on("/a", redirect("/b", "301 Moved Permanently"));
  f.server().on("/b", redirect(f.server().url("/c?x=1"), "307 Temporary Redirect"));
  f.server().on("/c?x=1", page("here", "200 OK", "Content-Type: text/plain\r\n"));
  const auto x = f.fetch(following(f.server().url("/a")));
  BOOST_REQUIRE_MESSAGE(x, code_of(x));
  BOOST_TEST(x->body.view() == "here");
  BOOST_TEST(x->final_url == f.server().url("/c?x=1"));
  BOOST_TEST(x->content_type == "text/plain");
}

BOOST_AUTO_TEST_CASE(the_body_of_a_redirect_is_no_part_of_the_page) {
  fetching f;
  f.server().on("/a", page("moved to b", "302 Found", "Location: /b\r\n"));
  f.server().on("/b", page("here"));
  const auto x = f.fetch(following(f.server().url("/a")));
  BOOST_REQUIRE_MESSAGE(x, code_of(x));
  BOOST_TEST(x->body.view() == "here");
  BOOST_TEST((x->body.hash == sha256("here")));
}

BOOST_AUTO_TEST_CASE(redirects_in_a_circle_are_given_up) {
  auto s = loopback_settings();
  s.fetch.max_redirects = 3;
  fetching f{s};
  BOOST_TEST(code_of(f.follow("/a", redirect("/a"))) == "too_many_redirects");
  BOOST_TEST(f.server().requests("/a").size() == 4u);
}

BOOST_AUTO_TEST_CASE(as_many_redirects_as_allowed_are_followed) {
  auto s = loopback_settings();
  s.fetch.max_redirects = 2;
  fetching f{s};
  f.server().on("/a", redirect("/b"));
  f.server().on("/b", redirect("/c"));
  f.server().on("/c", page("here"));
  BOOST_TEST(code_of(f.fetch(following(f.server().url("/a")))) == "none");
}

BOOST_AUTO_TEST_CASE(redirects_out_of_http_are_bad) {
  fetching f;
  for (const auto* target :
       {"file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://127.0.0.1/x", "data:text/plain,x"}) {
    const auto x = f.follow("/a", redirect(target));
    BOOST_TEST(code_of(x) == "bad_redirect", target);
  }
}

BOOST_AUTO_TEST_CASE(a_redirect_without_target_is_bad) {
  fetching f;
  const auto x = f.follow("/a", page("", "302 Found"));
  BOOST_TEST(code_of(x) == "bad_redirect");
  BOOST_REQUIRE(!x);
  BOOST_TEST(x.error().http_status == 302);
}

BOOST_AUTO_TEST_CASE(a_redirect_to_a_blocked_address_is_blocked) {
  fetching f;
  tiny_server elsewhere{"127.0.0.2"};
  elsewhere.on("/secret", page("secret"));
  BOOST_TEST(code_of(f.follow("/a", redirect(elsewhere.url("/secret")))) == "blocked_address");
  BOOST_TEST(elsewhere.requests("/secret").empty());
  BOOST_TEST(code_of(f.follow("/a", redirect("http://169.254.169.254/latest/meta-data/"))) ==
             "blocked_address");
}

BOOST_AUTO_TEST_CASE(the_body_of_a_redirect_does_not_matter) {
  fetching f;
  const auto wanted = f.server().url("/there");
  const std::string head = "HTTP/1.1 301 Moved Permanently\r\nLocation: /there\r\n";
  for (const auto& answer : {head + "Content-Length: 100000\r\n\r\n" + std::string(100'000, 'x'),
                             head + "Content-Length: 100\r\nConnection: close\r\n\r\nshort",
                             head + "Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nplain",
                             head + "Connection: close\r\n\r\n" + std::string(200'000, 'x')}) {
    const auto x = f.fetch("/a", {answer});
    BOOST_REQUIRE_MESSAGE(x, code_of(x));
    BOOST_TEST(x->moved_to == wanted);
  }
}

BOOST_AUTO_TEST_CASE(a_redirect_ends_an_order_that_does_not_follow) {
  fetching f;
  const auto x = f.fetch("/a", redirect("/b c#part"));
  BOOST_REQUIRE_MESSAGE(x, code_of(x));
  BOOST_TEST(x->moved_to == f.server().url("/b%20c"));
  BOOST_TEST(x->http_status == 302);
  BOOST_TEST(f.server().requests("/b%20c").empty());
  BOOST_TEST(code_of(f.fetch("/a", redirect("file:///etc/passwd"))) == "bad_redirect");
  BOOST_TEST(code_of(f.fetch("/a", redirect("http://a/" + std::string(3'000, 'x')))) == "bad_redirect");
  BOOST_TEST(code_of(f.fetch("/a", page("", "302 Found"))) == "bad_redirect");
}

BOOST_AUTO_TEST_CASE(a_proxy_of_the_environment_is_not_asked) {
  const environment lower{"http_proxy", "http://127.0.0.1:1"};
  const environment all{"ALL_PROXY", "http://127.0.0.1:1"};
  fetching f;
  BOOST_TEST(code_of(f.fetch("/a", page("x"))) == "none");
}

BOOST_AUTO_TEST_CASE(bytes_of_bodies_are_counted) {
  fetching f;
  f.fetch("/a", page("12345"));
  f.fetch("/b", page("not counted", "404 Not Found"));
  BOOST_TEST(f.loop().count().bytes == 5u);
  BOOST_TEST(f.loop().count().held_bytes == 0u);
}

BOOST_AUTO_TEST_CASE(many_transfers_run_at_once) {
  fetching f;
  std::vector<std::future<outcome>> answers;
  for (uint64_t i = 1; i <= 40; ++i) {
    const auto path = "/" + std::to_string(i);
    f.server().on(path, page("page " + std::to_string(i)));
    answers.push_back(f.start(order_for(f.server().url(path), i)));
  }
  for (size_t i = 0; i < answers.size(); ++i) {
    const auto x = answer_of(answers[i]);
    BOOST_REQUIRE_MESSAGE(x, code_of(x));
    BOOST_TEST(x->body.view() == "page " + std::to_string(i + 1));
  }
}

BOOST_AUTO_TEST_SUITE_END()
