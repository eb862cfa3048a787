#include "parse/pool.hpp"
#include "tests/parse/pages.hpp"

#include <sys/wait.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <future>

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;

namespace {

constexpr auto patience = 60s;
using outcome = result<document>;

settings quick(int64_t processes = 1) {
  settings s;
  s.work.nice = 0;
  s.parse.processes = processes;
  s.parse.wall_timeout = 30s;
  s.parse.memory_bytes = 256 << 20;
  return s;
}

parse_order order_of(std::string data, uint64_t item = 1, uint32_t attempt = 1,
                     std::string type = "text/plain") {
  parse_order o;
  o.work = {item_id{item}, {1, attempt}, 10min};
  o.url = "http://example.com/x";
  o.content_type = std::move(type);
  o.body = make_content(std::move(data));
  return o;
}

class pooled {
public:
  explicit pooled(const settings& s = quick(), const std::string& program = TROUPE_TEST_SERVER)
      : pool_(std::make_unique<parser_pool>(s, program)) {}

  std::future<outcome> start(parse_order order) {
    auto promise = std::make_shared<std::promise<outcome>>();
    auto answer = promise->get_future();
    pool_->submit(std::move(order), [promise](outcome x) { promise->set_value(std::move(x)); });
    return answer;
  }
  outcome parse(parse_order order) {
    auto answer = start(std::move(order));
    return wait(answer);
  }
  static outcome wait(std::future<outcome>& answer) {
    BOOST_REQUIRE(answer.wait_for(patience) == std::future_status::ready);
    return answer.get();
  }
  parser_pool& pool() { return *pool_; }
  void stop() { pool_.reset(); }

private:
  std::unique_ptr<parser_pool> pool_;
};

/// The code of a document that misbehaves, between healthy ones that must not suffer.
std::string outcome_among_healthy(const settings& s, const std::string& word) {
  pooled p{s};
  std::vector<std::future<outcome>> before;
  std::vector<std::future<outcome>> after;
  for (uint64_t i = 1; i <= 5; ++i)
    before.push_back(p.start(order_of("healthy " + std::to_string(i), i)));
  auto sick = p.start(order_of("says " + word, 50));
  for (uint64_t i = 100; i <= 105; ++i)
    after.push_back(p.start(order_of("healthy " + std::to_string(i), i)));
  for (auto* answers : {&before, &after})
    for (auto& a : *answers)
      BOOST_TEST(code_of(pooled::wait(a)) == "none");
  const auto code = code_of(pooled::wait(sick));
  BOOST_TEST(code_of(p.parse(order_of("healthy again", 200))) == "none");
  return code;
}

bool has_children() {
  int status = 0;
  return ::waitpid(-1, &status, WNOHANG) != -1 || errno != ECHILD;
}

} // namespace

BOOST_AUTO_TEST_SUITE(parser_processes)

BOOST_AUTO_TEST_CASE(documents_are_parsed_in_a_process) {
  pooled p;
  const auto x = p.parse(order_of("<html><head><title>T</title></head><body><p>Hello there</p></body></html>",
                                  1, 1, "text/html"));
  BOOST_REQUIRE_MESSAGE(x, code_of(x));
  BOOST_TEST(x->markdown == "Hello there");
  BOOST_TEST(x->title == "T");
  BOOST_TEST(x->content_type == "text/html");
  BOOST_TEST(x->extraction_method == "html/body");
  BOOST_TEST(p.pool().count().killed == 0u);
}

BOOST_AUTO_TEST_CASE(failures_of_the_parser_come_through) {
  pooled p;
  BOOST_TEST(code_of(p.parse(order_of("\x89PNG\r\n\x1a\n"))) == "unsupported_type");
  BOOST_TEST(code_of(p.parse(order_of("%PDF-1.4"))) == "parse_failed");
  BOOST_TEST(code_of(p.parse(order_of(""))) == "empty_content");
  BOOST_TEST(code_of(p.parse(order_of("{", 1, 1, "application/json"))) == "parse_failed");
}

BOOST_AUTO_TEST_CASE(long_documents_pass_both_ways) {
  pooled p;
  const auto text = repeated("All work and no play. ", 300'000);
  const auto x = p.parse(order_of(text));
  BOOST_REQUIRE_MESSAGE(x, code_of(x));
  BOOST_TEST((x->markdown == text));
}

BOOST_AUTO_TEST_CASE(a_document_may_lie_in_a_file) {
  const auto path = std::filesystem::temp_directory_path() / ("troupe-pool-" + std::to_string(::getpid()));
  std::ofstream{path} << "from a file";
  auto order = order_of("");
  order.body = {};
  order.body.path = path;
  order.body.size = 11;
  pooled p;
  const auto x = p.parse(order);
  std::filesystem::remove(path);
  BOOST_REQUIRE_MESSAGE(x, code_of(x));
  BOOST_TEST(x->markdown == "from a file");
  BOOST_TEST(code_of(p.parse(order)) == "storage_error");
  BOOST_TEST(code_of(p.parse(order_of("healthy"))) == "none");
}

BOOST_AUTO_TEST_CASE(a_page_that_says_too_much_about_itself_is_no_crash) {
  std::string authors;
  for (int i = 0; i < 2'000; ++i)
    authors += (i ? ", \"" : "\"") + std::string(1'000, 'a') + "\"";
  pooled p;
  const auto x =
      p.parse(order_of("<html><script type=\"application/ld+json\">{\"@type\": \"Article\", \"author\": [" +
                           authors + "]}</script><p>Hello there</p></html>",
                       1, 1, "text/html"));
  BOOST_TEST(code_of(x) == "none");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(sick_documents)

BOOST_AUTO_TEST_CASE(one_that_hangs_times_out) {
  auto s = quick();
  s.parse.wall_timeout = 500ms;
  BOOST_TEST(outcome_among_healthy(s, "PARSER-HANGS") == "parse_timeout");
}

BOOST_AUTO_TEST_CASE(one_that_spins_uses_up_its_cpu_time) {
  auto s = quick();
  s.parse.cpu_timeout = 1'000ms;
  BOOST_TEST(outcome_among_healthy(s, "PARSER-SPINS") == "parse_timeout");
}

BOOST_AUTO_TEST_CASE(one_that_bloats_runs_out_of_memory) {
  BOOST_TEST(outcome_among_healthy(quick(), "PARSER-BLOATS") == "parse_memory");
}

BOOST_AUTO_TEST_CASE(one_that_crashes_is_named_so) {
  BOOST_TEST(outcome_among_healthy(quick(), "PARSER-CRASHES") == "parse_crashed");
}

BOOST_AUTO_TEST_CASE(one_that_exits_is_named_so) {
  BOOST_TEST(outcome_among_healthy(quick(), "PARSER-EXITS") == "parse_crashed");
}

BOOST_AUTO_TEST_CASE(one_that_babbles_is_named_so) {
  BOOST_TEST(outcome_among_healthy(quick(), "PARSER-BABBLES") == "parse_crashed");
}

BOOST_AUTO_TEST_CASE(one_that_is_killed_is_named_so) {
  BOOST_TEST(outcome_among_healthy(quick(), "PARSER-KILLED") == "parse_crashed");
}

BOOST_AUTO_TEST_CASE(one_that_stops_times_out) {
  auto s = quick();
  s.parse.wall_timeout = 500ms;
  BOOST_TEST(outcome_among_healthy(s, "PARSER-STOPS") == "parse_timeout");
}

BOOST_AUTO_TEST_CASE(one_that_writes_without_end_is_cut_off) {
  BOOST_TEST(outcome_among_healthy(quick(), "PARSER-WRITES") == "parse_crashed");
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
BOOST_AUTO_TEST_CASE(one_that_wants_out_can_do_nothing) {
  pooled p;
  const auto x = p.parse(order_of("PARSER-ESCAPES"));
  BOOST_REQUIRE_MESSAGE(x, code_of(x));
  BOOST_TEST(x->markdown == "could do: nothing");
}
#endif

BOOST_AUTO_TEST_CASE(a_pdf_is_laid_out_by_a_program_and_read_by_its_parser) {
  const std::string page =
      "BT /F1 24 Tf 72 720 Td (Heading of the page) Tj ET "
      "BT /F1 12 Tf 72 680 Td (A sentence that is long enough to be the body of this page.) Tj ET";
  const std::string pdf = "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 "
                          "0 R]/Count 1>>endobj\n"
                          "3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 "
                          "R/Resources<</Font<</F1 5 0 R>>>>>>endobj\n"
                          "4 0 obj<</Length " +
                          std::to_string(page.size()) + ">>stream\n" + page +
                          "\nendstream endobj\n5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj\n"
                          "trailer<</Root 1 0 R>>\n%%EOF\n";
  pooled p;
  const auto x = p.parse(order_of(pdf, 1, 1, "text/html"));
  BOOST_REQUIRE_MESSAGE(x, code_of(x));
  BOOST_TEST(x->markdown ==
             "# Heading of the page\n\nA sentence that is long enough to be the body of this page.");
  BOOST_TEST(x->content_type == "application/pdf");
  BOOST_TEST(code_of(p.parse(order_of("%PDF-1.4 broken", 2))) == "parse_failed");
  // Given up while its program runs.
  p.start(order_of(pdf, 3));
  p.pool().cancel(item_id{3}, {1, 1});
  BOOST_TEST(code_of(p.parse(order_of("healthy", 4))) == "none");
}

BOOST_AUTO_TEST_CASE(the_end_of_a_process_is_described) {
  pooled p;
  const auto crashed = p.parse(order_of("PARSER-CRASHES"));
  BOOST_REQUIRE(!crashed);
  BOOST_TEST(contains(crashed.error().message, "Segmentation"), crashed.error().message);
  const auto exited = p.parse(order_of("PARSER-EXITS"));
  BOOST_REQUIRE(!exited);
  BOOST_TEST(contains(exited.error().message, "3"), exited.error().message);
}

BOOST_AUTO_TEST_CASE(many_sick_documents_cost_only_themselves) {
  pooled p{quick(2)};
  std::vector<std::future<outcome>> sick;
  std::vector<std::future<outcome>> healthy;
  for (uint64_t i = 0; i < 10; ++i) {
    sick.push_back(p.start(order_of(i % 2 ? "PARSER-CRASHES" : "PARSER-EXITS", 2 * i + 1)));
    healthy.push_back(p.start(order_of("healthy", 2 * i + 2)));
  }
  for (auto& a : sick)
    BOOST_TEST(code_of(pooled::wait(a)) == "parse_crashed");
  for (auto& a : healthy)
    BOOST_TEST(code_of(pooled::wait(a)) == "none");
  BOOST_TEST(p.pool().count().killed == 10u);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(pool_of_parsers)

BOOST_AUTO_TEST_CASE(a_document_at_work_can_be_given_up) {
  pooled p;
  auto hanging = p.start(order_of("PARSER-HANGS", 7, 2));
  auto queued = p.start(order_of("healthy", 8));
  p.pool().cancel(item_id{7}, {1, 1});
  p.pool().cancel(item_id{7}, {0, 2});
  p.pool().cancel(item_id{9}, {1, 2});
  BOOST_TEST((hanging.wait_for(200ms) == std::future_status::timeout));
  p.pool().cancel(item_id{7}, {1, 2});
  BOOST_TEST(code_of(pooled::wait(hanging)) == "cancelled");
  BOOST_TEST(code_of(pooled::wait(queued)) == "none");
}

BOOST_AUTO_TEST_CASE(a_document_that_waits_can_be_given_up) {
  pooled p;
  auto hanging = p.start(order_of("PARSER-HANGS", 1));
  auto waiting = p.start(order_of("healthy", 2));
  p.pool().cancel(item_id{2}, {1, 1});
  BOOST_TEST(code_of(pooled::wait(waiting)) == "cancelled");
  p.pool().cancel(item_id{1}, {1, 1});
  BOOST_TEST(code_of(pooled::wait(hanging)) == "cancelled");
}

BOOST_AUTO_TEST_CASE(orders_past_their_budget_are_given_up) {
  pooled p;
  auto working = order_of("PARSER-HANGS", 1);
  working.work.budget = 300ms;
  auto waiting = order_of("healthy", 2);
  waiting.work.budget = 100ms;
  auto first = p.start(working);
  auto second = p.start(waiting);
  BOOST_TEST(code_of(pooled::wait(second)) == "deadline_exceeded");
  BOOST_TEST(code_of(pooled::wait(first)) == "deadline_exceeded");
}

BOOST_AUTO_TEST_CASE(more_orders_than_there_is_room_for_are_turned_away) {
  auto s = quick();
  s.work.window = 2;
  s.fetch.max_transfers = 2;
  pooled p{s};
  std::vector<std::future<outcome>> answers;
  for (uint64_t i = 1; i <= 50; ++i)
    answers.push_back(p.start(order_of("PARSER-HANGS", i)));
  size_t turned_away = 0;
  for (auto& a : answers) {
    if (a.wait_for(0s) != std::future_status::ready) continue;
    BOOST_TEST(code_of(a.get()) == "overloaded");
    ++turned_away;
  }
  BOOST_TEST(turned_away >= 40u);
  BOOST_TEST(turned_away < 50u);
}

BOOST_AUTO_TEST_CASE(processes_are_replaced_after_their_share) {
  auto s = quick();
  s.parse.documents_per_process = 2;
  pooled p{s};
  for (uint64_t i = 1; i <= 6; ++i)
    BOOST_TEST(code_of(p.parse(order_of("healthy", i))) == "none");
  // The last one is counted after it is answered.
  BOOST_TEST(p.pool().count().documents >= 5u);
  BOOST_TEST(p.pool().count().documents <= 6u);
  BOOST_TEST(p.pool().count().started >= 3u);
  BOOST_TEST(p.pool().count().killed == 0u);
}

BOOST_AUTO_TEST_CASE(a_process_serves_many_documents) {
  pooled p;
  for (uint64_t i = 1; i <= 20; ++i)
    BOOST_TEST(code_of(p.parse(order_of("healthy", i))) == "none");
  BOOST_TEST(p.pool().count().started == 1u);
}

BOOST_AUTO_TEST_CASE(a_pool_that_ends_answers_everything_and_leaves_no_process) {
  pooled p{quick(3)};
  std::vector<std::future<outcome>> answers;
  for (uint64_t i = 1; i <= 10; ++i)
    answers.push_back(p.start(order_of("PARSER-HANGS", i)));
  p.stop();
  for (auto& a : answers) {
    BOOST_REQUIRE((a.wait_for(0s) == std::future_status::ready));
    BOOST_TEST(code_of(a.get()) == "cancelled");
  }
  BOOST_TEST(!has_children());
}

BOOST_AUTO_TEST_CASE(no_process_is_left_after_crashes_and_kills) {
  auto s = quick(2);
  s.parse.wall_timeout = 300ms;
  pooled p{s};
  for (const auto* word : {"PARSER-CRASHES", "PARSER-EXITS", "PARSER-BABBLES", "PARSER-HANGS", "healthy"})
    p.parse(order_of(word));
  p.stop();
  BOOST_TEST(!has_children());
}

BOOST_AUTO_TEST_CASE(a_program_that_cannot_be_started_does_not_hold_orders_for_ever) {
  pooled p{quick(), "/nonexistent/program"};
  auto order = order_of("healthy");
  order.work.budget = 300ms;
  BOOST_TEST(code_of(p.parse(order)) == "deadline_exceeded");
}

BOOST_AUTO_TEST_CASE(a_program_that_is_no_parser_does_not_hold_orders_for_ever) {
  pooled p{quick(), "/bin/true"};
  auto order = order_of("healthy");
  order.work.budget = 500ms;
  BOOST_TEST(!p.parse(order));
}

BOOST_AUTO_TEST_SUITE_END()
