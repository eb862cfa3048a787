#include "parse/wire.hpp"
#include "tests/parse/pages.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

struct frame {
  std::string header;
  std::string body;
};

frame taken_apart(const std::string& bytes) {
  BOOST_REQUIRE(bytes.size() >= wire::prefix_size);
  const auto sizes = wire::read_prefix(bytes.data());
  BOOST_REQUIRE(bytes.size() >= wire::prefix_size + sizes.header);
  return {bytes.substr(wire::prefix_size, sizes.header), bytes.substr(wire::prefix_size + sizes.header)};
}

result<document> round_trip(const result<document>& outcome) {
  const auto bytes = wire::answer(outcome);
  const auto f = taken_apart(bytes);
  BOOST_TEST(wire::read_prefix(bytes.data()).body == f.body.size());
  return wire::read_answer(f.header, f.body);
}

} // namespace

BOOST_AUTO_TEST_SUITE(frames)

BOOST_AUTO_TEST_CASE(a_prefix_is_little_endian) {
  const char bytes[] = "\x01\x02\x00\x00\x04\x03\x02\x01\x00\x00\x00\x80";
  const auto sizes = wire::read_prefix(bytes);
  BOOST_TEST(sizes.header == 0x0201u);
  BOOST_TEST(sizes.body == 0x8000000001020304u);
}

BOOST_AUTO_TEST_CASE(requests_round_trip) {
  parse_order order;
  order.url = "http://example.com/\"quoted\"\n\xff";
  order.content_type = "text/html; charset=\"x\"";
  const auto bytes = wire::request_head(order, 123'456'789'012, 16u << 20);
  BOOST_TEST(wire::read_prefix(bytes.data()).body == 123'456'789'012u);
  wire::request r;
  BOOST_REQUIRE(wire::read_request(taken_apart(bytes).header, r));
  BOOST_TEST(r.url.starts_with("http://example.com/\"quoted\"\n"));
  BOOST_TEST(r.content_type == order.content_type);
  BOOST_TEST(r.max_markdown == 16u << 20);
}

BOOST_AUTO_TEST_CASE(documents_round_trip) {
  const document d{"# Markdown\n\xc3\xa9", "A \"title\"", "text/html", "html/article",
                   "{\"authors\":[\"x\"]}"};
  const auto back = round_trip(d);
  BOOST_REQUIRE(back);
  BOOST_TEST(back->markdown == d.markdown);
  BOOST_TEST(back->title == d.title);
  BOOST_TEST(back->content_type == d.content_type);
  BOOST_TEST(back->extraction_method == d.extraction_method);
  BOOST_TEST(back->metadata == d.metadata);
}

BOOST_AUTO_TEST_CASE(bodies_pass_untouched) {
  document d;
  for (int i = 0; i < 256; ++i)
    d.markdown += static_cast<char>(i);
  const auto back = round_trip(d);
  BOOST_REQUIRE(back);
  BOOST_TEST(back->markdown == d.markdown);
}

BOOST_AUTO_TEST_CASE(failures_round_trip) {
  for (const auto code : {errc::unsupported_type, errc::empty_content, errc::parse_failed, errc::parse_memory,
                          errc::too_large}) {
    const auto back = round_trip(fail(code, "because"));
    BOOST_REQUIRE(!back);
    BOOST_TEST((back.error().code == code));
    BOOST_TEST(back.error().message == "because");
  }
}

BOOST_AUTO_TEST_CASE(nonsense_is_no_answer) {
  for (const auto* header : {"", "{", "[]", "7", "null", "\xee\xee\xee", "{\"code\": 5}", "{\"code\": null}",
                             "{\"code\": \"none\", \"title\": 3}", "{\"code\": \"none\", \"metadata\": {}}",
                             "{\"code\": \"parse_failed\", \"text\": []}"}) {
    result<document> answer = fail(errc::none);
    BOOST_CHECK_NO_THROW(answer = wire::read_answer(header, "body"));
    BOOST_TEST(code_of(answer) == "parse_crashed", header);
  }
}

BOOST_AUTO_TEST_CASE(nonsense_is_no_request) {
  for (const auto* header : {"", "{", "[]", "7", "{\"url\": 1}", "{\"max\": \"many\"}", "{\"max\": null}"}) {
    wire::request r;
    bool read = true;
    BOOST_CHECK_NO_THROW(read = wire::read_request(header, r));
    BOOST_TEST(!read, header);
  }
}

BOOST_AUTO_TEST_SUITE_END()
