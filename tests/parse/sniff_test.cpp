#include "parse/sniff.hpp"
#include "tests/parse/pages.hpp"

using namespace troupe;

namespace {

std::string type_of(std::string_view data, std::string_view header = {}, std::string_view url = {}) {
  return sniff(data, header, url).name;
}

media_kind kind_of(std::string_view data, std::string_view header = {}, std::string_view url = {}) {
  return sniff(data, header, url).kind;
}

} // namespace

BOOST_AUTO_TEST_SUITE(sniffing)

BOOST_AUTO_TEST_CASE(pages_are_known_by_their_first_bytes) {
  for (const auto* page :
       {"<!DOCTYPE html><p>x", "<html>", "  \r\n\t<HTML lang=en>", "\xef\xbb\xbf<!doctype HTML>", "<head>",
        "<body>", "<!-- c --><html>", "<div class=x>y</div>", "<p>x</p>", "<h1>x</h1>", "<script>x</script>",
        "<?xml version=\"1.0\"?><!DOCTYPE html><html xmlns=\"x\">"})
    BOOST_TEST(type_of(page) == "text/html", page);
}

BOOST_AUTO_TEST_CASE(pages_that_claim_to_be_something_else_are_pages) {
  for (const auto* claim :
       {"application/pdf", "text/plain", "application/json", "application/octet-stream", "image/png"})
    BOOST_TEST((kind_of("<!doctype html><p>x", claim, "http://x/file.pdf") == media_kind::html), claim);
}

BOOST_AUTO_TEST_CASE(pages_in_utf16_are_pages) {
  std::string page = "\xff\xfe";
  for (const char c : std::string_view("<html><p>x"))
    page += {c, '\0'};
  BOOST_TEST((kind_of(page) == media_kind::html));
}

BOOST_AUTO_TEST_CASE(known_formats_are_named_whatever_they_claim) {
  for (const auto& [bytes, name] : std::initializer_list<std::pair<std::string, const char*>>{
           {"%PDF-1.7\n", "application/pdf"},
           {"PK\x03\x04rest", "application/zip"},
           {std::string("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x8\2\0\0\0", 29), "image/png"},
           {"\xff\xd8\xff\xe0", "image/jpeg"},
           {std::string("GIF89a\x01\0\x01\0\x80\0\0", 13), "image/gif"},
           {std::string("\x1f\x8b\x08\0\0\0\0\0", 8), "application/gzip"},
           {"\xd0\xcf\x11\xe0\xa1\xb1", "application/x-ole-storage"},
           {"{\\rtf1", "application/rtf"},
           {std::string("OggS\0\2\0\0\0\0\0\0\0\0\1\2\3\4\0\0\0\0\1\2\3\4\1\x1e\1vorbis", 36), "audio/ogg"},
           {std::string("RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0", 24), "audio/x-wav"},
           {std::string("\xff\xfb\x90\x64\0\x0f\xf0\0\0", 9), "audio/mpeg"},           {std::string("\0\0\0\x18"
                        "ftypmp42....",
                        16),
            "video/mp4"}}) {
    BOOST_TEST(type_of(bytes, "text/html", "http://x/index.html") == name);
    BOOST_TEST((kind_of(bytes, "text/html") == kind_of(bytes)), name);
  }
}

BOOST_AUTO_TEST_CASE(bytes_that_are_no_text_are_binary) {
  std::string noise;
  for (int i = 0; i < 1'000; ++i)
    noise += static_cast<char>(i * 37 % 256);
  BOOST_TEST(type_of(noise, "text/plain") == "application/octet-stream");
  BOOST_TEST(type_of(std::string(100, '\0')) == "application/octet-stream");
}

BOOST_AUTO_TEST_CASE(texts_that_begin_like_a_format_are_texts) {
  BOOST_TEST((kind_of("MZ motorcycles were built in Zschopau, and many still run today.", "text/plain") ==
              media_kind::text));
}

BOOST_AUTO_TEST_CASE(kinds_of_text_are_told_by_header_and_name) {
  BOOST_TEST(type_of("{\"a\": 1}", "application/json") == "application/json");
  BOOST_TEST(type_of("{\"a\": 1}", "application/ld+json; charset=utf-8") == "application/json");
  BOOST_TEST(type_of("{\"a\": 1}", "text/plain", "http://x/a.json?v=1") == "application/json");
  BOOST_TEST(type_of("{\"a\": 1}", "text/plain") == "text/plain");
  BOOST_TEST(type_of("<?xml version=\"1.0\"?><rss/>") == "application/xml");
  BOOST_TEST(type_of("<rss/>", "application/rss+xml") == "application/xml");
  BOOST_TEST(type_of("# Title", "text/markdown") == "text/markdown");
  BOOST_TEST(type_of("# Title", "text/plain", "http://x/README.md#top") == "text/markdown");
  BOOST_TEST(type_of("just text", "text/html") == "text/html");
  BOOST_TEST(type_of("just text") == "text/plain");
  BOOST_TEST(type_of("") == "text/plain");
}

BOOST_AUTO_TEST_CASE(text_that_is_not_utf8_is_text) {
  BOOST_TEST(type_of("caf\xe9 au lait, tr\xe8s bon") == "text/plain");
  BOOST_TEST(type_of("\x93\xfa\x96\x7b\x8c\xea") == "text/plain");
}

BOOST_AUTO_TEST_SUITE_END()
