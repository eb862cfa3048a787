#include "media/facts.hpp"
#include "media/file.hpp"
#include "media/programs.hpp"

#include <boost/test/unit_test.hpp>

#include <nlohmann/json.hpp>

using namespace troupe;
using nlohmann::json;

BOOST_AUTO_TEST_SUITE(media_facts_of)

BOOST_AUTO_TEST_CASE(a_site_says_who_when_and_how_long) {
  const auto f = media::facts_of_site(R"({"title": " A film ", "uploader": "Someone", "channel": "Other",
    "upload_date": "20240115", "duration": 61.9, "description": "About it", "webpage_url_domain": "a.example"})");
  BOOST_TEST(f.title == "A film");
  const auto about = json::parse(f.metadata);
  BOOST_TEST(about["authors"] == json({"Someone"}));
  BOOST_TEST(about["published"] == "2024-01-15");
  BOOST_TEST(about["duration_seconds"] == 61);
  BOOST_TEST(about["site"] == "a.example");
}

BOOST_AUTO_TEST_CASE(what_is_no_information_gives_none) {
  for (const auto* text :
       {"", "[]", "{", "7", "{\"title\": 5, \"duration\": -1, \"upload_date\": \"soon\"}"}) {
    const auto f = media::facts_of_site(text);
    BOOST_TEST(f.title == "");
    BOOST_TEST(f.metadata == "{}");
    BOOST_TEST(media::caption_languages(text).empty());
    BOOST_TEST(media::contents_of_file(text).has_error());
  }
}

BOOST_AUTO_TEST_CASE(captions_are_those_that_people_made) {
  const auto found = media::caption_languages(R"({"subtitles": {"live_chat": [], "de": [{}], "fr": [{}]}})");
  BOOST_TEST(found == (std::vector<std::string>{"de", "fr"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(only_files_without_a_site_may_have_captions_inside) {
  BOOST_TEST(media::is_plain_file(R"({"extractor_key": "Generic"})"));
  BOOST_TEST(media::is_plain_file(R"({"extractor_key": "HTML5MediaEmbed"})"));
  BOOST_TEST(!media::is_plain_file(R"({"extractor_key": "Youtube"})"));
}

BOOST_AUTO_TEST_CASE(a_file_is_judged_by_its_streams) {
  const auto c = media::contents_of_file(R"({"format": {"format_name": "mov,mp4,m4a", "duration": "4.5",
    "tags": {"TITLE": "A film"}}, "streams": [
    {"codec_type": "video", "codec_name": "h264"}, {"codec_type": "audio", "codec_name": "aac"},
    {"codec_type": "subtitle", "codec_name": "dvd_subtitle", "tags": {"language": "eng"}},
    {"codec_type": "subtitle", "codec_name": "mov_text", "tags": {"language": "deu"}},
    {"codec_type": "subtitle", "codec_name": "subrip", "tags": {"language": "eng"}}]})")
                     .value();
  BOOST_TEST(c.about.title == "A film");
  BOOST_TEST(c.type == "video/mp4");
  BOOST_TEST(c.duration_ms == 4'500u);
  BOOST_TEST(c.has_sound);
  // Pictures of text are no text, but they count among the tracks.
  BOOST_REQUIRE(c.tracks.size() == 2u);
  BOOST_TEST(media::best_track(c, {"en"})->number == 2u);
  BOOST_TEST(media::best_track(c, {"fr", "de"})->number == 1u);
  BOOST_TEST(media::best_track(c, {"fr"})->number == 1u);
}

BOOST_AUTO_TEST_CASE(a_cover_makes_no_video) {
  const auto c = media::contents_of_file(R"({"format": {"format_name": "mp3"}, "streams": [
    {"codec_type": "audio", "codec_name": "mp3"},
    {"codec_type": "video", "codec_name": "mjpeg", "disposition": {"attached_pic": 1}}]})")
                     .value();
  BOOST_TEST(c.type == "audio/mpeg");
  BOOST_TEST(media::best_track(c, {"en"}) == nullptr);
}

BOOST_AUTO_TEST_CASE(languages_are_compared_by_their_main_part) {
  BOOST_TEST(media::speaks("en", "en"));
  BOOST_TEST(media::speaks("en-GB", "en"));
  BOOST_TEST(media::speaks("eng", "en"));
  BOOST_TEST(!media::speaks("de", "en"));
  BOOST_TEST(!media::speaks("enx-y", "en"));
  BOOST_TEST(!media::speaks("en", ""));
}

BOOST_AUTO_TEST_CASE(a_transcript_is_called_after_its_media) {
  document d;
  d.metadata = R"({"language": "xx"})";
  transcript words;
  words.method = "media/captions";
  words.about = {"", R"({"site": "a.example"})"};
  media::describe(d, words, "http://a.example/talks/first%20talk.mp3?x=1");
  BOOST_TEST(d.title == "first talk.mp3");
  BOOST_TEST(d.metadata == R"({"language":"xx","site":"a.example"})");
  words.about.title = "The first talk";
  media::describe(d, words, "http://a.example/");
  BOOST_TEST(d.title == "The first talk");
}

BOOST_AUTO_TEST_CASE(captions_are_named_by_their_format) {
  BOOST_TEST(media::name_of_captions("WEBVTT\n\n") == "transcript.vtt");
  BOOST_TEST(media::name_of_captions("1\n00:00:01,0 --> 00:00:02,0\nx") == "transcript.srt");
  BOOST_TEST(media::name_of_captions("just words") == "transcript.txt");
}

BOOST_AUTO_TEST_CASE(progress_is_read_from_lines) {
  BOOST_TEST(media::percent_in("[download]  42.7% of 3.00MiB").value() == 42u);
  BOOST_TEST(media::percent_in("progress = 100%").value() == 100u);
  BOOST_TEST(!media::percent_in("101%").has_value());
  BOOST_TEST(!media::percent_in("% of nothing").has_value());
  BOOST_TEST(!media::percent_in("no number").has_value());
}

BOOST_AUTO_TEST_SUITE_END()
