/// How often rows of items are read ahead, and which.
#include "storage/items_ahead.hpp"

#include "storage/layout.hpp"

#include <boost/test/unit_test.hpp>

using namespace troupe;

namespace {

constexpr uint32_t stretch = items_ahead::stretch;

/// Counts the stretches that are read: each is a view of its own.
class counted_engine final : public engine {
public:
  std::unique_ptr<write_set> new_write_set() override { return inner_->new_write_set(); }
  failure write(write_set& changes, bool sync) override { return inner_->write(changes, sync); }
  std::unique_ptr<view> snapshot() const override {
    ++views;
    return inner_->snapshot();
  }
  std::optional<std::string> get(table t, std::string_view key) const override { return inner_->get(t, key); }

  mutable int views = 0;

private:
  std::unique_ptr<engine> inner_ = make_memory_engine();
};

struct fixture {
  counted_engine db;
  items_ahead ahead{db};

  void store(uint64_t batches, uint32_t items) {
    const auto set = db.new_write_set();
    for (uint64_t b = 1; b <= batches; ++b)
      for (uint32_t i = 0; i < items; ++i) {
        const item row{.key = {batch_id{b}, i}, .id = item_id{1}, .url = "http://a/"};
        set->put(table::items, layout::key::item(row.key), layout::encode(row));
      }
    BOOST_REQUIRE((db.write(*set, true).code == errc::none));
  }
  /// As the ledger does for an item that ends; true: its row was there.
  bool end(uint64_t batch, uint32_t index) {
    const item_key k{batch_id{batch}, index};
    ahead.read(k, [](const item_key&) { return false; });
    const bool known = ahead.find(k) != nullptr;
    ahead.forget(k);
    return known;
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(rows_read_ahead, fixture)

BOOST_AUTO_TEST_CASE(of_one_batch_each_stretch_is_read_once) {
  store(1, 100 * stretch);
  for (uint32_t i = 0; i < 100 * stretch; ++i)
    BOOST_REQUIRE(end(1, i));
  BOOST_TEST(db.views == 100);
}

BOOST_AUTO_TEST_CASE(batches_in_turn_do_not_drop_the_stretches_of_each_other) {
  constexpr uint64_t batches = 100;
  store(batches, 4 * stretch);
  int known = 0;
  for (uint32_t i = 0; i < 4 * stretch; ++i)
    for (uint64_t b = 1; b <= batches; ++b)
      known += end(b, i);
  // One that is kept out meanwhile reads its stretch again when there is room.
  BOOST_TEST(db.views <= int(2 * batches * 4));
  BOOST_TEST(known > int(batches * 4 * stretch / 2));
}

BOOST_AUTO_TEST_CASE(a_stretch_that_nobody_asks_for_makes_room) {
  store(200, stretch);
  for (uint64_t b = 1; b <= 100; ++b)
    end(b, 0);
  int known = 0;
  for (int turn = 0; turn < 3; ++turn)
    for (uint64_t b = 101; b <= 130; ++b)
      for (uint32_t i = 0; i < 10; ++i)
        known += end(b, static_cast<uint32_t>(turn) * 10 + i);
  BOOST_TEST(known > 30 * 30 / 2);
}

BOOST_AUTO_TEST_SUITE_END()
