/// How a supervisor reads its batch: in few pages, and nothing is passed over that is opened again meanwhile.
#include "tests/actors/world.hpp"

#include <boost/test/unit_test.hpp>

using namespace troupe;
using namespace troupe::test;

namespace {

/// The world's reader, with pages of items that may come late: as they were when they were asked for.
struct late_reader : world {
  using promise = caf::typed_response_promise<item_page>;

  late_reader() {
    with.reader = caf::actor_cast<reader_actor>(
        sys->spawn([this, real = with.reader](caf::event_based_actor* self) -> caf::behavior {
          return {[this, self, real](read_atom, const batch& b, const reading_mark& from, uint32_t limit) {
                    auto to = self->make_response_promise<item_page>();
                    self->request(real, caf::infinite, read_atom_v, b, from, limit)
                        .then([this, to](item_page& page) { take(to, std::move(page)); });
                    return to;
                  },
                  [this](retry_atom) {
                    for (auto& [to, page] : std::exchange(held, {}))
                      to.deliver(std::move(page));
                  }};
        }));
    started.push_back(caf::actor_cast<caf::actor>(with.reader));
  }
  ~late_reader() { held.clear(); }

  void take(promise to, item_page page) {
    ++pages;
    if (holds)
      held.emplace_back(std::move(to), std::move(page));
    else
      to.deliver(std::move(page));
  }
  void let_go() {
    holds = false;
    caf::anon_send(caf::actor_cast<caf::actor>(with.reader), retry_atom_v);
    run();
  }
  /// An item that has ended is tried again, and its supervisor told.
  void open_again(batch_id b, uint32_t index) {
    const auto row = book->retry_item({b, index}, {});
    BOOST_TEST_REQUIRE(bool(row));
    std::vector<event> events;
    BOOST_TEST_REQUIRE((book->flush(events).code == errc::none));
    caf::anon_send(supervisors.at(b), changed_atom_v, *row, index);
    run();
  }

  bool holds = false;
  std::vector<std::pair<promise, item_page>> held;
  int pages = 0;
};

const std::vector<std::string> three{"http://a.example/1", "http://b.example/2", "http://c.example/3"};

} // namespace

BOOST_FIXTURE_TEST_SUITE(reading_items, late_reader)

BOOST_AUTO_TEST_CASE(a_short_batch_is_read_once) {
  const auto b = submit(three);
  run();
  BOOST_TEST((stored(b.id).state == batch_state::completed));
  BOOST_TEST(pages == 1);
}

BOOST_AUTO_TEST_CASE(urgent_items_come_first_in_the_page_that_has_the_others_too) {
  options.work.lookahead = 2;
  std::vector<item_spec> specs(3);
  for (size_t i = 0; i < specs.size(); ++i)
    specs[i].url = three[i];
  specs[2].options.priority = 9;
  const auto id = book->begin(notebook_id{1}, job_type::url_parse, {});
  BOOST_TEST_REQUIRE((book->add(id, specs).code == errc::none));
  const auto row = book->accept(id, {});
  std::vector<event> events;
  book->flush(events);
  transfers.answer = nullptr;
  supervise(row);
  run();
  BOOST_TEST(pages == 1);
  BOOST_TEST_REQUIRE(transfers.asked.size() == 2u);
  BOOST_TEST(transfers.asked[0].url == three[2]);
  BOOST_TEST(transfers.asked[1].url == three[0]);
}

BOOST_AUTO_TEST_CASE(an_item_that_is_opened_again_while_a_page_is_on_its_way_is_worked_on) {
  transfers.answer = [](const fetch_order& o) {
    return o.url == three[1] ? std::nullopt : std::optional{fetch_failure(fail(errc::http_4xx))};
  };
  const auto b = submit(three);
  run();
  BOOST_TEST_REQUIRE(stored(b.id).counts.failed == 2u);
  transfers.answer = [](const fetch_order& o) {
    return o.url == three[1] ? std::nullopt : std::optional{page_of(o)};
  };
  holds = true;
  open_again(b.id, 0);
  BOOST_TEST_REQUIRE(held.size() == 1u);
  // The page does not have it, and it lies where the page goes on from, or behind.
  open_again(b.id, 2);
  let_go();
  BOOST_TEST((items(b.id)[0].state == item_state::succeeded));
  BOOST_TEST((items(b.id)[2].state == item_state::succeeded));
  transfers.reply(transfers.held[0], page_of(transfers.held[0].order));
  transfers.held.clear();
  run();
  BOOST_TEST((stored(b.id).state == batch_state::completed));
  BOOST_TEST(verify().empty());
}

BOOST_AUTO_TEST_CASE(an_item_that_ends_while_a_page_is_on_its_way_is_not_taken_again) {
  transfers.answer = nullptr;
  const auto b = submit(three);
  run();
  BOOST_TEST_REQUIRE(transfers.held.size() == 3u);
  holds = true;
  caf::anon_send(supervisors.at(b.id), changed_atom_v, stored(b.id), uint32_t{0});
  run();
  BOOST_TEST_REQUIRE(held.size() == 1u);
  // The page has it as it was.
  const auto answer_one = [&] {
    transfers.reply(transfers.held.front(), page_of(transfers.held.front().order));
    transfers.held.pop_front();
    run();
  };
  answer_one();
  BOOST_TEST(stored(b.id).counts.succeeded == 1u);
  let_go();
  BOOST_TEST(transfers.asked.size() == 3u);
  answer_one();
  answer_one();
  BOOST_TEST((stored(b.id).state == batch_state::completed));
}

BOOST_AUTO_TEST_SUITE_END()
