#include "tests/parse/pages.hpp"

using namespace troupe;
using namespace troupe::test;

BOOST_AUTO_TEST_SUITE(markdown_blocks)

BOOST_AUTO_TEST_CASE(headings_of_every_rank) {
  BOOST_TEST(markdown_of("<h1>One</h1><h2>Two</h2><h6>Six</h6><p>text</p>") ==
             "# One\n\n## Two\n\n###### Six\n\ntext");
  BOOST_TEST(markdown_of("<h2>  a\n <b>b</b> </h2>") == "## a **b**");
  BOOST_TEST(markdown_of("<h2> </h2><p>x</p>") == "x");
}

BOOST_AUTO_TEST_CASE(a_break_in_a_heading_is_a_space) {
  BOOST_TEST(markdown_of("<h2>one<br>two</h2>") == "## one two");
}

BOOST_AUTO_TEST_CASE(a_heading_that_ends_in_number_signs_keeps_them) {
  BOOST_TEST(markdown_of("<h2>C#</h2>") == "## C#");
  BOOST_TEST(markdown_of("<h2>number #</h2>") == "## number \\#");
}

BOOST_AUTO_TEST_CASE(paragraphs_stand_apart) {
  BOOST_TEST(markdown_of("<p>a</p><p>b</p><div>c</div>d") == "a\n\nb\n\nc\n\nd");
  BOOST_TEST(markdown_of("<p>  many \n\t spaces&nbsp;&nbsp;become  one </p>") == "many spaces become one");
}

BOOST_AUTO_TEST_CASE(hard_breaks_are_kept_inside_and_dropped_at_the_ends) {
  BOOST_TEST(markdown_of("<p>a<br>b</p>") == "a\\\nb");
  BOOST_TEST(markdown_of("<p>a <br/> b</p>") == "a\\\nb");
  BOOST_TEST(markdown_of("<p><br>a</p>") == "a");
  BOOST_TEST(markdown_of("<p>a<br></p>") == "a");
  BOOST_TEST(markdown_of("<ul><li>a<br></li></ul>") == "- a");
}

BOOST_AUTO_TEST_CASE(rules) {
  BOOST_TEST(markdown_of("<p>a</p><hr><p>b</p>") == "a\n\n---\n\nb");
}

BOOST_AUTO_TEST_CASE(lists_are_tight) {
  BOOST_TEST(markdown_of("<ul><li>a</li><li>b</li><li>c</li></ul>") == "- a\n- b\n- c");
  BOOST_TEST(markdown_of("<p>x</p><ul><li>a</li></ul><p>y</p>") == "x\n\n- a\n\ny");
}

BOOST_AUTO_TEST_CASE(nested_lists_stand_below_their_item) {
  BOOST_TEST(markdown_of("<ul><li>a<ul><li>b<ul><li>c</li></ul></li></ul></li><li>d</li></ul>") ==
             "- a\n  - b\n    - c\n- d");
  BOOST_TEST(markdown_of("<ol><li>a<ul><li>b</li></ul></li><li>c<ol><li>d</li></ol></li></ol>") ==
             "1. a\n   - b\n2. c\n   1. d");
}

BOOST_AUTO_TEST_CASE(a_list_directly_in_a_list_belongs_to_the_item_before) {
  BOOST_TEST(markdown_of("<ul><li>a</li><ul><li>b</li></ul><li>c</li></ul>") == "- a\n  - b\n- c");
  BOOST_TEST(markdown_of("<ol><li>a</li><ul><li>b</li></ul><li>c</li></ol>") == "1. a\n   - b\n2. c");
}

BOOST_AUTO_TEST_CASE(ordered_lists_count_from_their_start) {
  BOOST_TEST(markdown_of("<ol><li>a</li><li>b</li></ol>") == "1. a\n2. b");
  BOOST_TEST(markdown_of("<ol start=9><li>a</li><li>b<p>more</p></li></ol>") == "9. a\n10. b\n\n    more");
  BOOST_TEST(markdown_of("<ol start=-3><li>a</li></ol>") == "1. a");
  BOOST_TEST(markdown_of("<ol start=99999999999><li>a</li></ol>") == "1. a");
  BOOST_TEST(markdown_of("<ol><li></li><li>a</li></ol>") == "1. a");
}

BOOST_AUTO_TEST_CASE(items_may_hold_blocks) {
  BOOST_TEST(markdown_of("<ul><li><p>a</p><p>b</p></li><li><pre>code\n  more</pre></li></ul>") ==
             "- a\n\n  b\n- ```\n  code\n    more\n  ```");
}

BOOST_AUTO_TEST_CASE(code_is_fenced_and_untouched) {
  BOOST_TEST(markdown_of("<pre>a *b* &lt;c&gt;\n  [d]_e_\n</pre>") == "```\na *b* <c>\n  [d]_e_\n```");
  BOOST_TEST(markdown_of("<pre>a\n\nb</pre>") == "```\na\n\nb\n```");
  BOOST_TEST(markdown_of("<pre>a<br>b</pre>") == "```\na\nb\n```");
}

BOOST_AUTO_TEST_CASE(code_names_its_language) {
  BOOST_TEST(markdown_of("<pre><code class=\"language-cpp hljs\">int x;</code></pre>") ==
             "```cpp\nint x;\n```");
  BOOST_TEST(markdown_of("<pre class=\"brush: js; gutter\">x</pre>") == "```js\nx\n```");
  BOOST_TEST(markdown_of("<div class=\"highlight-source-python\"><pre>x</pre></div>") == "```python\nx\n```");
  BOOST_TEST(markdown_of("<pre data-lang=\"go\">x</pre>") == "```go\nx\n```");
}

BOOST_AUTO_TEST_CASE(a_fence_is_longer_than_what_it_holds) {
  BOOST_TEST(markdown_of("<pre>```\nx\n````</pre>") == "`````\n```\nx\n````\n`````");
}

BOOST_AUTO_TEST_CASE(a_language_cannot_break_out_of_its_fence) {
  for (const auto* value : {"x\n# injected", "x`y", "a b"}) {
    const auto out = markdown_of("<pre data-lang=\"" + std::string(value) + "\">code</pre>");
    BOOST_TEST(!contains(out, "\n# "), value);
    BOOST_TEST(!contains(out.substr(3, out.find('\n') - 3), "`"), value);
  }
}

BOOST_AUTO_TEST_CASE(quotes_nest) {
  BOOST_TEST(
      markdown_of("<blockquote><p>a</p><blockquote><p>b</p></blockquote><p>c</p></blockquote><p>d</p>") ==
      "> a\n>\n> > b\n>\n> c\n\nd");
  BOOST_TEST(markdown_of("<blockquote><ul><li>a</li><li>b</li></ul></blockquote>") == "> - a\n> - b");
  BOOST_TEST(markdown_of("<p>a</p><blockquote> </blockquote><p>b</p>") == "a\n\nb");
}

BOOST_AUTO_TEST_CASE(definitions_show_their_terms) {
  BOOST_TEST(markdown_of("<dl><dt>Term</dt><dd>Meaning</dd></dl>") == "**Term**\n\nMeaning");
}

BOOST_AUTO_TEST_CASE(much_text_is_cut_near_its_limit) {
  const auto t = dom_of("<body>" + repeated("<p>some words here</p>", 10'000));
  const auto out = html::to_markdown(t->root(), {"", 1'000});
  BOOST_TEST(out.size() >= 1'000u);
  BOOST_TEST(out.size() < 1'200u);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(markdown_tables)

BOOST_AUTO_TEST_CASE(a_table_has_a_heading_and_rows) {
  BOOST_TEST(markdown_of("<table><thead><tr><th>a</th><th>b</th></tr></thead><tbody><tr><td>1</td><td>2</"
                         "td></tr></tbody></table>") == "| a | b |\n| --- | --- |\n| 1 | 2 |");
}

BOOST_AUTO_TEST_CASE(pipes_and_breaks_do_not_split_cells) {
  BOOST_TEST(markdown_of("<table><tr><th>a|b</th><th>c</th></tr><tr><td>1<br>2</td><td><code>x|y</code></"
                         "td></tr></table>") == "| a\\|b | c |\n| --- | --- |\n| 1 2 | `x\\|y` |");
}

BOOST_AUTO_TEST_CASE(rows_are_made_equally_long) {
  BOOST_TEST(markdown_of("<table><tr><th>a</th><th>b</th><th>c</th></tr><tr><td "
                         "colspan=2>1</td><td>2</td></tr><tr><td>3</td></tr></table>") ==
             "| a | b | c |\n| --- | --- | --- |\n| 1 |  | 2 |\n| 3 |  |  |");
}

BOOST_AUTO_TEST_CASE(absurd_spans_are_bounded) {
  const auto out = markdown_of(
      "<table><tr><td colspan=999>a</td><td>b</td></tr><tr><td colspan=-1>c</td><td>d</td></tr></table>");
  BOOST_TEST(count_of(out.substr(0, out.find('\n')), "|") <= 202u);
}

BOOST_AUTO_TEST_CASE(a_caption_stands_above) {
  BOOST_TEST(markdown_of("<table><caption>Prices</caption><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</"
                         "td></tr></table>") == "Prices\n\n| a | b |\n| --- | --- |\n| 1 | 2 |");
}

BOOST_AUTO_TEST_CASE(tables_that_lay_out_a_page_are_no_tables) {
  for (const auto* page :
       {"<table><tr><td>a</td></tr><tr><td>b</td></tr></table>",
        "<table><tr><td>a</td><td>b</td></tr></table>",
        "<table role=presentation><tr><td>a</td><td>x</td></tr><tr><td>b</td><td>y</td></tr></table>",
        "<table><tr><td><h2>a</h2></td><td>x</td></tr><tr><td>b</td><td>y</td></tr></table>"}) {
    const auto out = markdown_of(page);
    BOOST_TEST(!contains(out, "|"), page);
    BOOST_TEST(contains(out, "a"), page);
    BOOST_TEST(contains(out, "b"), page);
  }
}

BOOST_AUTO_TEST_SUITE_END()
