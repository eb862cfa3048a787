/// The first words between nodes.
#include "cluster/wire.hpp"

#include <boost/test/unit_test.hpp>

using namespace troupe;
using namespace troupe::cluster;

namespace {

identity somebody() {
  identity x;
  x.name = "b";
  x.instance = "0123456789abcdef0123456789abcdef";
  x.role = node_role::serve;
  x.number = 2;
  x.address = "b.internal:9070";
  x.owners = {1, 2};
  return x;
}

std::string without_end(std::string line) {
  BOOST_REQUIRE(line.ends_with("\n"));
  line.pop_back();
  return line;
}

} // namespace

BOOST_AUTO_TEST_SUITE(wire)

BOOST_AUTO_TEST_CASE(a_hello_is_read_as_it_was_said) {
  const auto heard = read_hello(without_end(hello_line({somebody(), stream_kind::front})), wire_version);
  BOOST_REQUIRE(heard.has_value());
  BOOST_TEST((heard->kind == stream_kind::front));
  BOOST_TEST(heard->from.name == "b");
  BOOST_TEST(heard->from.instance == somebody().instance);
  BOOST_TEST((heard->from.role == node_role::serve));
  BOOST_TEST(heard->from.number == 2);
  BOOST_TEST(heard->from.address == "b.internal:9070");
  BOOST_TEST(heard->from.owners == somebody().owners);
}

BOOST_AUTO_TEST_CASE(another_version_is_refused_with_both) {
  auto other = somebody();
  other.wire = wire_version + 1;
  const auto heard = read_hello(without_end(hello_line({other, stream_kind::actors})), wire_version);
  BOOST_REQUIRE(heard.has_error());
  BOOST_TEST(heard.error().text() == "node b speaks wire version 3, this one version 2");
}

BOOST_AUTO_TEST_CASE(a_refusal_says_why) {
  const auto answer = read_answer(without_end(refusal_line(somebody(), "no \"room\"")), wire_version);
  BOOST_REQUIRE(answer.has_error());
  BOOST_TEST(answer.error().text() == "no \"room\"");
}

BOOST_AUTO_TEST_CASE(what_is_no_hello_is_refused) {
  for (const char* line :
       {"", "GET / HTTP/1.1", "[]", "{}", "{\"troupe\":\"2\"}", "{\"troupe\":2}",
        "{\"troupe\":2,\"name\":7,\"stream\":\"actors\"}",
        "{\"troupe\":2,\"name\":\"a\",\"instance\":\"i\",\"role\":\"serve\",\"number\":\"x\","
        "\"address\":\"\",\"owners\":[],\"stream\":\"actors\"}"})
    BOOST_TEST(read_hello(line, wire_version).has_error(), line);
}

BOOST_AUTO_TEST_SUITE_END()
