/// Answers from the store beside each other.
#include "actors/stored_answers.hpp"
#include "tests/actors/world.hpp"

#include <boost/test/unit_test.hpp>

#include <future>

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;

BOOST_FIXTURE_TEST_SUITE(reading_answers, world)

BOOST_AUTO_TEST_CASE(answers_of_many_items_do_not_hold_up_others) {
  std::vector<std::string> urls;
  for (int i = 0; i < 2'000; ++i)
    urls.push_back("http://a.example/" + std::to_string(i));
  const auto b = submit(urls);
  stored_answers answers{store, listeners};
  std::promise<void> read_on;
  const auto held = read_on.get_future().share();
  std::atomic<size_t> seen = 0;
  for (int i = 0; i < 3; ++i)
    answers.batch_status(b.home, b.id, 0, 100'000, [&, held](const result<batch_view>& v) {
      held.wait();
      if (v) seen += v->items.size();
    });
  std::promise<size_t> others;
  answers.batch_status(b.home, b.id, 0, 100,
                       [&](const result<batch_view>& v) { others.set_value(v ? v->items.size() : 0); });
  auto other = others.get_future();
  const bool answered = other.wait_for(60s) == std::future_status::ready;
  const size_t seen_before = seen;
  read_on.set_value();
  answers.close();
  BOOST_TEST(answered);
  BOOST_TEST(seen_before == 0u);
  BOOST_TEST(other.get() == 100u);
  BOOST_TEST(seen == 6'000u);
}

BOOST_AUTO_TEST_SUITE_END()
