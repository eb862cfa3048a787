#include "tests/parse/pages.hpp"

#include <nlohmann/json.hpp>

using namespace troupe;
using namespace troupe::test;

namespace {

using strings = std::vector<std::string>;

html::metadata about(const std::string& head, const std::string& body = "<p>text</p>",
                     const std::string& html = "<html>") {
  const auto t = dom_of(html + "<head>" + head + "</head><body>" + body + "</body></html>");
  return html::read_metadata(*t, "http://example.com/dir/page");
}

std::string linked_data(const std::string& json) {
  return "<script type=\"application/ld+json\">" + json + "</script>";
}

std::string meta(const std::string& name, const std::string& content) {
  return "<meta name=\"" + name + "\" content=\"" + content + "\">";
}
std::string property(const std::string& name, const std::string& content) {
  return "<meta property=\"" + name + "\" content=\"" + content + "\">";
}

} // namespace

BOOST_AUTO_TEST_SUITE(page_metadata)

BOOST_AUTO_TEST_CASE(a_page_that_says_nothing_has_none) {
  const auto m = about("");
  BOOST_TEST(m.title == "");
  BOOST_TEST(m.authors.empty());
  BOOST_TEST(html::to_json(m) == "{}");
}

BOOST_AUTO_TEST_CASE(linked_data_is_read) {
  const auto m = about(
      linked_data(R"({"@context": "https://schema.org", "@type": "NewsArticle", "headline": " A \n headline ",
    "datePublished": "2024-01-15T10:30:00Z", "description": "What it says", "author":
    [{"@type": "Person", "name": "Ann"}, {"name": "Bob"}], "publisher": {"name": "The Paper"}, "image": ["/i.png"]})"));
  BOOST_TEST(m.title == "A headline");
  BOOST_TEST(m.published == "2024-01-15");
  BOOST_TEST(m.description == "What it says");
  BOOST_TEST((m.authors == strings{"Ann", "Bob"}));
  BOOST_TEST(m.site == "The Paper");
  BOOST_TEST(m.image == "http://example.com/i.png");
}

BOOST_AUTO_TEST_CASE(linked_data_is_found_in_graphs_and_lists) {
  const std::string article = R"({"@type": ["Thing", "BlogPosting"], "headline": "Found", "author": "Ann"})";
  for (const auto& json :
       {"{\"@graph\": [{\"@type\": \"WebSite\", \"name\": \"x\"}, " + article + "]}", "[" + article + "]"}) {
    const auto m = about(linked_data(json));
    BOOST_TEST(m.title == "Found");
    BOOST_TEST((m.authors == strings{"Ann"}));
  }
}

BOOST_AUTO_TEST_CASE(linked_data_that_is_broken_or_of_another_shape_is_passed_over) {
  for (const auto* json : {"{", "", "null", "[[[[", "{\"@type\": 7, \"headline\": \"x\"}",
                           "{\"@type\": \"Article\", \"headline\": {\"a\": 1}}",
                           "{\"@type\": \"Article\", \"author\": [[], {}, 7, null]}",
                           "{\"@graph\": {\"@graph\": 1}}", "{\"@type\": \"Person\", \"headline\": \"x\"}"}) {
    const auto m = about(linked_data(json) + "<title>Still here</title>");
    BOOST_TEST(m.title == "Still here", json);
    BOOST_TEST(m.authors.empty(), json);
  }
  BOOST_TEST(about(linked_data(std::string(100'000, '[')) + "<title>Still here</title>").title ==
             "Still here");
}

BOOST_AUTO_TEST_CASE(open_graph_is_read) {
  const auto m = about(
      property("og:title", "T") + property("og:description", "D") + property("og:site_name", "S") +
      property("og:image", "/i.png") + property("og:url", "/canonical") +
      property("article:published_time", "2023-05-06T00:00:00+02:00") + property("article:author", "Ann"));
  BOOST_TEST(m.title == "T");
  BOOST_TEST(m.description == "D");
  BOOST_TEST(m.site == "S");
  BOOST_TEST(m.image == "http://example.com/i.png");
  BOOST_TEST(m.canonical_url == "http://example.com/canonical");
  BOOST_TEST(m.published == "2023-05-06");
  BOOST_TEST((m.authors == strings{"Ann"}));
}

BOOST_AUTO_TEST_CASE(meta_elements_are_read_without_case) {
  const auto m = about("<title>T</title>" + meta("Author", "by Ann") + meta("DESCRIPTION", "D") +
                       meta("date", "2022-02-03"));
  BOOST_TEST((m.authors == strings{"Ann"}));
  BOOST_TEST(m.description == "D");
  BOOST_TEST(m.published == "2022-02-03");
}

BOOST_AUTO_TEST_CASE(visible_text_is_the_last_resort) {
  const auto m = about("", "<h1>The <i>heading</i></h1><p class=byline>By Ann Author</p><span "
                           "class=post-date>January 15th, 2024</span>");
  BOOST_TEST(m.title == "The heading");
  BOOST_TEST((m.authors == strings{"Ann Author"}));
  BOOST_TEST(m.published == "2024-01-15");
}

BOOST_AUTO_TEST_CASE(more_trusted_sources_win) {
  const auto data = linked_data(
      R"({"@type": "Article", "datePublished": "2021-01-01", "description": "of data", "author": "Data"})");
  const auto m = about(meta("author", "Meta") + meta("description", "of meta") + meta("date", "2020-01-01") +
                           property("og:description", "of graph") +
                           property("article:published_time", "2022-01-01") + data,
                       "<time datetime=2019-01-01></time><p class=byline>Visible</p>");
  BOOST_TEST(m.published == "2021-01-01");
  BOOST_TEST(m.description == "of data");
  BOOST_TEST((m.authors == strings{"Data"}));
  const auto without =
      about(meta("description", "of meta") + meta("date", "2020-01-01") +
                property("og:description", "of graph") + property("article:published_time", "2022-01-01"),
            "<time datetime=2019-01-01></time>");
  BOOST_TEST(without.published == "2022-01-01");
  BOOST_TEST(without.description == "of graph");
}

BOOST_AUTO_TEST_CASE(an_address_is_no_author) {
  BOOST_TEST(about(meta("author", "https://x.example/ann")).authors.empty());
  BOOST_TEST(about(linked_data(R"({"@type": "Article", "author": {"url": "https://x.example/ann"}})"))
                 .authors.empty());
}

BOOST_AUTO_TEST_CASE(titles_lose_the_name_of_the_site) {
  BOOST_TEST(about("<title>A rather long headline | Site</title>").title == "A rather long headline");
  BOOST_TEST(about("<title>A - B</title>").title == "A - B");
  BOOST_TEST(about("<title> spread \n over  lines </title>").title == "spread over lines");
  BOOST_TEST(about("<title>a &amp; b &lt;c&gt;</title>").title == "a & b <c>");
}

BOOST_AUTO_TEST_CASE(languages) {
  BOOST_TEST(about("", "", "<html lang=de-AT>").language == "de-AT");
  BOOST_TEST(about(property("og:locale", "en_US")).language == "en-US");
  BOOST_TEST(about("<meta http-equiv=Content-Language content=fr>").language == "fr");
}

BOOST_AUTO_TEST_CASE(canonical_links_are_absolute) {
  BOOST_TEST(about("<link rel=canonical href=../other>").canonical_url == "http://example.com/other");
  BOOST_TEST(about("<link rel=canonical href=\"https://x.example/y\">").canonical_url ==
             "https://x.example/y");
  BOOST_TEST(about("<link rel=stylesheet href=/a.css>").canonical_url == "");
  BOOST_TEST(about("<link rel=canonical href=javascript:x>").canonical_url == "");
}

BOOST_AUTO_TEST_CASE(long_fields_are_cut) {
  BOOST_TEST(about(meta("description", std::string(7'000, 'x'))).description.size() <= 2'000u);
}

BOOST_AUTO_TEST_CASE(fields_become_json) {
  html::metadata m;
  m.title = "not shown";
  m.authors = {"A \"quoted\"", "B"};
  m.published = "2024-01-15";
  m.description = "broken \xff byte";
  const auto x = nlohmann::json::parse(html::to_json(m));
  BOOST_TEST(x.size() == 3u);
  BOOST_TEST(x["authors"][0].get<std::string>() == "A \"quoted\"");
  BOOST_TEST(x["published"].get<std::string>() == "2024-01-15");
  BOOST_TEST(!x.contains("title"));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(dates)

BOOST_AUTO_TEST_CASE(dates_are_found_in_many_forms) {
  for (const auto* text : {"2024-01-15", "2024-01-15T10:30:00Z", "on 2024/1/15 at", "2024.01.15",
                           "January 15, 2024", "Jan 15th, 2024", "Jan. 15 2024", "15 January 2024",
                           "15. Jan 2024", "Posted: 15-Jan-2024", "Mon, 15 Jan 2024 10:00:00 GMT"})
    BOOST_TEST(html::find_date(text) == "2024-01-15", text);
}

BOOST_AUTO_TEST_CASE(the_first_date_counts) {
  BOOST_TEST(html::find_date("2023-12-31, then 2024-01-15") == "2023-12-31");
}

BOOST_AUTO_TEST_CASE(what_is_no_date_is_none) {
  for (const auto* text :
       {"", "yesterday", "2024", "2024-13-01", "2024-00-10", "2024-01-32", "2024-01-00", "1.2.3",
        "555-2024-0115", "12024-01-15", "March of 2024", "January 99, 2024", "1024-01-15"})
    BOOST_TEST(html::find_date(text) == "", text);
}

BOOST_AUTO_TEST_CASE(days_that_no_month_has_are_no_dates) {
  BOOST_TEST(html::find_date("2024-02-31") == "");
  BOOST_TEST(html::find_date("2023-02-29") == "");
  BOOST_TEST(html::find_date("2024-02-29") == "2024-02-29");
}

BOOST_AUTO_TEST_SUITE_END()
