/// Batches in time: not before, deadlines, how long they stay; through the native API.
#include "tests/fixtures/origin.hpp"
#include "tests/support/server_process.hpp"
#include "tests/system/native.hpp"

#include <boost/test/unit_test.hpp>

using namespace troupe::test;
using nlohmann::json;
using namespace std::chrono_literals;

BOOST_FIXTURE_TEST_SUITE(times, native)

BOOST_AUTO_TEST_CASE(a_batch_goes_by_itself_when_its_time_is_over) {
  start_with({"store.sweep_interval_ms=20"});
  const auto id = create({{"items", pages(1)}, {"expires_after", 1}})["id"].get<std::string>();
  wait_until([&] { return get("/v1/batches/" + id).status == 410; });
}

BOOST_AUTO_TEST_CASE(what_is_not_done_by_its_deadline_expires) {
  const auto soon = rfc3339_in(1500ms);
  const auto whole = create({{"items", pages(20, "/hang?")}, {"deadline", soon}})["id"].get<std::string>();
  auto mixed = pages(1);
  mixed.push_back({{"url", o.url("/hang", 3)}, {"deadline", soon}});
  const auto part = create({{"items", mixed}})["id"].get<std::string>();
  const auto b = ended(whole);
  BOOST_TEST(b["state"] == "expired");
  BOOST_TEST(b["counts"]["expired"] == 20);
  const auto p = ended(part);
  BOOST_TEST(p["state"] == "completed_with_errors");
  BOOST_TEST(p["counts"]["expired"] == 1);
  BOOST_TEST(items(part, "status=expired")["data"][0]["error"]["code"] == "deadline_exceeded");
  wait_until([&] { return o.under_way() == 0; });
}

BOOST_AUTO_TEST_CASE(a_batch_that_is_held_open_ends_at_its_deadline) {
  const auto id = create({{"items", pages(2)}, {"sealed", false}, {"deadline", rfc3339_in(1500ms)}})["id"]
                      .get<std::string>();
  wait_until([&] { return batch(id)["counts"]["succeeded"] == 2; });
  BOOST_TEST(ended(id)["state"] == "completed");
  BOOST_TEST(post("/v1/batches/" + id + "/items", {{"items", pages(1)}}).status == 409);
}

BOOST_AUTO_TEST_CASE(nothing_begins_before_its_time) {
  const auto at = rfc3339_in(1000ms);
  auto some = pages(1);
  some.push_back({{"url", o.url("/page/50")}, {"not_before", at}});
  const auto id = create({{"items", some}})["id"].get<std::string>();
  wait_until([&] { return batch(id)["counts"]["succeeded"] == 1; });
  const auto later = items(id, "status=pending")["data"];
  if (!later.empty())
    BOOST_TEST(get("/v1/items/" + later[0]["id"].get<std::string>() + "/why").json()["waiting_for"] ==
               "not_before");
  BOOST_TEST(ended(id)["counts"]["succeeded"] == 2);
  BOOST_TEST(items(id)["data"][1]["updated_at"].get<std::string>() >= at);
}

BOOST_AUTO_TEST_CASE(batches_begin_when_their_time_has_come) {
  const auto first = rfc3339_in(700ms);
  const auto second = rfc3339_in(900ms);
  const auto later = create({{"items", pages(2)}, {"not_before", second}})["id"].get<std::string>();
  const auto sooner = create({{"items", pages(2)}, {"not_before", first}})["id"].get<std::string>();
  BOOST_TEST(batch(later)["counts"]["succeeded"] == 0);
  for (const auto& [id, at] : {std::pair{sooner, first}, std::pair{later, second}}) {
    BOOST_TEST(ended(id)["counts"]["succeeded"] == 2);
    const auto rows = items(id);
    for (const auto& x : rows["data"])
      BOOST_TEST(x["updated_at"].get<std::string>() >= at);
  }
}

BOOST_AUTO_TEST_CASE(a_retry_before_its_time_makes_no_batch_forget_to_begin) {
  const auto at = rfc3339_in(1500ms);
  const auto refused = o.url("/" + std::string(3'000, 'x'));
  const auto id =
      create({{"items", {refused, o.url("/page/1")}}, {"not_before", at}})["id"].get<std::string>();
  BOOST_TEST(post("/v1/batches/" + id + "/retry", {{"items", "failed"}}).status == 202);
  const auto other = create({{"items", pages(2)}, {"not_before", at}})["id"].get<std::string>();
  post("/v1/batches/" + other + "/cancel");
  wait_until([&] { return batch(other)["state"] == "cancelled"; });
  BOOST_TEST(post("/v1/batches/" + other + "/retry", {{"items", "all"}}).status == 202);
  BOOST_TEST(ended(id)["counts"]["succeeded"] == 1);
  BOOST_TEST(ended(other)["counts"]["succeeded"] == 2);
  const auto rows = items(other);
  for (const auto& x : rows["data"])
    BOOST_TEST(x["updated_at"].get<std::string>() >= at);
}

BOOST_AUTO_TEST_CASE(times_far_away_are_times_all_the_same) {
  const auto id = create({{"items",
                           {{{"url", o.url("/page/1")}, {"not_before", "9999-01-01T00:00:00Z"}},
                            {{"url", o.url("/page/2")}, {"deadline", "9999-01-01T00:00:00Z"}}}},
                          {"deadline", "9999-12-31T23:59:59Z"}})["id"]
                      .get<std::string>();
  wait_until([&] { return batch(id)["counts"]["succeeded"] == 1; });
  const auto waiting = items(id, "status=pending")["data"];
  BOOST_REQUIRE(waiting.size() == 1u);
  BOOST_TEST(get("/v1/items/" + waiting[0]["id"].get<std::string>() + "/why").json()["waiting_for"] ==
             "not_before");
  BOOST_TEST(o.hits()["/page/1"] == 0u);
}

BOOST_AUTO_TEST_CASE(a_retry_leaves_a_deadline_that_has_passed_behind) {
  const auto at = rfc3339_in(800ms);
  const auto id = create({{"items", pages(2)}, {"deadline", at}})["id"].get<std::string>();
  BOOST_TEST(ended(id)["counts"]["succeeded"] == 2);
  wait_until([&] { return rfc3339_in(0ms) > at; });
  post("/v1/batches/" + id + "/retry", {{"items", "all"}});
  const auto again = ended(id);
  BOOST_TEST(again["counts"]["succeeded"] == 2);
  BOOST_TEST(again["state"] == "completed");
}

BOOST_AUTO_TEST_SUITE_END()
