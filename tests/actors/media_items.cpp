/// Items whose words come from media, in virtual time.
#include "tests/actors/world.hpp"

#include <boost/test/unit_test.hpp>

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;

namespace {

const std::string page = "http://a.example/watch";

/// Pages are pages, captions are text.
parse_result page_or_words(const parse_order& o) {
  auto r = text_of(o);
  r.text.content_type = o.url.ends_with(".vtt") ? "text/vtt" : "text/html";
  return r;
}

parse_result media_itself(const parse_order& o) {
  if (o.url.ends_with(".vtt")) return page_or_words(o);
  parse_result r;
  r.text.media = true;
  r.text.content_type = "video/mp4";
  return r;
}

listen_result words(const media_order&) {
  listen_result r;
  r.words.text = make_content("WEBVTT");
  r.words.name = "transcript.vtt";
  r.words.method = "media/captions";
  r.words.about = {"A talk", R"({"duration_seconds":4})"};
  r.words.original = make_content("the media");
  r.words.content_type = "video/mp4";
  return r;
}

struct media_world : world {
  media_world() {
    parser.answer = page_or_words;
    listener.answer = words;
  }
  batch submit_media(const std::vector<std::string>& urls) {
    return submit(urls, {}, job_type::url_parse_media);
  }
  item only(const batch& b) { return items(b.id)[0]; }
  attempt_token token_of(size_t held) { return listener.held[held].order.work.token; }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(media_items, media_world)

BOOST_AUTO_TEST_CASE(a_page_leads_to_its_media_and_that_to_a_source) {
  const auto b = submit_media({page});
  run();
  BOOST_REQUIRE((only(b).state == item_state::succeeded));
  BOOST_REQUIRE(listener.asked.size() == 1u);
  BOOST_TEST(listener.asked[0].url == page);
  BOOST_TEST(listener.asked[0].body.empty());
  const auto made = store.find_source(only(b).source).value();
  BOOST_TEST(made.title == "A talk");
  BOOST_TEST(made.extraction_method == "media/captions");
  BOOST_TEST((made.original == sha256("the media")));
  BOOST_TEST(verify().empty());
}

BOOST_AUTO_TEST_CASE(media_at_hand_is_listened_to_whatever_was_asked_for) {
  parser.answer = media_itself;
  options.media.keep_original = false;
  const auto b = submit({page});
  run();
  BOOST_REQUIRE((only(b).state == item_state::succeeded));
  BOOST_TEST(!listener.asked[0].body.empty());
  BOOST_TEST(store.find_source(only(b).source)->original.empty());
}

BOOST_AUTO_TEST_CASE(a_page_that_is_wanted_as_a_page_is_one) {
  submit({page});
  run();
  BOOST_TEST(listener.asked.empty());
}

BOOST_AUTO_TEST_CASE(what_is_known_of_media_that_failed_is_kept) {
  listener.answer = [](const media_order& o) {
    auto r = words(o);
    r.error = fail(errc::no_transcript);
    return r;
  };
  const auto b = submit_media({page});
  run();
  BOOST_TEST((only(b).error.code == errc::no_transcript));
  BOOST_TEST(only(b).about == R"({"duration_seconds":4})");
}

BOOST_AUTO_TEST_CASE(media_that_waits_takes_no_place_in_the_window) {
  options.work.window = 2;
  with = start_services().with;
  listener.answer = nullptr;
  submit_media({page, page + "2", page + "3", page + "4"});
  run();
  BOOST_TEST(listener.held.size() == 4u);
  const auto b = submit({"http://b.example/1"});
  run();
  BOOST_TEST((stored(b.id).state == batch_state::completed));
}

BOOST_AUTO_TEST_CASE(no_more_media_is_fetched_ahead_than_allowed) {
  options.media.lookahead = 2;
  listener.answer = nullptr;
  submit_media({page, page + "2", page + "3", page + "4"});
  run();
  BOOST_TEST(listener.held.size() == 2u);
}

BOOST_AUTO_TEST_CASE(progress_is_shown_while_it_is_of_this_attempt) {
  listener.answer = nullptr;
  const auto b = submit_media({page});
  run();
  const auto s = supervisors.at(b.id);
  caf::anon_send(s, progress_atom_v, uint32_t{0}, token_of(0), uint32_t{40});
  caf::anon_send(s, progress_atom_v, uint32_t{0}, attempt_token{9, 9}, uint32_t{90});
  run();
  BOOST_TEST(listeners.in_work(b.id)[0].percent == 40);
}

BOOST_AUTO_TEST_CASE(cancelling_ends_the_programs) {
  listener.answer = nullptr;
  const auto b = submit_media({page});
  run();
  BOOST_REQUIRE(listener.held.size() == 1u);
  caf::anon_send(supervisors.at(b.id), cancel_atom_v);
  run();
  BOOST_TEST(listener.cancelled.size() == 1u);
  BOOST_TEST((stored(b.id).state == batch_state::cancelled));
}

BOOST_AUTO_TEST_SUITE_END()
