/// A process is killed in the middle of its work, and its machine with it: whatever it had reported is there.
#include "tests/storage/child.hpp"
#include "tests/storage/crash_run.hpp"
#include "tests/storage/temp_directory.hpp"

#include <boost/test/unit_test.hpp>

namespace troupe::test {
namespace {

/// Runs a child on the directory until it has reported so many lines, then kills it.
void run_and_kill(const std::string& root, unsigned seed, unsigned reports, bool honest,
                  reported_facts& facts) {
  child worker("children/work_on_store", {root, std::to_string(seed), honest ? "honest" : "lying"});
  std::string line;
  for (unsigned n = 0; n < reports; ++n) {
    BOOST_REQUIRE(worker.read(line));
    facts.add(line);
  }
  worker.kill();
  // What it said before it died, and nobody had read yet.
  while (worker.read(line))
    facts.add(line);
}

struct disk {
  temp_directory temp;
  std::string root = temp.sub("disk");
  disk() {
    for (const auto* sub : {"disk/db", "disk/files/incoming", "disk/files/content"})
      temp.sub(sub);
  }
};

void check_counts(const crashing_store& s) {
  const auto at = s.db->snapshot();
  for (auto i = at->scan(table::batches, {}, std::string(9, '\xff')); i->valid(); i->next()) {
    const auto b = s.reader->find_batch(batch_id{layout::key::number_at(i->key(), 0)});
    BOOST_TEST_REQUIRE(b.has_value());
    BOOST_TEST((s.reader->recount(b->id) == b->counts));
  }
}

void check_events(const crashing_store& s) {
  event_number before{};
  for (const auto& e : s.reader->events({}, ~size_t{0})) {
    BOOST_TEST_REQUIRE(raw(e.number) > raw(before));
    before = e.number;
  }
}

} // namespace

BOOST_AUTO_TEST_SUITE(children)

BOOST_AUTO_TEST_CASE(work_on_store, *boost::unit_test::disabled()) {
  crashing_store s(child::argument(0), child::argument(2) == "honest");
  crash_run(s, static_cast<unsigned>(std::stoul(child::argument(1))), child::report).go();
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(crash_consistency, disk)

BOOST_AUTO_TEST_CASE(every_reported_fact_outlives_the_process) {
  constexpr unsigned seed = 90'210;
  BOOST_TEST_MESSAGE("seed " << seed);
  std::mt19937 random(seed);
  reported_facts facts;
  // One directory for all rounds: each crash falls on what the last recovery left.
  for (unsigned round = 0; round < 20; ++round) {
    run_and_kill(root, static_cast<unsigned>(random()), 1 + static_cast<unsigned>(random() % 800), true,
                 facts);
    const crashing_store s(root, true);
    const auto lost = facts.missing(*s.reader);
    const auto wrong = s.reader->verify();
    for (const auto& fact : lost)
      BOOST_ERROR("round " << round << ": lost " << fact);
    for (const auto& line : wrong)
      BOOST_ERROR("round " << round << ": " << line);
    // The next rounds would only say the same again.
    if (!lost.empty() || !wrong.empty()) return;
    check_counts(s);
    check_events(s);
  }
  BOOST_TEST_MESSAGE(facts.size() << " facts");
  BOOST_TEST(facts.size() > 2'000u);
}

BOOST_AUTO_TEST_CASE(a_store_that_does_not_sync_is_caught) {
  reported_facts facts;
  run_and_kill(root, 1, 300, false, facts);
  const crashing_store s(root, true);
  BOOST_TEST(!facts.missing(*s.reader).empty());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace troupe::test
