/// Rows as bytes: every field comes back, newer rows are read, and no bytes at all do harm.
#include "storage/codec.hpp"
#include "tests/storage/row_samples.hpp"

#include <boost/test/unit_test.hpp>

#include <random>

namespace troupe::test {
namespace {

template <class Row>
Row decoded(std::string_view bytes) {
  Row out;
  BOOST_REQUIRE(layout::decode(bytes, out));
  return out;
}

template <class Row>
void try_decode(std::string_view bytes) {
  Row out;
  if (layout::decode(bytes, out)) (void)layout::encode(out);
}

void mutate(std::string& bytes, std::mt19937& random) {
  const auto at = [&] { return bytes.empty() ? 0 : random() % bytes.size(); };
  switch (random() % 5) {
  case 0: bytes.resize(at()); break;
  case 1: bytes.insert(at(), 1 + random() % 4, static_cast<char>(random())); break;
  case 2: bytes.erase(at(), 1 + random() % 4); break;
  case 3:
    for (auto& c : bytes)
      if (random() % 4 == 0) c = static_cast<char>(random());
    break;
  default:
    if (!bytes.empty()) bytes[at()] = static_cast<char>(random());
  }
}

std::string field(unsigned number, std::string_view text) {
  codec::encoder e;
  e(number, text);
  return e.out;
}

std::string field(unsigned number, uint64_t v) {
  codec::encoder e;
  e(number, v);
  return e.out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(row_codec)

BOOST_AUTO_TEST_CASE(every_field_comes_back) {
  for_each_row([](const auto& x) {
    using row = std::decay_t<decltype(x)>;
    BOOST_TEST((tied(decoded<row>(layout::encode(x))) == tied(x)), typeid(row).name());
  });
}

BOOST_AUTO_TEST_CASE(records_come_back) {
  const auto all = full_records();
  BOOST_TEST(all.size() == std::variant_size_v<record>);
  for (size_t kind = 0; kind < all.size(); ++kind) {
    BOOST_REQUIRE(all[kind].index() == kind);
    const auto bytes = layout::encode(all[kind]);
    auto back = std::visit([](const auto& x) -> record { return std::decay_t<decltype(x)>{}; }, all[kind]);
    const auto none = layout::encode(back);
    BOOST_REQUIRE(layout::decode(bytes, back));
    BOOST_TEST(layout::encode(back) == bytes);
    BOOST_TEST(none.empty());
    BOOST_TEST(name_of(back) == name_of(all[kind]));
  }
}

BOOST_AUTO_TEST_CASE(no_sample_has_a_field_at_its_default) {
  // Otherwise a field that is not stored would come back all the same.
  for_each_row([](const auto& x) {
    using row = std::decay_t<decltype(x)>;
    const row none{};
    const auto differ = [](const auto& a, const auto& b) { return !(a == b); };
    const bool all = std::apply(
        [&](const auto&... a) {
          return std::apply([&](const auto&... b) { return (differ(a, b) && ...); }, tied(none));
        },
        tied(x));
    BOOST_TEST(all, typeid(row).name());
  });
}

BOOST_AUTO_TEST_CASE(defaults_come_back_and_take_no_room) {
  const auto check = [](auto x) {
    const auto bytes = layout::encode(x);
    BOOST_TEST(bytes.size() <= 3u);
    BOOST_TEST((tied(decoded<decltype(x)>(bytes)) == tied(x)));
  };
  check(layout::counters{0, 0});
  check(layout::item_range{});
  check(layout::source_link{});
  check(item_key{});
  check(notebook{});
  check(batch{});
  check(attempt{});
  check(known_url{});
  check(event{});
  check(item{.id = item_id{1}});
  check(source{.id = source_id{1}});
}

BOOST_AUTO_TEST_CASE(extreme_values_come_back) {
  auto x = full_item();
  x.same_as = std::numeric_limits<uint32_t>::max();
  x.not_before = at(std::numeric_limits<int64_t>::min());
  x.updated = at(std::numeric_limits<int64_t>::max());
  x.url = std::string(100'000, '\xff');
  BOOST_TEST((tied(decoded<item>(layout::encode(x))) == tied(x)));
  auto b = full_batch();
  b.options.max_age.reset();
  BOOST_TEST((!decoded<batch>(layout::encode(b)).options.max_age.has_value()));
}

BOOST_AUTO_TEST_CASE(fields_of_a_newer_program_are_passed_over) {
  const auto news = field(39, "a field of tomorrow") + field(200, 7) + field(1'000'000, "far away");
  for_each_row([&](const auto& x) {
    using row = std::decay_t<decltype(x)>;
    BOOST_TEST((tied(decoded<row>(news + layout::encode(x))) == tied(x)));
    BOOST_TEST((tied(decoded<row>(layout::encode(x) + news)) == tied(x)));
  });
}

BOOST_AUTO_TEST_CASE(rows_cut_short_are_refused_or_read_and_do_no_harm) {
  for_each_row([](const auto& x) {
    using row = std::decay_t<decltype(x)>;
    const auto whole = layout::encode(x);
    for (size_t n = 0; n < whole.size(); ++n)
      try_decode<row>(std::string(whole, 0, n));
    row out;
    BOOST_TEST(!layout::decode(whole.substr(0, whole.size() - 1), out));
  });
}

BOOST_AUTO_TEST_CASE(rows_without_identity_are_no_rows) {
  item i;
  source s;
  BOOST_TEST(!layout::decode("", i));
  BOOST_TEST(!layout::decode("", s));
}

BOOST_AUTO_TEST_CASE(states_out_of_range_are_refused) {
  item i;
  batch b;
  BOOST_TEST(!layout::decode(field(1, 5) + field(2, 6), i));
  BOOST_TEST(!layout::decode(field(1, 5) + field(4, 7), b));
}

BOOST_AUTO_TEST_CASE(kinds_out_of_range_are_refused) {
  // They would be looked up in tables of names.
  batch b;
  event e;
  BOOST_TEST(!layout::decode(field(1, 5) + field(3, 3), b));
  BOOST_TEST(!layout::decode(field(1, 5) + field(2, 11), e));
  BOOST_TEST(!layout::decode(field(1, 5) + field(7, 6), e));
  BOOST_TEST(!layout::decode(field(1, 5) + field(10, 7), e));
}

BOOST_AUTO_TEST_CASE(broken_wire_is_refused) {
  notebook n;
  const std::string number_cut_off("\x08");
  const std::string text_cut_off("\x0a\x05"
                                 "abc");
  const std::string unknown_wire_type("\x0d\x00\x00\x00\x00", 5);
  const std::string tag_too_long(11, '\xff');
  const std::string number_too_long("\x08" + std::string(11, '\x80'));
  for (const auto& bad : {number_cut_off, text_cut_off, unknown_wire_type, tag_too_long, number_too_long})
    BOOST_TEST(!layout::decode(bad, n));
  source s = full_source();
  BOOST_TEST(!layout::decode(layout::encode(s) + field(10, "not 32 bytes"), s));
}

BOOST_AUTO_TEST_CASE(random_bytes_do_no_harm) {
  constexpr unsigned seed = 424'242;
  BOOST_TEST_MESSAGE("seed " << seed);
  std::mt19937 random(seed);
  size_t read = 0;
  for (int n = 0; n < 12'000; ++n)
    for_each_row([&](const auto& x) {
      std::decay_t<decltype(x)> out;
      auto bytes = layout::encode(x);
      for (auto times = 1 + random() % 3; times > 0; --times)
        mutate(bytes, random);
      // On the heap and of its exact size, so that a sanitizer sees a read past its end.
      const std::vector<char> exact(bytes.begin(), bytes.end());
      if (!layout::decode({exact.data(), exact.size()}, out)) return;
      ++read;
      // What is read can be written, and then reads as the same.
      BOOST_TEST_REQUIRE((tied(decoded<std::decay_t<decltype(x)>>(layout::encode(out))) == tied(out)));
    });
  BOOST_TEST(read > 1'000u);
}

BOOST_AUTO_TEST_CASE(varints) {
  for (const uint64_t v : {uint64_t{0}, uint64_t{127}, uint64_t{128}, uint64_t{1} << 42, ~uint64_t{0}}) {
    std::string bytes;
    codec::put_varint(bytes, v);
    std::string_view in = bytes;
    uint64_t out = 0;
    BOOST_TEST(codec::take_varint(in, out));
    BOOST_TEST(out == v);
    BOOST_TEST(in.empty());
  }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace troupe::test
