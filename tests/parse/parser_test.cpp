#include "tests/parse/pages.hpp"

#include "parse/text/charset.hpp"

#include <nlohmann/json.hpp>

using namespace troupe;
using namespace troupe::test;

namespace {

const std::string article =
    "<html lang=en><head><title>The title</title></head><body><article><h1>Heading</h1><p>" + prose(1) +
    "</p><p>" + prose(2) + "</p></article></body></html>";

} // namespace

BOOST_AUTO_TEST_SUITE(documents)

BOOST_AUTO_TEST_CASE(a_page_becomes_a_document) {
  const auto d = parsed(article);
  BOOST_TEST(d.markdown == "# Heading\n\n" + prose(1) + "\n\n" + prose(2));
  BOOST_TEST(d.title == "Heading");
  BOOST_TEST(d.content_type == "text/html");
  BOOST_TEST(d.extraction_method == "html/article");
  BOOST_TEST(nlohmann::json::parse(d.metadata)["language"].get<std::string>() == "en");
}

BOOST_AUTO_TEST_CASE(the_type_is_judged_by_the_bytes) {
  for (const auto* claim : {"application/pdf", "application/octet-stream", ""}) {
    const auto d = parsed(article, claim, "http://example.com/paper.pdf");
    BOOST_TEST(d.content_type == "text/html");
    BOOST_TEST(contains(d.markdown, prose(2)));
  }
}

BOOST_AUTO_TEST_CASE(links_are_absolute_against_the_page) {
  BOOST_TEST(contains(parsed("<p>Some words and <a href=\"../x\">a link</a> to follow</p>").markdown,
                      "[a link](http://example.com/x)"));
}

BOOST_AUTO_TEST_CASE(pages_in_legacy_charsets_become_utf8) {
  const auto d = parsed("<p>caf\xe9 au lait \x96 tr\xe8s bon</p>", "text/html; charset=iso-8859-1");
  BOOST_TEST(d.markdown == "caf\xc3\xa9 au lait \xe2\x80\x93 tr\xc3\xa8s bon");
}

BOOST_AUTO_TEST_CASE(pages_in_utf16_become_utf8) {
  std::string page = "\xff\xfe";
  for (const char c : std::string_view("<html><body><p>Hello there</p></body></html>"))
    page += {c, '\0'};
  BOOST_TEST(parsed(page).markdown == "Hello there");
}

BOOST_AUTO_TEST_CASE(content_without_text_is_empty) {
  for (const auto* data :
       {"", " \n ", "<html></html>", "<html><body><script>var x = 1;</script></body></html>", "<p>&nbsp;</p>",
        "<!-- only a comment -->", "<nav><a href=/>Home</a></nav>", "..."})
    BOOST_TEST(code_of(parse_page(data)) == "empty_content", data);
  BOOST_TEST(code_of(parse_page("\n\n", "text/plain")) == "empty_content");
}

BOOST_AUTO_TEST_CASE(types_without_a_parser_are_refused_by_name) {
  for (const auto& [data, name] : std::initializer_list<std::pair<std::string, const char*>>{
           {std::string("\x1f\x8b\x08\0\0\0\0\0", 8), "application/gzip"},
           {std::string("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x8\2\0\0\0", 29), "image/png"}}) {
    const auto x = parse_page(data, "text/html");
    BOOST_REQUIRE(!x);
    BOOST_TEST(code_of(x) == "unsupported_type");
    BOOST_TEST(contains(x.error().message, name), x.error().message);
  }
}

BOOST_AUTO_TEST_CASE(json_is_shown_as_code) {
  const auto d = parsed(R"({"b": [1, 2], "a": "x"})", "application/json", "http://example.com/data.json?x");
  BOOST_TEST(d.markdown == "```json\n{\n  \"b\": [\n    1,\n    2\n  ],\n  \"a\": \"x\"\n}\n```");
  BOOST_TEST(d.title == "data.json");
  BOOST_TEST(d.extraction_method == "json");
  BOOST_TEST(d.content_type == "application/json");
}

BOOST_AUTO_TEST_CASE(json_that_is_none_fails) {
  BOOST_TEST(code_of(parse_page("{\"a\": }", "application/json")) == "parse_failed");
}

BOOST_AUTO_TEST_CASE(json_of_any_depth_is_shown) {
  const auto deep = repeated("[", 100'000) + "1" + repeated("]", 100'000);
  BOOST_TEST(contains(parsed(deep, "application/json").markdown, "[1]"));
}

BOOST_AUTO_TEST_CASE(code_in_json_cannot_leave_its_fence) {
  const auto d = parsed(R"({"a": "````"})", "application/json");
  BOOST_TEST(d.markdown.starts_with("`````json\n"));
  BOOST_TEST(d.markdown.ends_with("\n`````"));
}

BOOST_AUTO_TEST_CASE(xml_is_shown_as_code) {
  const auto d = parsed("<?xml version=\"1.0\"?>\n<feed><title>x</title></feed>\n", "application/atom+xml",
                        "http://example.com/feed/");
  BOOST_TEST(d.markdown == "```xml\n<?xml version=\"1.0\"?>\n<feed><title>x</title></feed>\n```");
  BOOST_TEST(d.title == "feed");
  BOOST_TEST(d.extraction_method == "xml");
}

BOOST_AUTO_TEST_CASE(entities_of_xml_are_not_followed) {
  const auto d =
      parsed("<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><x>&e; text</x>",
             "application/xml");
  BOOST_TEST(contains(d.markdown, "&e;"));
  BOOST_TEST(!contains(d.markdown, "root:"));
}

BOOST_AUTO_TEST_CASE(text_is_kept_as_it_is) {
  const auto d = parsed("First line\r\nsecond *line*\r\n", "text/plain");
  BOOST_TEST(d.markdown == "First line\nsecond *line*\n");
  BOOST_TEST(d.title == "First line");
  BOOST_TEST(d.extraction_method == "text");
  BOOST_TEST(d.content_type == "text/plain");
}

BOOST_AUTO_TEST_CASE(markdown_passes_through) {
  const std::string text = "# Title\n\n- a\n- b\n\n```\n<code>\n```\n";
  const auto d = parsed(text, "text/markdown");
  BOOST_TEST(d.markdown == text);
  BOOST_TEST(d.title == "Title");
  BOOST_TEST(d.extraction_method == "markdown");
  BOOST_TEST(parsed(text, "text/plain", "http://example.com/README.md").extraction_method == "markdown");
}

BOOST_AUTO_TEST_CASE(a_document_that_grows_too_long_fails) {
  const auto text = repeated("word ", 1'000);
  BOOST_TEST(code_of(parse_document(
                 {.data = text, .content_type = "text/plain", .limits = {.max_markdown_bytes = 100}})) ==
             "too_large");
  BOOST_TEST(code_of(parse_document(
                 {.data = text, .content_type = "text/plain", .limits = {.max_markdown_bytes = 5'000}})) ==
             "none");
}

BOOST_AUTO_TEST_CASE(what_comes_out_is_always_utf8) {
  std::string noise = "<p>text ";
  for (int i = 0; i < 256; ++i)
    noise += static_cast<char>(i < 32 ? 'x' : i);
  for (const auto* type : {"text/html", "text/html; charset=utf-8", "text/html; charset=shift_jis",
                           "text/plain; charset=utf-8"}) {
    const auto d = parsed(noise, type);
    BOOST_TEST(is_valid_utf8(d.markdown), type);
    BOOST_TEST(is_valid_utf8(d.title), type);
  }
}

BOOST_AUTO_TEST_CASE(the_same_bytes_give_the_same_document) {
  const auto once = parsed(article);
  const auto again = parsed(article);
  BOOST_TEST(once.markdown == again.markdown);
  BOOST_TEST(once.metadata == again.metadata);
}

BOOST_AUTO_TEST_SUITE_END()
