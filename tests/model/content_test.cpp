#include "model/content.hpp"

#include <boost/test/unit_test.hpp>

using namespace troupe;

BOOST_AUTO_TEST_SUITE(contents)

BOOST_AUTO_TEST_CASE(known_vectors_of_sha256) {
  BOOST_TEST(sha256("").hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  BOOST_TEST(sha256("abc").hex() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  BOOST_TEST(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq").hex() ==
             "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  BOOST_TEST(sha256(std::string(1'000'000, 'a')).hex() ==
             "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

BOOST_AUTO_TEST_CASE(hashing_in_steps_gives_the_same) {
  std::string data;
  for (int i = 0; i < 5'000; ++i)
    data += static_cast<char>(i * 31);
  for (const size_t step : {size_t{1}, size_t{63}, size_t{64}, size_t{65}, data.size()}) {
    hasher h;
    for (size_t at = 0; at < data.size(); at += step)
      h.update(std::string_view(data).substr(at, step));
    BOOST_TEST((h.finish() == sha256(data)));
  }
  hasher nothing;
  BOOST_TEST((nothing.finish() == sha256("")));
}

BOOST_AUTO_TEST_CASE(hexadecimal_digits_round_trip) {
  const auto d = sha256("round trip");
  BOOST_TEST(d.hex().size() == 64u);
  BOOST_TEST((digest_from_hex(d.hex()) == d));
  BOOST_TEST(d.view().size() == 32u);
}

BOOST_AUTO_TEST_CASE(what_is_no_digest_is_empty) {
  const auto hex = sha256("x").hex();
  for (const auto& text : {std::string{}, std::string("00"), hex.substr(1), hex + "0", "g" + hex.substr(1),
                           hex.substr(0, 63) + " ", std::string(64, '/')})
    BOOST_TEST(digest_from_hex(text).empty(), text);
}

BOOST_AUTO_TEST_CASE(only_the_null_digest_is_empty) {
  BOOST_TEST(digest{}.empty());
  BOOST_TEST(!sha256("").empty());
  BOOST_TEST(digest_from_hex(std::string(64, '0')).empty());
}

BOOST_AUTO_TEST_CASE(content_carries_its_bytes_and_their_name) {
  const auto c = make_content("hello");
  BOOST_TEST(c.size == 5u);
  BOOST_TEST(c.view() == "hello");
  BOOST_TEST((c.hash == sha256("hello")));
  BOOST_TEST(c.path.empty());
  BOOST_TEST(!c.empty());
  BOOST_TEST(make_content("").empty());
  BOOST_TEST(content_ref{}.view().empty());
}

BOOST_AUTO_TEST_SUITE_END()
