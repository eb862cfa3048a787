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
  const auto bytes = wire::answer_frame(outcome);
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
  order.body.size = 123'456'789'012;
  documents::reading_limits limits;
  limits.max_markdown_bytes = 12'345;
  limits.max_images = 3;
  const auto bytes = wire::request_frame(order, limits);
  BOOST_TEST(wire::read_prefix(bytes.data()).body == 123'456'789'012u);
  wire::request r;
  BOOST_REQUIRE(wire::read_request(taken_apart(bytes).header, r));
  BOOST_TEST(r.url.starts_with("http://example.com/\"quoted\"\n"));
  BOOST_TEST(r.content_type == order.content_type);
  BOOST_TEST(r.limits.max_markdown_bytes == 12'345u);
  BOOST_TEST(r.limits.max_images == 3u);
}

BOOST_AUTO_TEST_CASE(documents_round_trip) {
  const document d{
      .markdown = "# Markdown\n\xc3\xa9",
      .title = "A \"title\"",
      .content_type = "text/html",
      .extraction_method = "html/article",
      .metadata = "{\"authors\":[\"x\"]}",
      .images = {{"1.png", "image/png", "bytes"}, {"2.png", "image/png", std::string("\0\xff", 2)}}};
  const auto back = round_trip(d);
  BOOST_REQUIRE(back);
  BOOST_TEST(back->markdown == d.markdown);
  BOOST_TEST(back->title == d.title);
  BOOST_TEST(back->content_type == d.content_type);
  BOOST_TEST(back->extraction_method == d.extraction_method);
  BOOST_TEST(back->metadata == d.metadata);
  BOOST_REQUIRE(back->images.size() == 2u);
  BOOST_TEST(back->images[0].name == "1.png");
  BOOST_TEST(back->images[0].data == "bytes");
  BOOST_TEST(back->images[1].data == d.images[1].data);
}

BOOST_AUTO_TEST_CASE(wishes_and_what_is_granted_round_trip) {
  for (const auto what : {conversion::pdf_layout, conversion::legacy_office})
    BOOST_TEST((wire::read_wish(taken_apart(wire::wish_frame(what)).header) == what));
  BOOST_TEST(!wire::read_wish("{\"code\": \"wish\", \"conversion\": 9}").has_value());
  BOOST_TEST(!wire::read_wish(taken_apart(wire::answer_frame(fail(errc::encrypted))).header).has_value());
  const auto f = taken_apart(wire::granted_frame(std::string("<doc/>")));
  BOOST_TEST(wire::read_granted(f.header, f.body).value() == "<doc/>");
  const auto no = taken_apart(wire::granted_frame(fail(errc::encrypted, "a password is wanted")));
  const auto refused = wire::read_granted(no.header, no.body);
  BOOST_REQUIRE(refused.has_error());
  BOOST_TEST((refused.error().code == errc::encrypted));
  BOOST_TEST(wire::read_granted("nonsense", "x").has_error());
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
  for (const auto* header :
       {"", "{", "[]", "7", "null", "\xee\xee\xee", "{\"code\": 5}", "{\"code\": null}",
        "{\"code\": \"none\", \"title\": 3}", "{\"code\": \"none\", \"metadata\": {}}",
        "{\"code\": \"parse_failed\", \"text\": []}", "{\"code\": \"none\", \"markdown\": 5}",
        "{\"code\": \"none\", \"images\": 5}"}) {
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
