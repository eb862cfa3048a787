/// The form of contents: what was packed comes back, damage is seen, and it is the log already that is small.
#include "storage/packed.hpp"

#include "storage/engine.hpp"
#include "tests/storage/temp_directory.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <random>

namespace troupe::test {
namespace {

std::string noise(size_t bytes) {
  std::minstd_rand random{7};
  std::string out;
  while (out.size() < bytes)
    out += static_cast<char>(random() >> 8);
  return out;
}

std::string prose(size_t bytes) {
  std::string out;
  while (out.size() < bytes)
    out += "Line " + std::to_string(out.size()) + " of a page that says little.\n";
  return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(packed_contents)

BOOST_AUTO_TEST_CASE(what_is_packed_comes_back) {
  for (const auto& bytes : {std::string{}, std::string("a"), std::string(3, '\0'), noise(50'000),
                            prose(50'000), prose(3'000'000)}) {
    const auto back = packed::unpack(packed::pack(bytes));
    BOOST_TEST_REQUIRE(back.has_value());
    BOOST_TEST((*back == bytes));
  }
}

BOOST_AUTO_TEST_CASE(what_does_not_shrink_grows_by_one_byte) {
  BOOST_TEST(packed::pack("").size() == 1u);
  BOOST_TEST(packed::pack(noise(50'000)).size() == 50'001u);
  BOOST_TEST(packed::pack(prose(50'000)).size() < 25'000u);
}

BOOST_AUTO_TEST_CASE(damage_is_seen) {
  const auto form = packed::pack(prose(5'000));
  for (const size_t cut : {0, 1, 4, 5, 100})
    BOOST_TEST(!packed::unpack(form.substr(0, cut)).has_value(), cut);
  BOOST_TEST(!packed::unpack("\x02" + form.substr(1)).has_value());
  auto longer = form;
  ++longer[4];
  BOOST_TEST(!packed::unpack(longer).has_value());
  // A size that no block of this length has: nothing is made room for.
  BOOST_TEST(!packed::unpack(std::string("\x01\xff\xff\xff\xff") + form.substr(5)).has_value());
}

BOOST_AUTO_TEST_CASE(the_log_holds_the_small_form) {
  temp_directory temp;
  const auto db = open_rocksdb({.directory = temp.path() + "/db"});
  BOOST_TEST_REQUIRE(bool(db));
  const auto bytes = prose(900'000);
  const auto set = (*db)->new_write_set();
  set->put(table::content, "key", bytes);
  BOOST_TEST_REQUIRE(((*db)->write(*set, true).code == errc::none));
  uint64_t logged = 0;
  for (const auto& f : std::filesystem::directory_iterator(temp.path() + "/db"))
    if (f.path().extension() == ".log") logged += f.file_size();
  BOOST_TEST(logged > 1'000u);
  BOOST_TEST(logged < bytes.size() / 2);
  BOOST_TEST(((*db)->get(table::content, "key") == bytes));
  BOOST_TEST(((*db)->get_in_memory(table::content, "key") == bytes));
  const auto at = (*db)->snapshot();
  BOOST_TEST((at->get(table::content, "key") == bytes));
  BOOST_TEST((at->scan(table::content, "a", "z")->value() == bytes));
  BOOST_TEST((at->last(table::content, "a", "z")->second == bytes));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace troupe::test
