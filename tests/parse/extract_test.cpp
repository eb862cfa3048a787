#include "tests/parse/pages.hpp"

#include "parse/html/boilerplate.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

std::string paragraphs(size_t from, size_t to) {
  std::string out;
  for (size_t i = from; i < to; ++i)
    out += "<p>" + prose(i) + "</p>\n";
  return out;
}

std::string in_body(const std::string& inside) {
  return "<html><head><title>t</title></head><body>" + inside + "</body></html>";
}

std::string links(size_t count) {
  std::string out;
  for (size_t i = 0; i < count; ++i)
    out += "<li><a href=\"/x" + std::to_string(i) + "\">Linked headline " + std::to_string(i) + "</a></li>";
  return "<ul>" + out + "</ul>";
}

std::string method_of(const std::string& page) {
  const auto t = dom_of(page);
  return std::string(html::extract(*t).method);
}

} // namespace

BOOST_AUTO_TEST_SUITE(extraction)

BOOST_AUTO_TEST_CASE(the_article_is_chosen_over_what_surrounds_it) {
  const auto page =
      in_body("<header><p>Site slogan</p></header><nav>" + links(20) + "</nav><article><h1>Title</h1>" +
              paragraphs(1, 6) +
              "</article><aside><p>Related things</p></aside><footer><p>Copyright notice</p></footer>");
  const auto out = content_of(page);
  BOOST_TEST(method_of(page) == "article");
  BOOST_TEST(out.starts_with("# Title"));
  for (size_t i = 1; i < 6; ++i)
    BOOST_TEST(contains(out, prose(i)));
  for (const auto* word : {"Site slogan", "Linked headline", "Related things", "Copyright notice"})
    BOOST_TEST(!contains(out, word), word);
}

BOOST_AUTO_TEST_CASE(elements_that_say_they_are_the_content_are_believed) {
  for (const auto* open : {"<main>", "<div role=main>", "<div class=\"post entry-content\">",
                           "<div itemprop=articleBody>", "<div id=main-content>"}) {
    const std::string element{open};
    const auto close = "</" + element.substr(1, element.find_first_of(" >") - 1) + ">";
    const auto page = in_body("<div><p>" + prose(90, 60) + "</p></div>" + element + paragraphs(1, 6) + close);
    BOOST_TEST(method_of(page) == "article", open);
    BOOST_TEST(contains(content_of(page), prose(5)), open);
  }
}

BOOST_AUTO_TEST_CASE(paragraphs_side_by_side_are_found_without_names) {
  const auto page = in_body("<div><div>" + links(10) + "</div><div>" + paragraphs(1, 8) +
                            "</div></div><div><p>short</p></div>");
  BOOST_TEST(method_of(page) == "paragraphs");
  const auto out = content_of(page);
  for (size_t i = 1; i < 8; ++i)
    BOOST_TEST(contains(out, prose(i)));
  BOOST_TEST(!contains(out, "Linked headline"));
}

BOOST_AUTO_TEST_CASE(a_page_without_prose_is_its_body) {
  const auto page = in_body("<p>Just a line.</p>");
  BOOST_TEST(method_of(page) == "body");
  BOOST_TEST(content_of(page) == "Just a line.");
}

BOOST_AUTO_TEST_CASE(a_page_without_a_body_has_content_too) {
  BOOST_TEST(content_of("Hello there") == "Hello there");
  BOOST_TEST(content_of("<p>Hello there") == "Hello there");
}

BOOST_AUTO_TEST_CASE(what_is_hidden_is_not_content) {
  for (const auto* how :
       {"hidden", "aria-hidden=true", "style=\"display: none\"", "style=\"color:red;VISIBILITY : hidden\""}) {
    const auto out =
        content_of(in_body("<article>" + paragraphs(1, 5) + "<p " + how + ">not shown</p></article>"));
    BOOST_TEST(!contains(out, "not shown"), how);
    BOOST_TEST(contains(out, prose(4)), how);
  }
}

BOOST_AUTO_TEST_CASE(a_page_that_is_hidden_until_a_script_runs_is_shown) {
  BOOST_TEST(
      contains(content_of(in_body("<div style=\"display:none\">" + paragraphs(1, 5) + "</div>")), prose(3)));
}

BOOST_AUTO_TEST_CASE(boilerplate_is_known_by_its_names) {
  for (const auto* name : {"sidebar", "social-share", "newsletter-signup", "cookieConsent", "related posts",
                           "breadcrumbs", "ad"}) {
    const auto out = content_of(in_body("<article>" + paragraphs(1, 5) + "<div class=\"" + name +
                                        "\">Unwanted words</div></article>"));
    BOOST_TEST(!contains(out, "Unwanted words"), name);
  }
}

BOOST_AUTO_TEST_CASE(names_that_only_look_like_boilerplate_are_content) {
  for (const auto* name : {"shadow", "headline", "download", "adobe"}) {
    const auto out = content_of(
        in_body("<article>" + paragraphs(1, 5) + "<div class=\"" + name + "\">Wanted words</div></article>"));
    BOOST_TEST(contains(out, "Wanted words"), name);
  }
}

BOOST_AUTO_TEST_CASE(an_element_with_most_of_the_text_stays_whatever_its_name) {
  BOOST_TEST(
      contains(content_of(in_body("<div class=\"sidebar\">" + paragraphs(1, 6) + "</div>")), prose(5)));
  BOOST_TEST(contains(content_of(in_body("<footer>" + paragraphs(1, 6) + "</footer>")), prose(5)));
}

BOOST_AUTO_TEST_CASE(comments_of_readers_are_left_out) {
  const auto out = content_of(
      in_body("<article>" + paragraphs(1, 6) + "</article><div id=comments><p>First! Great text.</p></div>"));
  BOOST_TEST(!contains(out, "First!"));
}

BOOST_AUTO_TEST_CASE(lists_of_links_inside_the_content_are_pruned) {
  const auto out = content_of(
      in_body("<article>" + paragraphs(1, 6) + "<div><h3>More</h3>" + links(8) + "</div></article>"));
  BOOST_TEST(!contains(out, "Linked headline"));
  BOOST_TEST(!contains(out, "More"));
  BOOST_TEST(contains(out, prose(5)));
}

BOOST_AUTO_TEST_CASE(lists_of_prose_stay) {
  std::string items;
  for (size_t i = 20; i < 24; ++i)
    items += "<li>" + prose(i, 120) + " <a href=/x>source</a></li>";
  const auto out = content_of(in_body("<article>" + paragraphs(1, 5) + "<ul>" + items + "</ul></article>"));
  for (size_t i = 20; i < 24; ++i)
    BOOST_TEST(contains(out, prose(i, 120)));
}

BOOST_AUTO_TEST_CASE(headings_with_nothing_below_are_dropped) {
  const auto out =
      content_of(in_body("<article><h1>Title</h1>" + paragraphs(1, 5) + "<h2>Empty</h2><h2>Full</h2><p>" +
                         prose(9) + "</p><h2>Last</h2></article>"));
  BOOST_TEST(contains(out, "# Title"));
  BOOST_TEST(contains(out, "## Full"));
  BOOST_TEST(!contains(out, "Empty"));
  BOOST_TEST(!contains(out, "Last"));
}

BOOST_AUTO_TEST_CASE(figures_and_tables_of_the_content_stay) {
  const auto out =
      content_of(in_body("<article>" + paragraphs(1, 4) +
                         "<figure><img src=/a.png><figcaption>A caption</figcaption></figure>"
                         "<table><tr><th>k</th><th>v</th></tr><tr><td>one</td><td>1</td></tr></table>" +
                         paragraphs(4, 6) + "</article>"));
  BOOST_TEST(contains(out, "](/a.png)"));
  BOOST_TEST(contains(out, "A caption"));
  BOOST_TEST(contains(out, "| one | 1 |"));
}

BOOST_AUTO_TEST_CASE(the_same_page_gives_the_same_content) {
  const auto page = in_body("<div>" + paragraphs(1, 4) + "</div><div>" + paragraphs(4, 7) + "</div><div>" +
                            paragraphs(7, 10) + "</div>");
  const auto once = content_of(page);
  for (int i = 0; i < 5; ++i)
    BOOST_TEST(content_of(page) == once);
}

BOOST_AUTO_TEST_SUITE_END()
