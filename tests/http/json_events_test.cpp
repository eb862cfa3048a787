/// JSON as events: what another parser makes of the same text, however it is cut into blocks.
#include "http/json_events.hpp"
#include "http/json_tree.hpp"

#include <boost/test/unit_test.hpp>

#include <memory>
#include <random>

using namespace troupe;
using namespace troupe::http;
using nlohmann::json;

namespace {

/// Stops at a text that says so.
class growing final : public json_tree {
public:
  bool string(std::string_view v) override { return json_tree::string(v) && v != "stop"; }
};

struct outcome {
  failure error;
  json value;
};

outcome of_text(std::string_view text) {
  growing g;
  auto f = read_json(text, g);
  return {std::move(f), g.take()};
}

outcome of_file(std::string_view text) {
  const std::unique_ptr<std::FILE, decltype(&std::fclose)> file{std::tmpfile(), &std::fclose};
  std::fwrite(text.data(), 1, text.size(), file.get());
  std::rewind(file.get());
  growing g;
  auto f = read_json(file.get(), g);
  return {std::move(f), g.take()};
}

/// Any text, JSON or nearly.
std::string some_text(std::mt19937& random, int depth) {
  static const char* const values[] = {"null",
                                       "true",
                                       "-0.1e-3",
                                       "18446744073709551615",
                                       "-9223372036854775808",
                                       "1e400",
                                       "\"a\\u00e4\\n\"",
                                       "\"\xf0\x9f\x8e\xad\"",
                                       "\"\\ud83c\\udfad\"",
                                       "\"\\ud83c\"",
                                       "\"\xff\"",
                                       "01",
                                       "1.",
                                       "\"open",
                                       "0.1",
                                       "12345678901234567890123"};
  const auto kind = depth > 4 ? 0 : random() % 4;
  if (kind < 2) return values[random() % std::size(values)];
  std::string out{kind == 2 ? '[' : '{'};
  for (auto n = random() % 4; n > 0; --n) {
    if (kind == 3) out += '"' + std::string(1, static_cast<char>('a' + random() % 3)) + "\" : ";
    out += some_text(random, depth + 1) + (n > 1 ? "," : "");
  }
  return out + (kind == 2 ? ']' : '}') + (random() % 40 ? "" : ",");
}

} // namespace

BOOST_AUTO_TEST_SUITE(json_as_events)

BOOST_AUTO_TEST_CASE(texts_mean_what_they_mean_to_another_parser) {
  std::mt19937 random{20'251'125};
  int usable = 0;
  for (int i = 0; i < 20'000; ++i) {
    const auto text = some_text(random, 0);
    const auto other = json::parse(text, nullptr, false);
    const auto here = of_text(text);
    BOOST_TEST((here.error.code == errc::none) == !other.is_discarded(), text);
    if (other.is_discarded() || here.error.code != errc::none) continue;
    ++usable;
    BOOST_TEST(here.value.dump() == other.dump(), text);
  }
  BOOST_TEST(usable > 2'000);
}

BOOST_AUTO_TEST_CASE(what_lies_across_blocks_is_whole) {
  for (size_t fill = 65'536 - 40; fill <= 65'536; ++fill) {
    const json x{std::string(fill, 'x'), "\u00e4\n\U0001f3ad", 12.25, 1234567890, {{"a key", true}}};
    const auto text = x.dump();
    const auto read = of_file(text);
    BOOST_TEST((read.error.code == errc::none));
    BOOST_TEST((read.value == x));
    BOOST_TEST((of_file(x.dump(-1, ' ', true)).value == x));
  }
}

BOOST_AUTO_TEST_CASE(the_end_of_a_text_is_looked_at) {
  BOOST_TEST((of_text("[1] \n").error.code == errc::none));
  BOOST_TEST((of_text("\xef\xbb\xbf[1]").error.code == errc::none));
  for (const auto* text : {"", " ", "[1", "[1] x", "[1][2]", "\xef\xbb\xbf", "[1]\xef\xbb\xbf"}) {
    BOOST_TEST((of_text(text).error.code == errc::invalid_request), text);
    BOOST_TEST((of_file(text).error.code == errc::invalid_request), text);
  }
  // A block that ends with the text is not taken for its end.
  const auto whole = '"' + std::string(65'534, 'x') + '"';
  BOOST_TEST((of_file(whole).error.code == errc::none));
  BOOST_TEST((of_file(whole + 'x').error.code == errc::invalid_request));
  BOOST_TEST((of_file(whole.substr(0, 65'535) + ' ').error.code == errc::invalid_request));
}

BOOST_AUTO_TEST_CASE(depth_is_bounded) {
  BOOST_TEST((of_text(std::string(256, '[') + std::string(256, ']')).error.code == errc::none));
  BOOST_TEST((of_text(std::string(257, '[') + std::string(257, ']')).error.code == errc::invalid_request));
  BOOST_TEST((of_text(std::string(1'000'000, '[')).error.code == errc::invalid_request));
}

BOOST_AUTO_TEST_CASE(a_whole_value_is_bounded_in_depth_alone) {
  json many = json::array();
  for (int i = 0; i < 20'000; ++i)
    many.push_back(-i);
  json read;
  BOOST_TEST((read_json_value(many.dump(), read).code == errc::none));
  BOOST_TEST((read == many));
  for (const auto& text : {std::string(257, '[') + std::string(257, ']'), std::string("{")})
    BOOST_TEST((read_json_value(text, read).code == errc::invalid_request));
}

BOOST_AUTO_TEST_CASE(who_stops_the_reading_hears_no_more_and_it_is_no_error) {
  const auto read = of_text(R"(["a", "stop", "b" nonsense)");
  BOOST_TEST((read.error.code == errc::none));
  BOOST_TEST((read.value == json{"a", "stop"}));
}

BOOST_AUTO_TEST_CASE(a_value_grows_to_ten_thousand_others) {
  json many = json::array();
  for (int i = 0; i < 20'000; ++i)
    many.push_back({{"a", i}});
  const auto read = of_text(many.dump());
  BOOST_TEST((read.error.code == errc::none));
  BOOST_TEST(read.value.size() == 5'000u);
  // An object whose own values have no more room stays empty.
  BOOST_TEST(read.value.back().size() <= 1u);
}

BOOST_AUTO_TEST_SUITE_END()
