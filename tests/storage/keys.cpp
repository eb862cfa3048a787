/// Keys: they lie in the order of their numbers, and ranges around them hold what they should.
#include "storage/layout.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <random>
#include <set>

namespace troupe::test {
namespace {

namespace key = layout::key;

const uint64_t edges[] = {
    0, 1, 127, 128, 255, 256, 65'535, 65'536, uint64_t{1} << 32, max_id, ~uint64_t{0} - 1, ~uint64_t{0}};

template <class F>
void rises(F make) {
  std::string before;
  for (const auto n : edges) {
    const auto now = make(n);
    BOOST_TEST((before < now));
    before = now;
  }
}

} // namespace

BOOST_AUTO_TEST_SUITE(keys)

BOOST_AUTO_TEST_CASE(order_is_that_of_the_numbers) {
  rises([](uint64_t n) { return key::number(n); });
  rises([](uint64_t n) { return key::notebook(notebook_id{n}); });
  rises([](uint64_t n) { return key::open_batch(batch_id{n}); });
  rises([](uint64_t n) { return key::acceptance(batch_id{n}); });
  rises([](uint64_t n) { return key::item_range(item_id{n}); });
  rises([](uint64_t n) { return key::batch_of(notebook_id{5}, batch_id{n}); });
  rises([](uint64_t n) { return key::batch_of(notebook_id{n}, batch_id{~n}); });
  rises([](uint64_t n) { return key::link(notebook_id{n}, source_id{~n}); });
  rises([](uint64_t n) { return key::linked_to(source_id{n}, notebook_id{~n}); });
  rises([](uint64_t n) { return key::item({batch_id{n}, static_cast<uint32_t>(~n)}); });
}

BOOST_AUTO_TEST_CASE(items_and_attempts_lie_in_the_order_of_their_index) {
  std::mt19937 random(17);
  for (int n = 0; n < 1'000; ++n) {
    const item_key a{batch_id{random() % 3}, static_cast<uint32_t>(random())};
    const item_key b{batch_id{random() % 3}, static_cast<uint32_t>(random())};
    BOOST_TEST(((key::item(a) < key::item(b)) == (a < b)));
    BOOST_TEST(((key::attempt(a, 1) < key::attempt(a, 256))));
    BOOST_TEST((key::attempt(a, 7).starts_with(key::item(a))));
    BOOST_TEST(key::index_of(key::item(a)) == a.index);
    BOOST_TEST(key::number_at(key::item(a), 0) == raw(a.batch));
  }
}

BOOST_AUTO_TEST_CASE(numbers_are_read_back) {
  for (const auto n : edges) {
    BOOST_TEST(key::number_at(key::number(n), 0) == n);
    BOOST_TEST(key::number_at(key::link(notebook_id{3}, source_id{n}), 9) == n);
    BOOST_TEST(key::number_at(key::linked_to(source_id{n}, notebook_id{3}), 1) == n);
  }
}

BOOST_AUTO_TEST_CASE(keys_too_short_hold_no_number) {
  BOOST_TEST(key::number_at("", 0) == 0u);
  BOOST_TEST(key::number_at("1234567", 0) == 0u);
  BOOST_TEST(key::number_at("12345678", 1) == 0u);
  BOOST_TEST(key::number_at("12345678", 9) == 0u);
  BOOST_TEST(key::index_of("short") == 0u);
}

BOOST_AUTO_TEST_CASE(after_is_behind_all_that_start_with_it_and_before_the_rest) {
  BOOST_TEST(key::after("a") == "b");
  BOOST_TEST(key::after("a\xff") == "b");
  BOOST_TEST(key::after(std::string("\0", 1)) == "\x01");
  for (const auto n : edges) {
    if (n == ~uint64_t{0}) continue;
    const auto prefix = key::number(n);
    const auto end = key::after(prefix);
    BOOST_TEST((prefix < end));
    BOOST_TEST((prefix + std::string(20, '\xff') < end));
    BOOST_TEST((end <= key::number(n + 1)));
  }
}

BOOST_AUTO_TEST_CASE(kinds_of_index_rows_do_not_mix) {
  const notebook_id n{1};
  const source_id s{1};
  const batch_id b{1};
  const auto d = sha256("x");
  const std::string all[] = {key::notebook(n),   key::batch_of(n, b),   key::open_batch(b),
                             key::acceptance(b), key::upload(n, "u"),   key::item_range(item_id{1}),
                             key::link(n, s),    key::linked_to(s, n),  key::url(n, job_type::url_parse, "u"),
                             key::text(n, d),    key::content_use(d, s)};
  std::set<char> kinds;
  for (const auto& k : all)
    kinds.insert(k.front());
  BOOST_TEST(kinds.size() == std::size(all));
}

BOOST_AUTO_TEST_CASE(urls_are_told_apart_by_notebook_job_and_text) {
  const std::set<std::string> all{key::url(notebook_id{1}, job_type::url_parse, "u"),
                                  key::url(notebook_id{2}, job_type::url_parse, "u"),
                                  key::url(notebook_id{1}, job_type::url_parse_media, "u"),
                                  key::url(notebook_id{1}, job_type::url_parse, "v")};
  BOOST_TEST(all.size() == 4u);
}

BOOST_AUTO_TEST_CASE(identifiers_carry_their_node) {
  BOOST_TEST(make_id(max_node_number, max_sequence) == max_id);
  BOOST_TEST(node_of(make_id(7, 99)) == 7u);
  BOOST_TEST(sequence_of(make_id(7, 99)) == 99u);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace troupe::test
