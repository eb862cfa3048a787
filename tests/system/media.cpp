/// Audio, video and the media behind pages, through the real server, ffmpeg and yt-dlp.
#include "tests/fixtures/origin.hpp"
#include "tests/support/server_process.hpp"
#include "tests/support/waiting.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

using namespace troupe::test;
using nlohmann::json;
using namespace std::chrono_literals;

namespace {

std::string read(const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>(in), {}};
}

/// Four seconds of a tone and of one colour, with a subtitle track or without; made once.
class clips {
public:
  clips() {
    write("words.srt", "1\n00:00:00,500 --> 00:00:02,000\nHello from a track\n");
    const std::string made = "cd " + dir_.path() +
                             " && ffmpeg -nostdin -v error -f lavfi -i sine=duration=4 "
                             "-f lavfi -i color=size=64x64:duration=4:rate=5 ";
    const auto sound = made + "-map 0:a -c:a libvorbis sound.ogg";
    const auto film = made + "-i words.srt -map 1:v -map 0:a -map 2:s -c:v mpeg4 -c:a aac -c:s mov_text "
                             "-metadata title='A titled film' -metadata:s:s:0 language=eng film.mp4";
    const auto silent = made + "-map 1:v -c:v mpeg4 -metadata title='A silent film' silent.mp4";
    for (const auto& command : {sound, film, silent})
      if (std::system(command.c_str()) != 0) throw std::runtime_error("ffmpeg failed: " + command);
  }
  std::string path(const std::string& name) const { return dir_.path() + "/" + name; }
  std::string bytes(const std::string& name) const { return read(path(name)); }
  static const clips& all() {
    static const clips made;
    return made;
  }

private:
  void write(const std::string& name, const std::string& text) { std::ofstream{path(name)} << text; }
  scratch dir_;
};

/// A folder with a program of the operator's.
struct program {
  scratch dir;
  std::string path;
  explicit program(const std::string& script)
      : path(dir.path() + "/program") {
    std::ofstream{path} << "#!/bin/sh\n" << script;
    chmod(path.c_str(), 0700);
  }
};

constexpr const char* says_what_it_hears = R"(
channels=$(od -An -tu2 -j22 -N2 "$1" | tr -d ' ')
rate=$(od -An -tu4 -j24 -N4 "$1" | tr -d ' ')
printf 'WEBVTT\n\n00:00:01.000 --> 00:00:02.000\n%s channel at %s\n' "$channels" "$rate"
)";

struct fixture {
  origin o;
  scratch dir;
  std::unique_ptr<server_process> server;

  void serve(std::vector<std::string> set) {
    set.push_back("work.attempts=1");
    server = std::make_unique<server_process>(
        server_options{.data = dir.path(), .set = std::move(set), .allow_network = "127.0.0.1/32"});
  }
  json upload(const std::string& name) {
    const auto body = "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"" + name +
                      "\"\r\n\r\n" + clips::all().bytes(name) + "\r\n--edge--\r\n";
    return server
        ->post("/api/v1/notebooks/1/files/upload/", body,
               {"Content-Type: multipart/form-data; boundary=edge"})
        .json();
  }
  /// The single item of a batch, once it has ended.
  json media_of(const std::string& url) {
    const auto body = json{{"urls", {url}}, {"media_processing", true}}.dump();
    const auto accepted = server->post("/api/v1/notebooks/1/files/parse_url_media/", body).json();
    BOOST_TEST(accepted["message"] == "Batch media processing started for 1 URLs");
    const auto status = server->wait(1, accepted["batch_job_id"]);
    BOOST_TEST(status["batch_job"]["job_type"] == "url_parse_media");
    return status["items"][0];
  }
  std::string text_of(const json& file_id) {
    const auto id = file_id.get<std::string>();
    return server->get("/api/v1/notebooks/files/" + id + "/content/").json()["data"]["content"];
  }
};

bool has(const std::string& text, std::string_view what) {
  return text.find(what) != text.npos;
}

std::string transcriber(const program& p, const std::string& more = {}) {
  return "media.transcriber=[\"" + p.path + "\",\"{wav}\"" + more + "]";
}

/// Processes of this machine whose command line has the word.
unsigned running(const std::string& word) {
  unsigned n = 0;
  for (const auto& e : std::filesystem::directory_iterator("/proc"))
    n += has(read(e.path().string() + "/cmdline"), word);
  return n;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(media, fixture)

BOOST_AUTO_TEST_CASE(subtitles_inside_a_file_are_its_text) {
  serve({});
  const auto made = upload("film.mp4");
  BOOST_TEST(made["extraction_method"] == "media/tracks");
  BOOST_TEST(made["title"] == "A titled film");
  BOOST_TEST(text_of(made["file_id"]) == "**00:00:00** Hello from a track");
  const auto id = made["file_id"].get<std::string>();
  BOOST_TEST(server->get("/api/v1/notebooks/files/" + id + "/raw/").body == clips::all().bytes("film.mp4"));
  const auto row = server->get("/api/v1/notebooks/1/files/").json()["data"][0];
  BOOST_TEST(row["name"] == "A titled film_transcript.md");
  BOOST_TEST(row["content_type"] == "video/mp4");
  BOOST_TEST(row["metadata"]["duration_seconds"] == 4);
}

BOOST_AUTO_TEST_CASE(sound_is_what_the_transcriber_hears) {
  const program p{says_what_it_hears};
  serve({transcriber(p), "media.keep_original=false"});
  const auto made = upload("sound.ogg");
  BOOST_TEST(made["extraction_method"] == "media/transcriber");
  BOOST_TEST(text_of(made["file_id"]) == "**00:00:01** 1 channel at 16000");
  const auto id = made["file_id"].get<std::string>();
  BOOST_TEST(server->get("/api/v1/notebooks/files/" + id + "/raw/").status == 404);
  BOOST_TEST(!std::filesystem::exists(dir.path() + "/media/0"));
}

BOOST_AUTO_TEST_CASE(a_transcriber_may_read_from_standard_input_and_print_plain_text) {
  const program p{"printf 'it came: '; head -c 4\n"};
  serve({"media.transcriber=[\"" + p.path + "\"]"});
  BOOST_TEST(text_of(upload("sound.ogg")["file_id"]) == "it came: RIFF");
}

BOOST_AUTO_TEST_CASE(without_words_the_item_says_so_and_keeps_what_is_known) {
  serve({});
  const auto refused = upload("sound.ogg");
  BOOST_TEST(refused["code"] == "no_transcript");
  o.put("/silent.mp4", "video/mp4", clips::all().bytes("silent.mp4"));
  const auto it = media_of(o.url("/silent.mp4"));
  BOOST_TEST(it["error_code"] == "no_transcript");
  BOOST_TEST(it["media"]["duration_seconds"] == 4);
}

BOOST_AUTO_TEST_CASE(media_behind_a_url_and_behind_a_page_is_found) {
  serve({});
  o.put("/film.mp4", "video/mp4", clips::all().bytes("film.mp4"));
  const auto direct = media_of(o.url("/film.mp4"));
  BOOST_TEST(direct["status"] == "completed");
  BOOST_TEST(text_of(direct["result"]["file_id"]) == "**00:00:00** Hello from a track");
  o.put("/words.vtt", "text/vtt", "WEBVTT\n\n00:01.000 --> 00:02.000\nHello from the site\n");
  o.put("/watch", "text/html",
        "<html><head><title>Watch it</title></head><body><video src=\"/film.mp4\">"
        "<track kind=\"subtitles\" srclang=\"en\" src=\"/words.vtt\"></video></body></html>");
  const auto behind = media_of(o.url("/watch"));
  BOOST_REQUIRE(behind["status"] == "completed");
  BOOST_TEST(text_of(behind["result"]["file_id"]) == "**00:00:01** Hello from the site");
  const auto rows = server->get("/api/v1/notebooks/1/files/").json()["data"];
  BOOST_TEST(rows[0]["extraction_method"] == "media/captions");
  // Captions come first: the media itself was fetched by nobody but the direct request.
  for (const auto& r : o.requests())
    BOOST_TEST(
        (r.path != "/film.mp4" || !r.headers.contains("range") || r.headers.at("range") == "bytes=0-"));
}

BOOST_AUTO_TEST_CASE(a_page_without_captions_is_listened_to) {
  const program p{says_what_it_hears};
  serve({transcriber(p)});
  o.put("/sound.ogg", "audio/ogg", clips::all().bytes("sound.ogg"));
  o.put("/listen", "text/html",
        "<html><head><title>Listen</title></head><body><audio src=\"/sound.ogg\"></audio></body></html>");
  const auto it = media_of(o.url("/listen"));
  BOOST_REQUIRE(it["status"] == "completed");
  const auto id = it["result"]["file_id"].get<std::string>();
  BOOST_TEST(text_of(id) == "**00:00:01** 1 channel at 16000");
  BOOST_TEST(server->get("/api/v1/notebooks/files/" + id + "/raw/").body == clips::all().bytes("sound.ogg"));
}

BOOST_AUTO_TEST_CASE(where_there_is_no_media_the_item_says_so) {
  serve({});
  BOOST_TEST(media_of(o.url("/page/1"))["error_code"] == "no_media");
  o.put("/text", "text/plain", "just text");
  BOOST_TEST(media_of(o.url("/text"))["error_code"] == "no_media");
  BOOST_TEST(media_of(o.url("/status/404"))["error_code"] == "http_4xx");
}

BOOST_AUTO_TEST_CASE(the_finder_is_no_way_round_the_address_check) {
  serve({});
  o.put("/film.mp4", "video/mp4", clips::all().bytes("film.mp4"));
  o.put("/points", "text/html",
        "<html><body><video src=\"" + o.url("/film.mp4", 2) + "\"></video></body></html>");
  o.put("/leads", "text/html",
        "<html><body><video src=\"" + o.url("/redirect/to?" + o.url("/film.mp4", 2)) +
            "\"></video></body></html>");
  BOOST_TEST(media_of(o.url("/points"))["error_code"] == "blocked_address");
  BOOST_TEST(media_of(o.url("/leads"))["error_code"] == "blocked_address");
  for (const auto& r : o.requests())
    BOOST_TEST(r.host.starts_with("127.0.0.1:"));
}

BOOST_AUTO_TEST_CASE(a_finder_that_goes_its_own_way_gets_nowhere) {
  // It tries the origin at an address that may be fetched, without the proxy; and to read, write and stay.
  const program p{"exec >&2\nsetsid sleep 31337.25 &\n"
                  "for try in 'curl -s --noproxy * --max-time 5 " +
                  o.url("/page/1") + "' 'cat /etc/passwd' 'touch " + dir.path() +
                  "/escaped' 'ln -s /etc/passwd link.vtt' 'mkfifo media.info.json'; do\n"
                  "  $try && echo \"could: $try\"\ndone\nexit 1\n"};
  serve({"media.finder=[\"" + p.path + "\"]"});
  const auto it = media_of(o.url("/page/5"));
  BOOST_TEST(it["status"] == "failed");
  BOOST_TEST(!has(it["error"].get<std::string>(), "could:"), it["error"]);
  BOOST_TEST(o.hits()["/page/1"] == 0u);
  BOOST_TEST(!std::filesystem::exists(dir.path() + "/escaped"));
  BOOST_TEST(running("31337.25") == 0u);
}

BOOST_AUTO_TEST_CASE(a_program_that_hangs_is_ended_with_all_that_it_started) {
  const program p{"sleep 31337.5 & sleep 31337.5\n"};
  serve({transcriber(p), "media.timeout_ms=3000"});
  const auto r = upload("sound.ogg");
  BOOST_TEST(r["code"] == "parse_timeout");
  BOOST_TEST(running("31337.5") == 0u);
  BOOST_TEST(server->get("/api/v1/health/").status == 200);
}

BOOST_AUTO_TEST_CASE(what_programs_started_does_not_outlive_the_server) {
  const program p{"setsid sleep 31337.9 &\nkill $! && setsid sleep 31337.9 & sleep 31337.9\n"};
  serve({transcriber(p), "http.single_item_wait_ms=0"});
  upload("sound.ogg");
  wait_until([] { return running("31337.9") > 0; });
  server->kill9();
  serve({});
  wait_until([] { return running("31337.9") == 0; });
}

BOOST_AUTO_TEST_CASE(media_that_waits_keeps_nobody_from_being_worked_on) {
  const program p{"sleep 31337.75\n"};
  serve({transcriber(p), "work.window=2", "http.single_item_wait_ms=0"});
  for (int i = 0; i < 6; ++i)
    upload("sound.ogg");
  const auto batch = server->submit(2, {o.url("/page/1"), o.url("/page/2"), o.url("/page/3")});
  BOOST_TEST(server->wait(2, batch)["batch_job"]["completed_items"] == 3);
  BOOST_TEST(server->terminate() == 0);
  BOOST_TEST(running("31337.75") == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
