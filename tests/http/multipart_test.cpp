/// multipart/form-data, in every way it can be cut into pieces.
#include "http/multipart.hpp"

#include <boost/test/unit_test.hpp>

using namespace troupe;
using namespace troupe::http;

namespace {

struct seen_part {
  part_head head;
  std::string data;
  bool ended = false;
};

struct outcome {
  std::vector<seen_part> parts;
  failure error{errc::none, {}, 0, std::nullopt};
};

outcome parse(std::string_view body, size_t piece, std::string_view boundary = "b",
              const multipart_limits& limits = {}) {
  outcome out;
  multipart_parser p{boundary,
                     limits,
                     {[&](part_head h) {
                        out.parts.push_back({std::move(h), {}, false});
                        return fail(errc::none);
                      },
                      [&](std::string_view data) {
                        out.parts.back().data += data;
                        return fail(errc::none);
                      },
                      [&] {
                        out.parts.back().ended = true;
                        return fail(errc::none);
                      }}};
  for (size_t at = 0; at < body.size() && out.error.code == errc::none; at += piece)
    out.error = p.feed(body.substr(at, piece));
  if (out.error.code == errc::none) out.error = p.finish();
  return out;
}

std::string part(const std::string& disposition, const std::string& data, const std::string& more = {}) {
  return "--b\r\nContent-Disposition: form-data; " + disposition + "\r\n" + more + "\r\n" + data + "\r\n";
}

const std::string two =
    part("name=\"notebook\"", "7") +
    part("name=\"file\"; filename=\"a.txt\"", "line\r\n--bo\r\n--\r\nend", "Content-Type: text/plain\r\n") +
    "--b--\r\n";

} // namespace

BOOST_AUTO_TEST_SUITE(multipart)

BOOST_AUTO_TEST_CASE(the_same_parts_however_the_body_is_cut) {
  for (size_t piece = 1; piece <= two.size(); ++piece) {
    const auto out = parse(two, piece);
    BOOST_TEST_CONTEXT("pieces of " << piece) {
      BOOST_TEST((out.error.code == errc::none));
      BOOST_REQUIRE(out.parts.size() == 2u);
      BOOST_TEST(out.parts[0].head.name == "notebook");
      BOOST_TEST(!out.parts[0].head.filename.has_value());
      BOOST_TEST(out.parts[0].data == "7");
      BOOST_TEST(*out.parts[1].head.filename == "a.txt");
      BOOST_TEST(out.parts[1].head.content_type == "text/plain");
      BOOST_TEST(out.parts[1].data == "line\r\n--bo\r\n--\r\nend");
      BOOST_TEST(out.parts[1].ended);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_part_may_be_empty) {
  for (size_t piece : {size_t{1}, size_t{7}, size_t{1'000}}) {
    const auto out = parse(part("name=\"file\"; filename=\"\"", "") + "--b--", piece);
    BOOST_TEST((out.error.code == errc::none));
    BOOST_REQUIRE(out.parts.size() == 1u);
    BOOST_TEST(out.parts[0].data.empty());
    BOOST_TEST(out.parts[0].ended);
  }
}

BOOST_AUTO_TEST_CASE(what_is_no_multipart_is_refused) {
  for (const std::string& body :
       {std::string{}, std::string("--b"), std::string("--c\r\n\r\n\r\n--c--"), std::string("hello"),
        part("name=\"x\"", "cut off"), std::string("--b\r\nno colon\r\n\r\nx\r\n--b--"),
        std::string("--b\r\nContent-Type: text/plain\r\n\r\nx\r\n--b--"),
        std::string("--b\r\n: x\r\n\r\nx\r\n--b--"), std::string("--bX\r\n"),
        part("filename=\"x\"", "no name") + "--b--"}) {
    BOOST_TEST((parse(body, 3).error.code == errc::invalid_request), body);
    BOOST_TEST((parse(body, 10'000).error.code == errc::invalid_request), body);
  }
}

BOOST_AUTO_TEST_CASE(limits_hold) {
  std::string many;
  for (int i = 0; i < 20; ++i)
    many += part("name=\"x\"", "y");
  BOOST_TEST((parse(many + "--b--", 100, "b", {.parts = 19}).error.code == errc::too_large));
  BOOST_TEST((parse(many + "--b--", 100, "b", {.parts = 20}).error.code == errc::none));
  const auto wide = part("name=\"x\"", "y", "X-Long: " + std::string(20'000, 'z') + "\r\n") + "--b--";
  BOOST_TEST((parse(wide, 100).error.code == errc::too_large));
  BOOST_TEST((parse("--b\r\n" + std::string(20'000, 'z'), 20'100).error.code == errc::too_large));
}

BOOST_AUTO_TEST_CASE(encoded_parts_are_decoded) {
  for (size_t piece : {size_t{1}, size_t{5}, size_t{1'000}}) {
    const auto b64 = parse(
        part("name=\"f\"; filename=\"x\"", "VGVz\r\ndCAxMjM=", "Content-Transfer-Encoding: base64\r\n") +
            "--b--",
        piece);
    BOOST_TEST(b64.parts.at(0).data == "Test 123");
    const auto qp = parse(part("name=\"f\"; filename=\"x\"", "foo=3Dbar=\r\n!",
                               "Content-Transfer-Encoding: quoted-printable\r\n") +
                              "--b--",
                          piece);
    BOOST_TEST(qp.parts.at(0).data == "foo=bar!");
  }
}

BOOST_AUTO_TEST_CASE(file_names_of_all_clients) {
  const auto name = [](const std::string& disposition) {
    return parse(part("name=\"file\"; " + disposition, "x") + "--b--", 1'000)
        .parts.at(0)
        .head.filename.value_or("none");
  };
  BOOST_TEST(name("filename=\"a%22b.txt\"") == "a\"b.txt");
  BOOST_TEST(name("filename=\"a\\\"b.txt\"") == "a\"b.txt");
  BOOST_TEST(name("filename=plain.txt") == "plain.txt");
  BOOST_TEST(name("filename=\"r\xc3\xa9sum\xc3\xa9.pdf\"") == "r\xc3\xa9sum\xc3\xa9.pdf");
  BOOST_TEST(name("filename=\"fallback\"; filename*=UTF-8''r%C3%A9sum%C3%A9.pdf") ==
             "r\xc3\xa9sum\xc3\xa9.pdf");
  BOOST_TEST(name("filename*=UTF-8''new; filename=\"old\"") == "new");
  BOOST_TEST(name("filename=\"C:\\Users\\x\\a.txt\"") == "C:\\Users\\x\\a.txt");
  BOOST_TEST(name("filename=\"a;b.txt\"") == "a;b.txt");
}

BOOST_AUTO_TEST_CASE(clean_names) {
  BOOST_TEST(clean_filename("C:\\Users\\x\\a.txt") == "a.txt");
  BOOST_TEST(clean_filename("../../etc/passwd") == "passwd");
  BOOST_TEST(clean_filename("..") == "file");
  BOOST_TEST(clean_filename("") == "file");
  BOOST_TEST(clean_filename("a\x01\x02\nb") == "ab");
  BOOST_TEST(clean_filename("caf\xe9.txt") == "caf\xef\xbf\xbd.txt");
  BOOST_TEST(clean_filename(std::string(1'000, 'x')).size() == 255u);
}

BOOST_AUTO_TEST_CASE(boundaries_of_content_types) {
  BOOST_TEST(boundary_of("multipart/form-data; boundary=abc") == "abc");
  BOOST_TEST(boundary_of("Multipart/Form-Data; charset=utf-8; boundary=\"a b\"") == "a b");
  BOOST_TEST(boundary_of("multipart/form-data").empty());
  BOOST_TEST(boundary_of("application/json; boundary=abc").empty());
  BOOST_TEST(boundary_of("multipart/form-data; boundary=" + std::string(71, 'x')).empty());
}

BOOST_AUTO_TEST_SUITE_END()
