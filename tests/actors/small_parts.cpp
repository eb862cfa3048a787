/// Intake, hub, the verdict on failures, and messages on a wire.
#include "actors/hub.hpp"
#include "actors/retry.hpp"
#include "actors/wire_types.hpp"

#include <boost/test/unit_test.hpp>

#include <caf/binary_deserializer.hpp>
#include <caf/binary_serializer.hpp>

#include <thread>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

template <class T>
T over_the_wire(T x) {
  caf::actor_system_config config;
  config.add_message_types<caf::id_block::troupe>();
  caf::actor_system sys{config};
  std::vector<char> buffer;
  caf::binary_serializer out{sys, buffer};
  BOOST_REQUIRE(!out(x));
  T back;
  caf::binary_deserializer in{sys, buffer};
  BOOST_REQUIRE(!in(back));
  return back;
}

} // namespace

BOOST_AUTO_TEST_SUITE(small_parts)

BOOST_AUTO_TEST_CASE(intake_checks_and_finds_what_it_has_seen) {
  intake in{{.items = 5, .url_bytes = 100, .upload_id_bytes = 10}};
  BOOST_TEST(in.add(" HTTP://A.example/x#part "));
  BOOST_TEST(in.add("http://a.example/x"));
  BOOST_TEST(in.add("ftp://a.example/"));
  BOOST_TEST(in.add("http://a.example/y", "12345"));
  BOOST_TEST(in.add("http://a.example/" + std::string(100, 'y')));
  BOOST_TEST(!in.add("http://a.example/z"));
  BOOST_TEST(in.refused() == 3u);
  const auto items = in.take();
  BOOST_REQUIRE(items.size() == 5u);
  BOOST_TEST(items[0].url == "http://a.example/x");
  BOOST_TEST((items[1].same_as == std::optional<uint32_t>{0}));
  BOOST_TEST((items[2].refused.code == errc::unsupported_scheme));
  BOOST_TEST((items[3].refused.code == errc::invalid_request));
  BOOST_TEST((items[4].refused.code == errc::url_too_long));
}

BOOST_AUTO_TEST_CASE(the_hub_tells_who_listens_and_forgets_who_left) {
  hub h;
  int stages = 0, events = 0;
  {
    const auto all = h.listen(batch_id{1}, news::stages, [&] { ++stages; });
    const auto durable = h.listen(batch_id{1}, news::events, [&] { ++events; });
    h.set({batch_id{1}, 0}, phase::fetching);
    h.set({batch_id{2}, 0}, phase::fetching);
    h.set({batch_id{1}, 0}, phase::parsing);
    BOOST_TEST(stages == 2);
    BOOST_TEST(events == 0);
    h.publish({{.number = event_number{1}, .kind = event_kind::batch_changed, .batch = batch_id{1}},
               {.number = event_number{2}, .kind = event_kind::batch_changed, .batch = batch_id{1}},
               {.number = event_number{3}, .kind = event_kind::batch_changed, .batch = batch_id{2}}});
  }
  h.set({batch_id{1}, 0}, phase::persisting);
  BOOST_TEST(stages == 3);
  BOOST_TEST(events == 1);
  BOOST_REQUIRE(h.in_work(batch_id{1}).size() == 1u);
  BOOST_TEST((h.in_work(batch_id{1})[0].now == phase::persisting));
  h.clear({batch_id{1}, 0});
  BOOST_TEST(h.in_work(batch_id{1}).empty());
}

BOOST_AUTO_TEST_CASE(an_item_whose_end_is_told_is_in_work_no_more) {
  hub h;
  for (const uint32_t index : {0, 1, 2})
    h.set({batch_id{1}, index}, phase::persisting);
  BOOST_TEST(h.count_in_work(batch_id{1}).items == 3u);
  h.publish(
      {{.number = event_number{7}, .kind = event_kind::item_finished, .batch = batch_id{1}, .index = 1},
       {.number = event_number{8}, .kind = event_kind::attempt_failed, .batch = batch_id{1}, .index = 2},
       {.number = event_number{9}, .kind = event_kind::batch_changed, .batch = batch_id{1}}});
  const auto left = h.count_in_work(batch_id{1});
  BOOST_TEST(left.items == 1u);
  BOOST_TEST(raw(left.told) == 9u);
  BOOST_TEST(h.in_work(batch_id{1})[0].index == 0u);
}

BOOST_AUTO_TEST_CASE(who_counts_items_in_work_sees_each_synced_write_whole) {
  constexpr uint32_t items = 8;
  hub h;
  std::atomic<bool> ended = false;
  std::jthread work([&] {
    for (uint64_t number = 0; number < 20'000 * items;) {
      std::vector<event> ends;
      for (uint32_t index = 0; index < items; ++index) {
        h.set({batch_id{1}, index}, phase::fetching);
        ends.push_back({.number = event_number{++number},
                        .kind = event_kind::item_finished,
                        .batch = batch_id{1},
                        .index = index});
      }
      h.publish(ends);
    }
    ended = true;
  });
  hub::count last;
  uint64_t torn = 0, fell = 0;
  while (!ended) {
    const auto now = h.count_in_work(batch_id{1});
    torn += raw(now.told) != now.synced * items;
    // Between two synced writes items only begin.
    fell += now.synced == last.synced && now.items < last.items;
    last = now;
  }
  BOOST_TEST(torn == 0u);
  BOOST_TEST(fell == 0u);
  BOOST_TEST(h.count_in_work(batch_id{1}).items == 0u);
}

BOOST_AUTO_TEST_CASE(backoff_doubles_has_jitter_and_a_limit) {
  settings s;
  s.work.attempts = 100;
  item x;
  BOOST_TEST((judge(fail(errc::http_5xx), x, s, 0.0).delay == 500ms));
  BOOST_TEST((judge(fail(errc::http_5xx), x, s, 0.999).delay > 990ms));
  x.attempts = 3;
  BOOST_TEST((judge(fail(errc::http_5xx), x, s, 0.0).delay == 4'000ms));
  x.attempts = 60;
  BOOST_TEST((judge(fail(errc::http_5xx), x, s, 0.999).delay <= s.work.backoff_limit));
  BOOST_TEST((judge(fail(errc::http_4xx), x, s, 0.5).to == item_state::failed));
  auto asked = fail(errc::http_429);
  asked.retry_after = 3600s;
  BOOST_TEST((judge(asked, x, s, 0.5).delay == s.work.retry_after_limit));
}

BOOST_AUTO_TEST_CASE(messages_survive_a_wire) {
  failure f{errc::http_429, "slow down", 429, 7s};
  BOOST_TEST((over_the_wire(f) == f));
  BOOST_TEST((over_the_wire(fail(errc::none)) == fail(errc::none)));
  fetch_order order;
  order.work = {item_id{make_id(3, 77)}, {4, 5}, 6s};
  order.url = "http://a.example/";
  order.known = known_url{source_id{9}, "\"tag\"", "yesterday", timestamp{8s}};
  order.max_bytes = 10;
  const auto o = over_the_wire(order);
  BOOST_TEST((o.work.item == order.work.item && o.work.token == order.work.token && o.work.budget == 6s));
  BOOST_REQUIRE(o.known.has_value());
  BOOST_TEST((o.known->etag == "\"tag\"" && o.known->fetched == timestamp{8s} && o.max_bytes == 10));
  order.known.reset();
  BOOST_TEST(!over_the_wire(order).known.has_value());
}

BOOST_AUTO_TEST_CASE(content_crosses_with_its_bytes_and_without_its_file) {
  fetch_result r;
  r.page.body = make_content("some bytes");
  r.page.final_url = "http://b.example/";
  const auto got = over_the_wire(r);
  BOOST_TEST(got.page.body.view() == "some bytes");
  BOOST_TEST((got.page.body.hash == sha256("some bytes")));
  content_ref large;
  large.hash = sha256("large");
  large.size = 5;
  large.path = "/somewhere/here";
  const auto there = over_the_wire(large);
  BOOST_TEST(there.path.empty());
  BOOST_TEST(!there.bytes);
  BOOST_TEST(there.size == 5u);
  const auto p = over_the_wire(
      parse_order{work_order{item_id{1}, {1, 1}, 1s}, "http://c.example/", "text/html", make_content("x")});
  BOOST_TEST(p.url == "http://c.example/");
  const auto d =
      over_the_wire(parse_result{fail(errc::none), {"# text", "title", "text/html", "html/article", "{}"}});
  BOOST_TEST(d.text.markdown == "# text");
}

BOOST_AUTO_TEST_CASE(what_nodes_tell_each_other_crosses_a_wire) {
  node_card card;
  card.name = "w1";
  card.instance = "i";
  card.role = "work";
  card.number = 7;
  card.address = "w1:9070";
  card.version = "1";
  card.transfers = 256;
  card.window = 128;
  card.media = card.draining = true;
  card.serving = {"a:1", "b:2"};
  const auto other = over_the_wire(card);
  BOOST_TEST(other.name == card.name);
  BOOST_TEST(other.instance == card.instance);
  BOOST_TEST(other.role == card.role);
  BOOST_TEST(other.number == card.number);
  BOOST_TEST(other.address == card.address);
  BOOST_TEST(other.version == card.version);
  BOOST_TEST(other.transfers == card.transfers);
  BOOST_TEST(other.window == card.window);
  BOOST_TEST((other.media && other.draining));
  BOOST_TEST(other.serving == card.serving);

  const auto m = over_the_wire(host_message{host_message::kind::unused, "a:80", 3, 9});
  BOOST_TEST((m.what == host_message::kind::unused));
  BOOST_TEST(m.host == "a:80");
  BOOST_TEST(m.count == 3u);
  BOOST_TEST(m.round == 9u);

  const auto part = over_the_wire(record_part{5, true, true, false, {"x", std::string("\0y", 2)}});
  BOOST_TEST(part.version == 5u);
  BOOST_TEST((part.back && part.first && !part.last));
  BOOST_TEST(part.rows.at(1).size() == 2u);

  parse_answer a;
  a.result.text.markdown = "# Words";
  a.result.error = fail(errc::no_text, "none");
  a.rest = make_content("rest");
  a.original = make_content("original");
  const auto back = over_the_wire(a);
  BOOST_TEST(back.result.text.markdown == "# Words");
  BOOST_TEST((back.result.error == a.result.error));
  BOOST_TEST((back.rest.hash == a.rest.hash));
  BOOST_TEST(back.original.view() == "original");
}

BOOST_AUTO_TEST_SUITE_END()
