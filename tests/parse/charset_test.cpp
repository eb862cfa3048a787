#include "parse/text/charset.hpp"
#include "tests/parse/pages.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

const std::string cafe = "caf\xc3\xa9";

std::string decoded(std::string_view data, std::string_view content_type = {}, bool html = true) {
  return to_utf8(data, detect_charset(data, content_type, html));
}

/// Cyrillic text as windows-1251.
std::string windows_1251(std::string_view utf8) {
  std::string out;
  for (size_t i = 0; i < utf8.size(); ++i) {
    const auto lead = static_cast<uint8_t>(utf8[i]);
    if (lead < 0x80) {
      out += utf8[i];
      continue;
    }
    const unsigned letter = (lead & 0x1fu) << 6 | (static_cast<uint8_t>(utf8[++i]) & 0x3fu);
    out += static_cast<char>(letter - 0x410 + 0xc0);
  }
  return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(charsets)

BOOST_AUTO_TEST_CASE(a_byte_order_mark_beats_everything) {
  BOOST_TEST(decoded("\xef\xbb\xbf" + cafe, "text/html; charset=windows-1251") == cafe);
  BOOST_TEST(decoded(std::string_view("\xff\xfe"
                                      "c\0a\0f\0\xe9\0",
                                      10),
                     "text/html; charset=utf-8") == cafe);
  BOOST_TEST(decoded(std::string_view("\xfe\xff\0c\0a\0f\0\xe9", 10)) == cafe);
}

BOOST_AUTO_TEST_CASE(the_header_beats_the_document) {
  const auto page = "<meta charset=\"windows-1251\">\xcf\xf0\xe8";
  BOOST_TEST(contains(decoded(page, "text/html; charset=koi8-r"), "\xd0\xbe\xd0\x9f\xd0\xa6") ==
             contains(to_utf8(page, "koi8-r"), "\xd0\xbe\xd0\x9f\xd0\xa6"));
  BOOST_TEST(detect_charset(page, "text/html; charset=koi8-r", true) == "koi8-r");
  BOOST_TEST(detect_charset(page, "text/html; Charset = \"KOI8-R\" ; x=y", true) == "koi8-r");
  BOOST_TEST(detect_charset(page, "text/html", true) == "windows-1251");
}

BOOST_AUTO_TEST_CASE(a_document_may_say_its_charset) {
  BOOST_TEST(detect_charset("<html><meta charset=koi8-r>\xf0", "", true) == "koi8-r");
  BOOST_TEST(detect_charset("<META http-equiv='Content-Type' content='text/html; charset=KOI8-R'>\xf0", "",
                            true) == "koi8-r");
  BOOST_TEST(detect_charset("<?xml version=\"1.0\" encoding=\"koi8-r\"?><a>\xf0</a>", "", true) == "koi8-r");
  BOOST_TEST(detect_charset("<meta name=\"x\" content=\"the charset of it\"><meta charset=koi8-r>\xf0", "",
                            true) == "koi8-r");
}

BOOST_AUTO_TEST_CASE(a_plain_text_says_nothing_about_its_charset) {
  BOOST_TEST(detect_charset("<meta charset=koi8-r> is how pages say it: caf\xc3\xa9", "text/plain", false) ==
             "utf-8");
}

BOOST_AUTO_TEST_CASE(a_charset_that_does_not_exist_is_passed_over) {
  BOOST_TEST(decoded(cafe, "text/html; charset=nonsense") == cafe);
  BOOST_TEST(decoded("<meta charset=nonsense>" + cafe) == "<meta charset=nonsense>" + cafe);
  BOOST_TEST(to_utf8("caf\xe9", "nonsense") == cafe);
}

BOOST_AUTO_TEST_CASE(utf8_is_seen_without_a_word) {
  BOOST_TEST(detect_charset(cafe, "", false) == "utf-8");
  BOOST_TEST(detect_charset("plain", "", false) == "utf-8");
  BOOST_TEST(detect_charset("", "", false) == "utf-8");
}

BOOST_AUTO_TEST_CASE(utf8_that_claims_to_be_latin1_is_utf8) {
  BOOST_TEST(decoded(cafe, "text/html; charset=iso-8859-1") == cafe);
}

BOOST_AUTO_TEST_CASE(a_document_that_claims_utf16_in_ascii_is_not_utf16) {
  BOOST_TEST(decoded("<meta charset=utf-16>" + cafe) == "<meta charset=utf-16>" + cafe);
}

BOOST_AUTO_TEST_CASE(latin1_is_windows_1252) {
  const std::string_view bytes = "caf\xe9 \x93quoted\x94 \x80";
  const std::string expected = cafe + " \xe2\x80\x9cquoted\xe2\x80\x9d \xe2\x82\xac";
  BOOST_TEST(to_utf8(bytes, "windows-1252") == expected);
  BOOST_TEST(decoded(bytes, "text/html; charset=ISO-8859-1") == expected);
  BOOST_TEST(decoded(bytes, "text/html; charset=us-ascii") == expected);
}

BOOST_AUTO_TEST_CASE(legacy_charsets_are_decoded) {
  BOOST_TEST(decoded("\x93\xfa\x96\x7b\x8c\xea", "text/html; charset=Shift_JIS") ==
             "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e");
  BOOST_TEST(decoded("\xc6\xfc\xcb\xdc\xb8\xec", "text/html; charset=EUC-JP") ==
             "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e");
  BOOST_TEST(decoded("\xd6\xd0\xce\xc4", "text/html; charset=gb18030") == "\xe4\xb8\xad\xe6\x96\x87");
  BOOST_TEST(decoded("\xd6\xd0\xce\xc4", "text/html; charset=gb2312") == "\xe4\xb8\xad\xe6\x96\x87");
  BOOST_TEST(decoded(std::string_view("\x81\x30\x84\x36", 4), "text/html; charset=gbk") == "\xc2\xa5");
  BOOST_TEST(decoded("\xf0\xd2\xc9\xd7\xc5\xd4", "text/html; charset=KOI8-R") ==
             "\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82");
  BOOST_TEST(decoded("\xcf\xf0\xe8\xe2\xe5\xf2", "text/html; charset=windows-1251") ==
             "\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82");
  BOOST_TEST(decoded("\xa4\xa4\xa4\xe5", "text/html; charset=big5") == "\xe4\xb8\xad\xe6\x96\x87");
  BOOST_TEST(decoded("\xc7\xd1\xb1\xdb", "text/html; charset=euc-kr") == "\xed\x95\x9c\xea\xb8\x80");
}

BOOST_AUTO_TEST_CASE(johab_is_told_by_its_syllables) {
  // "Korean in the old encoding" over and over: proper syllables, which no other encoding makes of these bytes.
  const std::string_view syllables = "\xd0\x65\x8b\x69";
  std::string text;
  for (int i = 0; i < 5; ++i)
    text.append(syllables).append(" ");
  const auto utf8 = decoded(text, "");
  BOOST_TEST(contains(utf8, "\xed\x95\x9c\xea\xb8\x80 \xed\x95\x9c\xea\xb8\x80"), utf8);
  // Too few to be sure; and bytes that make no syllables.
  BOOST_TEST(detect_charset(syllables, "", false) != "johab");
  BOOST_TEST(detect_charset("\xd6\xd0\xce\xc4\xd6\xd0\xce\xc4\xd6\xd0\xce\xc4\xd6\xd0\xce\xc4\xd6\xd0\xce\xc4", "", false) !=
             "johab");
}

BOOST_AUTO_TEST_CASE(statistics_tell_an_unnamed_charset) {
  const std::string_view text =
      "\xd0\x92 \xd0\xbb\xd0\xb5\xd1\x81\xd1\x83 \xd1\x80\xd0\xbe\xd0\xb4\xd0\xb8\xd0\xbb\xd0\xb0"
      "\xd1\x81\xd1\x8c \xd0\xbb\xd0\xbe\xd1\x87\xd0\xba\xd0\xb0, "
      "\xd0\xb2 \xd0\xbb\xd0\xb5\xd1\x81\xd1\x83 \xd0\xbe\xd0\xbd\xd0\xb0 \xd1\x80\xd0\xbe\xd1\x81"
      "\xd0\xbb\xd0\xb0. ";
  const auto utf8 = repeated(text, 20);
  BOOST_TEST(decoded(windows_1251(utf8), "text/html") == utf8);
}

BOOST_AUTO_TEST_CASE(bytes_that_cannot_be_decoded_are_replaced) {
  BOOST_TEST(to_utf8("a\xff"
                     "b",
                     "utf-8") == "a\xef\xbf\xbd"
                                 "b");
  BOOST_TEST(is_valid_utf8(to_utf8("\xc3(\xe2\x82\xf0\x9f\x98", "utf-8")));
  BOOST_TEST(is_valid_utf8(to_utf8("\x93\xfa\x96", "ibm-943_P15A-2003")));
  BOOST_TEST(is_valid_utf8(to_utf8(std::string_view("\xff\xfe\x00\xd8", 4), "utf-16le")));
  std::string all;
  for (int i = 0; i < 256; ++i)
    all += static_cast<char>(i);
  for (const auto* charset : {"utf-8", "windows-1252", "gb18030", "ibm-943_P15A-2003", "utf-16be", "euc-jp"})
    BOOST_TEST(is_valid_utf8(to_utf8(all, charset)), charset);
}

BOOST_AUTO_TEST_CASE(utf8_is_checked_strictly) {
  for (const auto* good : {"", "a", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xef\xbf\xbf",
                           "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"})
    BOOST_TEST(is_valid_utf8(good));
  for (const auto* bad : {"\x80", "\xc0\x80", "\xc1\xbf", "\xc3", "\xe0\x9f\xbf", "\xe2\x82", "\xed\xa0\x80",
                          "\xed\xbf\xbf", "\xf0\x8f\xbf\xbf", "\xf0\x9f\x98", "\xf4\x90\x80\x80",
                          "\xf5\x80\x80\x80", "\xff", "a\xc3(", "\xc3\xa9\xa9"})
    BOOST_TEST(!is_valid_utf8(bad));
}

BOOST_AUTO_TEST_SUITE_END()
