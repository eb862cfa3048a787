/// Documents of every format, made by hand, and containers that lie.
#include "parse/documents/archive.hpp"
#include "tests/parse/pages.hpp"
#include "tests/support/zip_writer.hpp"

using namespace troupe;
using namespace troupe::test;
using documents::archive;

namespace {

result<document> parse_bytes(const std::string& data, const std::string& name = "file") {
  return parse_document({.data = data, .url = name});
}

std::string markdown_of_bytes(const std::string& data, const std::string& name = "file") {
  const auto x = parse_bytes(data, name);
  return x ? x->markdown : "failed: " + std::string(info(x.error().code).name);
}

const std::string w = R"(<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"
  xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><w:body>)";

std::string run(const std::string& text, const std::string& properties = {}) {
  return "<w:r><w:rPr>" + properties + "</w:rPr><w:t xml:space=\"preserve\">" + text + "</w:t></w:r>";
}
std::string paragraph(const std::string& inside, const std::string& properties = {}) {
  return "<w:p><w:pPr>" + properties + "</w:pPr>" + inside + "</w:p>";
}

std::string word(const std::string& body, std::vector<zip_entry> more = {}) {
  more.push_back({"word/document.xml", w + body + "</w:body></w:document>"});
  more.push_back(
      {"_rels/.rels",
       R"(<Relationships><Relationship Id="1" Type="x/officeDocument" Target="word/document.xml"/></Relationships>)"});
  return make_zip(more);
}

std::string sheet(const std::string& rows) {
  return make_zip(
      {{"xl/workbook.xml",
        R"(<workbook xmlns:r="r"><sheets><sheet name="Numbers" r:id="r1"/></sheets></workbook>)"},
       {"xl/_rels/workbook.xml.rels",
        R"(<Relationships><Relationship Id="r1" Type="x/worksheet" Target="s.xml"/></Relationships>)"},
       {"xl/s.xml", "<worksheet><sheetData>" + rows + "</sheetData></worksheet>"}});
}

} // namespace

BOOST_AUTO_TEST_SUITE(document_formats)

BOOST_AUTO_TEST_CASE(word_headings_lists_marks_and_tables) {
  const zip_entry styles{
      "word/styles.xml",
      R"(<w:styles xmlns:w="w"><w:style w:type="paragraph" w:styleId="H"><w:name w:val="heading 2"/></w:style></w:styles>)"};
  const zip_entry numbering{
      "word/numbering.xml",
      R"(<w:numbering xmlns:w="w"><w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:numFmt w:val="decimal"/></w:lvl></w:abstractNum><w:num w:numId="5"><w:abstractNumId w:val="0"/></w:num></w:numbering>)"};
  const zip_entry relations{
      "word/_rels/document.xml.rels",
      R"(<Relationships><Relationship Id="s" Type="x/styles" Target="styles.xml"/><Relationship Id="n" Type="x/numbering" Target="numbering.xml"/><Relationship Id="l" Type="x/hyperlink" Target="https://example.org/a" TargetMode="External"/></Relationships>)"};
  const std::string item = R"(<w:numPr><w:ilvl w:val="0"/><w:numId w:val="5"/></w:numPr>)";
  const auto cell = [](const std::string& text) { return "<w:tc>" + paragraph(run(text)) + "</w:tc>"; };
  const auto text = markdown_of_bytes(word(
      paragraph(run("Chapter"), R"(<w:pStyle w:val="H"/>)") + paragraph(run("one ") + run("two", "<w:b/>")) +
          paragraph(run("first"), item) + paragraph(run("second"), item) +
          paragraph(R"(<w:hyperlink r:id="l">)" + run("link") + "</w:hyperlink>") + "<w:tbl><w:tr>" +
          cell("a") + cell("b") + "</w:tr><w:tr>" + cell("c") + cell("d|e") + "</w:tr></w:tbl>" +
          paragraph("<w:del>" + run("deleted") + "</w:del>" + run("kept")),
      {styles, numbering, relations}));
  BOOST_TEST(text == "## Chapter\n\none **two**\n\n1. first\n2. second\n\n[link](https://example.org/a)\n\n"
                     "| a | b |\n| --- | --- |\n| c | d\\|e |\n\nkept");
}

BOOST_AUTO_TEST_CASE(a_sheet_is_a_table_of_what_is_shown) {
  const auto text = markdown_of_bytes(sheet(
      R"(<row r="2"><c r="B2" t="inlineStr"><is><t>name</t></is></c><c r="D2"><v>0.1</v></c></row>)"
      R"(<row r="1048576"><c r="XFD1048576" t="b"><v>1</v></c><c r="B1048576"><v>12.300000000000001</v></c></row>)"));
  BOOST_TEST(text == "## Numbers\n\n| name | 0.1 |\n| --- | --- |\n| 12.3 |  |\n\nThe table goes on; the "
                     "rest was left out.");
}

BOOST_AUTO_TEST_CASE(open_documents) {
  const auto text = markdown_of_bytes(make_zip(
      {{"mimetype", "application/vnd.oasis.opendocument.text"},
       {"content.xml",
        R"(<office:document-content xmlns:office="o" xmlns:text="t" xmlns:xlink="x" xmlns:table="tb"><office:body><office:text><text:h text:outline-level="2">Title</text:h><text:p>a<text:s text:c="2"/>b <text:a xlink:href="https://example.org/">c</text:a></text:p><text:list><text:list-item><text:p>one</text:p></text:list-item></text:list></office:text></office:body></office:document-content>)"}}));
  BOOST_TEST(text == "## Title\n\na b [c](https://example.org/)\n\n- one");
}

BOOST_AUTO_TEST_CASE(a_book_is_its_spine) {
  const auto x = parse_bytes(make_zip(
      {{"META-INF/container.xml",
        R"(<container><rootfiles><rootfile full-path="b/c.opf"/></rootfiles></container>)"},
       {"b/c.opf",
        R"(<package><metadata><title>Book</title><creator>Someone</creator></metadata><manifest><item id="1" href="one.xhtml"/><item id="2" href="two.xhtml"/></manifest><spine><itemref idref="2"/><itemref idref="1"/></spine></package>)"},
       {"b/one.xhtml", "<html><body><h1>One</h1><p>text</p></body></html>"},
       {"b/two.xhtml", "<!DOCTYPE html><html><body><h1>Two</h1></body></html>"}}));
  BOOST_REQUIRE_MESSAGE(x, code_of(x));
  BOOST_TEST(x->title == "Book");
  BOOST_TEST(x->markdown == "# Two\n\n# One\n\ntext");
  BOOST_TEST(contains(x->metadata, "Someone"));
}

BOOST_AUTO_TEST_CASE(rich_text) {
  BOOST_TEST(
      markdown_of_bytes(
          "{\\rtf1\\ansi{\\fonttbl{\\f0 Times;}}\\f0 a {\\b bold} caf\\'e9 \\u8364?\\par second\\par}") ==
      "a **bold** caf\u00e9 \u20ac\n\nsecond");
  BOOST_TEST(markdown_of_bytes("{\\rtf1 {\\*\\unknown hidden}shown {\\i\\*\\cs1 slanted}}") ==
             "shown *slanted*");
  // Ends of lines mean nothing between a group's start and its first word; a brace that is text starts none.
  BOOST_TEST(markdown_of_bytes("{\\rtf1 a{\r\n\\*\\unknown hidden}b}") == "ab");
  BOOST_TEST(markdown_of_bytes("{\\rtf1 a\\{\\*\\unknown b}") == "a{b");
}

BOOST_AUTO_TEST_CASE(messages) {
  const auto x =
      parse_bytes("From: A <a@example.org>\r\nTo: b@example.org\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n"
                  "Date: Mon, 02 Jan 2023 10:00:00 +0100\r\nMIME-Version: 1.0\r\nContent-Type: "
                  "multipart/mixed; boundary=x\r\n\r\n"
                  "--x\r\nContent-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: "
                  "quoted-printable\r\n\r\nCaf=E9\r\n"
                  "--x\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; "
                  "filename=\"a.pdf\"\r\n\r\nbytes\r\n--x--\r\n");
  BOOST_REQUIRE_MESSAGE(x, code_of(x));
  BOOST_TEST(x->markdown == "# Gr\u00fc\u00dfe\n\nCaf\u00e9");
  BOOST_TEST(contains(x->metadata, "a.pdf (application/pdf, 5 bytes)"));
  BOOST_TEST(contains(x->metadata, "\"published\":\"2023-01-02\""));
}

BOOST_AUTO_TEST_CASE(separated_values_and_subtitles) {
  BOOST_TEST(markdown_of_bytes("a;b\n1;\"x;y\"\n", "t.csv") == "| a | b |\n| --- | --- |\n| 1 | x;y |");
  BOOST_TEST(markdown_of_bytes("WEBVTT\n\n00:01.000 --> 00:02.000\n<v Ann>Hello "
                               "<i>there</i>\n\n1\n00:00:03,500 --> 00:00:04,000\n&lt;b&gt;\n") ==
             "**00:00:01** Ann: Hello there\n\n**00:00:03** \\<b>");
}

BOOST_AUTO_TEST_CASE(what_no_honest_document_holds_is_refused) {
  const auto entity =
      "<!DOCTYPE x [<!ENTITY a \"b\">]>" + w + paragraph(run("&a;")) + "</w:body></w:document>";
  BOOST_TEST(markdown_of_bytes(make_zip({{"word/document.xml", entity}})) == "failed: unsafe_content");
  BOOST_TEST(markdown_of_bytes(make_zip({{"word/document.xml", "<w:document>"}})) == "failed: parse_failed");
  BOOST_TEST(markdown_of_bytes(make_zip({{"../word/document.xml", "x"}})) == "failed: unsafe_archive");
  BOOST_TEST(markdown_of_bytes(std::string("\xd0\xcf\x11\xe0", 4) +
                               std::string("E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e\0", 32)) ==
             "failed: encrypted");
  BOOST_TEST(markdown_of_bytes(std::string("\xd0\xcf\x11\xe0 an old document")) == "failed: no_converter");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(archives)

BOOST_AUTO_TEST_CASE(entries_are_read_by_name) {
  const auto data = make_zip({{"a.txt", "hello"}, {"b/c", ""}});
  auto a = archive::open(data);
  BOOST_REQUIRE(a.has_value());
  BOOST_TEST(a->read("a.txt").value() == "hello");
  BOOST_TEST(a->read("b/c").value().empty());
  BOOST_TEST(a->names().size() == 2u);
}

BOOST_AUTO_TEST_CASE(containers_that_lie) {
  const auto good = make_zip({{"a", "hello"}, {"b", "world"}});
  const auto code = [](const std::string& data, const char* name = "a") {
    auto a = archive::open(data);
    if (!a) return std::string(info(a.error().code).name);
    const auto read = a->read(name);
    return std::string(info(read ? errc::none : read.error().code).name);
  };
  BOOST_TEST(code(good) == "none");
  BOOST_TEST(code(good, "c") == "not_found");
  for (size_t cut = 0; cut < good.size(); ++cut)
    BOOST_TEST(code(good.substr(0, cut)) != "none");
  auto wrong = good;
  wrong[wrong.find("hello")] = 'j';
  BOOST_TEST(code(wrong) == "parse_failed");
  // The second entry's place is the first one's: they overlap.
  auto overlapping = good;
  const auto second = overlapping.rfind("PK\x01\x02");
  overlapping.replace(second + 42, 4, std::string(4, '\0'));
  BOOST_TEST(code(overlapping) == "unsafe_archive");
  auto bomb = good;
  const auto first = bomb.find("PK\x01\x02");
  bomb.replace(first + 24, 4, std::string("\xff\xff\xff\x7f", 4));
  BOOST_TEST(code(bomb) == "unsafe_archive");
  for (size_t i = 0; i < good.size(); ++i) {
    auto flipped = good;
    flipped[i] = static_cast<char>(flipped[i] ^ 0x55);
    BOOST_CHECK_NO_THROW(code(flipped));
  }
}

BOOST_AUTO_TEST_SUITE_END()
