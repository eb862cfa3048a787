#include "model/ids.hpp"

#include <boost/test/unit_test.hpp>

#include <unordered_set>

using namespace troupe;

namespace {

bool reads(std::string_view text, uint64_t expected) {
  uint64_t id = 0;
  return parse_id(text, id) && id == expected;
}

bool refuses(std::string_view text) {
  uint64_t id = 0;
  return !parse_id(text, id);
}

} // namespace

BOOST_AUTO_TEST_SUITE(ids)

BOOST_AUTO_TEST_CASE(an_id_gives_back_its_node_and_sequence) {
  for (const node_number node : {node_number{0}, node_number{1}, node_number{512}, max_node_number})
    for (const uint64_t sequence : {uint64_t{1}, uint64_t{77}, max_sequence}) {
      const auto id = make_id(node, sequence);
      BOOST_TEST(node_of(id) == node);
      BOOST_TEST(sequence_of(id) == sequence);
    }
}

BOOST_AUTO_TEST_CASE(the_largest_id_survives_a_double) {
  const auto largest = make_id(max_node_number, max_sequence);
  BOOST_TEST(largest == max_id);
  BOOST_TEST(largest < (uint64_t{1} << 53));
  BOOST_TEST(static_cast<uint64_t>(static_cast<double>(largest)) == largest);
}

BOOST_AUTO_TEST_CASE(a_sequence_never_spills_into_the_node) {
  BOOST_TEST(node_of(make_id(3, max_sequence + 1)) == 3);
  BOOST_TEST(make_id(1, 5) != make_id(2, 5));
}

BOOST_AUTO_TEST_CASE(ids_of_node_zero_are_their_sequence) {
  BOOST_TEST(make_id(0, 42) == 42u);
}

BOOST_AUTO_TEST_CASE(decimal_ids_are_read) {
  BOOST_TEST(reads("0", 0));
  BOOST_TEST(reads("1", 1));
  BOOST_TEST(reads("9007199254740991", max_id));
  BOOST_TEST(reads("0000000000000012", 12));
}

BOOST_AUTO_TEST_CASE(anything_but_decimal_ids_is_refused) {
  for (const auto* text : {"", " 1", "1 ", "+1", "-1", "1.0", "0x10", "1e3", "abc", "12a", "9007199254740992",
                           "9999999999999999", "00000000000000001", "18446744073709551617"})
    BOOST_TEST(refuses(text), text);
}

BOOST_AUTO_TEST_CASE(file_ids_round_trip) {
  for (const uint64_t n : {uint64_t{1}, uint64_t{123456}, max_id}) {
    BOOST_TEST(file_id(source_id{n}) == "f_" + std::to_string(n));
    BOOST_TEST(raw(parse_file_id(file_id(source_id{n}))) == n);
  }
}

BOOST_AUTO_TEST_CASE(upload_ids_round_trip) {
  for (const uint64_t n : {uint64_t{1}, uint64_t{987}, max_id}) {
    BOOST_TEST(upload_id(item_id{n}) == "u_" + std::to_string(n));
    BOOST_TEST(raw(parse_upload_id(upload_id(item_id{n}))) == n);
  }
}

BOOST_AUTO_TEST_CASE(texts_that_are_no_file_or_upload_id_give_zero) {
  for (const auto* text :
       {"", "f", "f_", "f_x", "F_1", "f_1x", "f_-1", "f_ 1", "u_1", "1", "f_9007199254740992"})
    BOOST_TEST(raw(parse_file_id(text)) == 0u, text);
  for (const auto* text : {"", "u_", "u_x", "f_1", "U_1", "u_1 ", "my-own-id", "u_9007199254740992"})
    BOOST_TEST(raw(parse_upload_id(text)) == 0u, text);
}

BOOST_AUTO_TEST_CASE(item_keys_sort_by_batch_then_index) {
  const item_key a{batch_id{1}, 9};
  const item_key b{batch_id{2}, 0};
  const item_key c{batch_id{2}, 1};
  BOOST_TEST((a < b));
  BOOST_TEST((b < c));
  BOOST_TEST((b == item_key{batch_id{2}, 0}));
}

BOOST_AUTO_TEST_CASE(item_keys_hash_by_both_parts) {
  std::unordered_set<item_key> keys;
  for (uint64_t b = 1; b <= 30; ++b)
    for (uint32_t i = 0; i < 30; ++i)
      keys.insert({batch_id{b}, i});
  BOOST_TEST(keys.size() == 900u);
  BOOST_TEST(keys.contains({batch_id{30}, 29}));
  BOOST_TEST(!keys.contains({batch_id{31}, 0}));
}

BOOST_AUTO_TEST_CASE(tokens_differ_by_epoch_and_by_number) {
  const attempt_token t{1, 1};
  BOOST_TEST((t == attempt_token{1, 1}));
  BOOST_TEST(!(t == attempt_token{2, 1}));
  BOOST_TEST(!(t == attempt_token{1, 2}));
}

BOOST_AUTO_TEST_SUITE_END()
