#include "parse/html/markdown_text.hpp"
#include "tests/parse/pages.hpp"

using namespace troupe;
using namespace troupe::test;

BOOST_AUTO_TEST_SUITE(markdown_lines)

BOOST_AUTO_TEST_CASE(emphasis) {
  BOOST_TEST(
      markdown_of("<p>a <b>b</b> <i>c</i> <strong>d</strong> <em>e</em> <del>f</del> <code>g</code></p>") ==
      "a **b** *c* **d** *e* ~~f~~ `g`");
  BOOST_TEST(markdown_of("<p><b><i>x</i></b></p>") == "***x***");
  BOOST_TEST(markdown_of("<p>a<b></b>b<i> </i></p>") == "ab");
}

BOOST_AUTO_TEST_CASE(white_space_at_the_edge_of_emphasis_goes_outside) {
  BOOST_TEST(markdown_of("<p>a <b>b </b>c</p>") == "a **b** c");
  BOOST_TEST(markdown_of("<p>a<b> b</b> c</p>") == "a **b** c");
  BOOST_TEST(markdown_of("<p>a<b> </b>c</p>") == "a c");
  BOOST_TEST(markdown_of("<p>a<a href=\"/x\"> b</a> c</p>") == "a [b](http://example.com/x) c");
}

BOOST_AUTO_TEST_CASE(code_spans_hold_backticks) {
  BOOST_TEST(markdown_of("<p><code>a`b</code></p>") == "``a`b``");
  BOOST_TEST(markdown_of("<p><code>`a</code></p>") == "`` `a ``");
  BOOST_TEST(markdown_of("<p><code>a*b_c[d]</code></p>") == "`a*b_c[d]`");
  BOOST_TEST(markdown_of("<p>x<code> </code>y</p>").find('`') == std::string::npos);
}

BOOST_AUTO_TEST_CASE(elements_inside_a_line_do_not_break_it) {
  for (const auto* name : {"span", "bdi", "bdo", "data", "nobr", "big", "ruby", "x-word", "u", "small",
                           "mark", "time", "abbr", "output"})
    BOOST_TEST(markdown_of("<p>one <" + std::string(name) + ">two</" + name + "> three</p>") ==
                   "one two three",
               name);
  BOOST_TEST(markdown_of("<p>long<wbr>word</p>") == "longword");
}

BOOST_AUTO_TEST_CASE(links_are_absolute) {
  const auto link = [](const std::string& href) {
    return markdown_of("<p><a href=\"" + href + "\">x</a></p>");
  };
  BOOST_TEST(link("https://a.example/b?c=d#e") == "[x](https://a.example/b?c=d#e)");
  BOOST_TEST(link("/root") == "[x](http://example.com/root)");
  BOOST_TEST(link("near") == "[x](http://example.com/dir/near)");
  BOOST_TEST(link("../up?q=1") == "[x](http://example.com/up?q=1)");
  BOOST_TEST(link("//other.example/x") == "[x](http://other.example/x)");
  BOOST_TEST(link("?q") == "[x](http://example.com/dir/page?q)");
  BOOST_TEST(link("mailto:a@b.example") == "[x](mailto:a@b.example)");
}

BOOST_AUTO_TEST_CASE(links_cannot_end_early) {
  BOOST_TEST(markdown_of("<a href=\"/a(b)c d\">x</a>") == "[x](http://example.com/a%28b%29c%20d)");
  BOOST_TEST(markdown_of("<a href=\"/a\">[x](y)</a>") == "[\\[x\\](y)](http://example.com/a)");
  BOOST_TEST(markdown_of("<a href=\"/a&quot; onclick=x&gt;\">x</a>") ==
             "[x](http://example.com/a%22%20onclick=x%3E)");
}

BOOST_AUTO_TEST_CASE(links_that_lead_nowhere_are_their_text) {
  for (const auto* href :
       {"javascript:alert(1)", "JavaScript:alert(1)", " javascript:x", "data:text/html,x", "", "vbscript:x"})
    BOOST_TEST(markdown_of("<p><a href=\"" + std::string(href) + "\">x</a></p>") == "x", href);
  BOOST_TEST(markdown_of("<p><a>x</a></p>") == "x");
  BOOST_TEST(markdown_of("<p>a<a href=\"/x\"></a>b</p>") == "ab");
}

BOOST_AUTO_TEST_CASE(links_without_a_base_stay_relative) {
  BOOST_TEST(markdown_of("<a href=\"/a\">x</a>", "") == "[x](/a)");
  BOOST_TEST(markdown_of("<a href=\"#part\">x</a>", "") == "x");
}

BOOST_AUTO_TEST_CASE(images_show_their_text_and_place) {
  BOOST_TEST(markdown_of("<img src=\"a.png\" alt=\"A [cat]\">") ==
             "![A \\[cat\\]](http://example.com/dir/a.png)");
  BOOST_TEST(markdown_of("<img src=\"data:image/gif;base64,AA\" data-src=\"/real.png\" alt=x>") ==
             "![x](http://example.com/real.png)");
  BOOST_TEST(markdown_of("<p>a<img src=\"data:image/gif;base64,AA\" alt=x>b</p>") == "ab");
  BOOST_TEST(markdown_of("<a href=\"/x\"><img src=\"/i.png\" alt=y></a>") ==
             "[![y](http://example.com/i.png)](http://example.com/x)");
}

BOOST_AUTO_TEST_CASE(a_caption_replaces_the_text_of_an_image) {
  const auto out = markdown_of(
      "<figure><img src=\"/a.png\" alt=\"same words\"><figcaption>same words</figcaption></figure>");
  BOOST_TEST(count_of(out, "same words") == 1u);
  BOOST_TEST(contains(out, "![](http://example.com/a.png)"));
}

BOOST_AUTO_TEST_SUITE_END()

// What was text on the page is text in the Markdown.
BOOST_AUTO_TEST_SUITE(markdown_escapes)

BOOST_AUTO_TEST_CASE(marks_inside_a_line_are_escaped) {
  BOOST_TEST(html::escape_markdown("*a* _b_ `c` [d](e) ~~f~~ \\g") ==
             "\\*a\\* \\_b\\_ \\`c\\` \\[d\\](e) \\~~f\\~~ \\\\g");
  BOOST_TEST(html::escape_markdown("&amp; &#38; &x y") == "\\&amp; \\&#38; &x y");
  BOOST_TEST(html::escape_markdown("<b> 1 < 2") == "\\<b> 1 < 2");
}

BOOST_AUTO_TEST_CASE(marks_that_mean_nothing_stay) {
  BOOST_TEST(html::escape_markdown("snake_case_name 2 * 3 a-b c#") == "snake_case_name 2 * 3 a-b c#");
}

BOOST_AUTO_TEST_CASE(escaped_markup_of_the_page_stays_text) {
  BOOST_TEST(markdown_of("<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>") == "\\<script>alert(1)\\</script>");
  BOOST_TEST(markdown_of("<p>&amp;lt;</p>") == "\\&lt;");
}

BOOST_AUTO_TEST_CASE(paragraphs_do_not_turn_into_other_blocks) {
  for (const auto& [text, expected] :
       std::initializer_list<std::pair<const char*, const char*>>{{"# no heading", "\\# no heading"},
                                                                  {"- no list", "\\- no list"},
                                                                  {"+ no list", "\\+ no list"},
                                                                  {"* no list", "\\* no list"},
                                                                  {"1. no list", "1\\. no list"},
                                                                  {"1986) no list", "1986\\) no list"},
                                                                  {"&gt; no quote", "\\> no quote"},
                                                                  {"&gt;no quote", "\\>no quote"},
                                                                  {"---", "\\---"},
                                                                  {"===", "\\==="}})
    BOOST_TEST(markdown_of("<p>" + std::string(text) + "</p>") == expected);
  BOOST_TEST(markdown_of("<p>* * *</p>").starts_with("\\*"));
}

BOOST_AUTO_TEST_CASE(ordinary_starts_of_paragraphs_stay) {
  for (const auto* text : {"-5 degrees", "1.5 litres", "+49 30", "1234567890. a", "a - b", "3 > 2"})
    BOOST_TEST(markdown_of("<p>" + std::string(text) + "</p>") == text);
}

BOOST_AUTO_TEST_CASE(a_line_below_does_not_make_a_heading) {
  BOOST_TEST(markdown_of("<p>a<br>---</p>") == "a\\\n\\---");
  for (const auto* line : {"--", "=", "=="})
    BOOST_TEST(markdown_of("<p>a<br>" + std::string(line) + "</p>") == "a\\\n\\" + std::string(line), line);
}

BOOST_AUTO_TEST_CASE(lines_do_not_make_a_table) {
  const auto out = markdown_of("<p>a | b<br>| --- | --- |<br>c | d</p>");
  BOOST_TEST(!contains(out, "\n| --- | --- |"));
}

BOOST_AUTO_TEST_CASE(an_exclamation_before_a_link_makes_no_image) {
  BOOST_TEST(markdown_of("<p>wow!<a href=\"/x\">y</a></p>") == "wow\\![y](http://example.com/x)");
}

BOOST_AUTO_TEST_CASE(items_do_not_turn_into_other_blocks) {
  BOOST_TEST(markdown_of("<ul><li>- a</li><li># b</li></ul>") == "- \\- a\n- \\# b");
}

BOOST_AUTO_TEST_SUITE_END()
