#include "media/site.hpp"

#include "media/checked_proxy.hpp"
#include "media/facts.hpp"
#include "media/left_file.hpp"
#include "model/text.hpp"

#include <algorithm>
#include <filesystem>
#include <iterator>

namespace troupe::media {
namespace {

constexpr unsigned finding_done = 10;
constexpr unsigned download_done = 50;
constexpr size_t longest_info = 16u << 20;

/// What the finder's complaints mean; it has no codes.
struct meaning {
  std::string_view words;
  errc code;
};
constexpr meaning meanings[] = {
    {"unsupported url", errc::no_media},   {"no video formats", errc::no_media},
    {"no media found", errc::no_media},    {"there's no video", errc::no_media},
    {"there is no video", errc::no_media}, {"no video could be found", errc::no_media},
    {"no formats", errc::no_media},        {"is not a valid url", errc::no_media},
    {"http error 429", errc::http_429},    {"http error 4", errc::http_4xx},
    {"http error 5", errc::http_5xx},      {"larger than max-filesize", errc::too_large},
    {"timed out", errc::read_timeout},
};

/// The last line of a complaint, without what is advice for who runs the program by hand.
std::string last_line(std::string_view text) {
  text = trim(text);
  const auto from = text.find_last_of("\r\n");
  auto line = from == text.npos ? text : text.substr(from + 1);
  if (line.starts_with("ERROR: ")) line.remove_prefix(7);
  return std::string(trim(line.substr(0, line.find("; please report"))));
}

failure explain(const failure& complained) {
  if (complained.code != errc::parse_failed) return complained;
  const auto f = fail(complained.code, last_line(complained.text()));
  const auto said = ascii_lower(f.text());
  for (const auto& m : meanings)
    if (said.find(m.words) != said.npos) return fail(m.code, f.message);
  return fail(errc::fetch_failed, f.message);
}

class site {
public:
  site(programs& with, const std::string& url)
      : with_(with)
      , url_(url)
      , info_(with.folder() + "/media.info.json") {}

  result<finding_on_site> find(media_facts& about) {
    const auto& o = with_.options();
    if (o.media.finder.empty()) return fail(errc::no_converter, "media.finder is not set");
    if (auto f = look(); f.code != errc::none) return f;
    const auto info = read_info();
    about = facts_of_site(info);
    with_.tell(finding_done);
    if (auto path = captions(info); !path.empty()) return finding_on_site{std::move(path), true};
    // A site keeps captions apart; only a plain file may have some inside.
    if (o.media.transcriber.empty() && !is_plain_file(info)) return fail(errc::no_transcript);
    auto path = download();
    if (!path) return path.error();
    return finding_on_site{std::move(*path), false};
  }

private:
  /// Information on the media, and captions in the languages that are wanted.
  failure look() {
    std::string wanted;
    for (const auto& language : with_.options().media.languages)
      wanted += (wanted.empty() ? "" : ",") + language + "," + language + "-.*";
    std::vector<std::string> more{"--write-info-json", "--skip-download", "--write-subs",
                                  "--write-auto-subs", "--sub-format",    "vtt/srt/best"};
    if (!wanted.empty()) more.insert(more.end(), {"--sub-langs", wanted});
    more.insert(more.end(), {"--", url_});
    return run(std::move(more), 0, finding_done);
  }

  std::string read_info() const {
    auto file = left_file::open(info_);
    auto text = file ? file->read_all(longest_info) : result<std::string>{file.error()};
    return text ? std::move(*text) : std::string{};
  }

  std::string captions(const std::string& info) {
    if (auto path = captions_there(); !path.empty()) return path;
    const auto languages = caption_languages(info);
    if (languages.empty()) return {};
    const auto f = run({"--load-info-json", info_, "--skip-download", "--write-subs", "--sub-format",
                        "vtt/srt/best", "--sub-langs", languages.front()},
                       finding_done, finding_done);
    return f.code == errc::none ? captions_there() : std::string{};
  }

  /// In the order of the languages that are wanted; any other comes last.
  std::string captions_there() const {
    std::vector<std::pair<size_t, std::string>> found;
    const auto& wanted = with_.options().media.languages;
    for (const auto& file : left_files(with_.folder())) {
      const std::filesystem::path name{file};
      if (name.extension() != ".vtt" && name.extension() != ".srt") continue;
      const auto language = name.stem().extension().string();
      const auto at = std::find_if(wanted.begin(), wanted.end(), [&](const std::string& w) {
        return language.size() > 1 && speaks(std::string_view(language).substr(1), w);
      });
      found.emplace_back(at - wanted.begin(), with_.folder() + "/" + file);
    }
    return found.empty() ? std::string{} : std::min_element(found.begin(), found.end())->second;
  }

  result<std::string> download() {
    const auto most = std::to_string(with_.options().media.max_bytes);
    const auto* format = with_.options().media.transcriber.empty() ? "best/bestaudio" : "bestaudio/best";
    if (auto f = run({"--load-info-json", info_, "-f", format, "--max-filesize", most, "--fixup", "never"},
                     finding_done, download_done);
        f.code != errc::none)
      return f;
    for (const auto& file : left_files(with_.folder()))
      if (!file.ends_with(".json") && !file.ends_with(".part")) return with_.folder() + "/" + file;
    // It ends well without a file when the file is larger than it may be.
    return fail(errc::too_large, "the media is larger than media.max_bytes");
  }

  failure run(std::vector<std::string> more, unsigned from, unsigned to) {
    const auto& o = with_.options();
    checked_proxy proxy{address_policy::of(o.fetch.allow_networks),
                        {.bytes = static_cast<uint64_t>(o.media.max_bytes), .idle = o.fetch.stall_timeout}};
    auto arguments = o.media.finder;
    arguments.insert(arguments.end(),
                     {"--ignore-config", "--no-cache-dir", "--no-playlist", "--playlist-items", "1",
                      "--no-write-playlist-metafiles", "--no-mtime", "--newline", "--socket-timeout", "20",
                      "--proxy", "http://127.0.0.1:" + std::to_string(tool_proxy_port), "--user-agent",
                      o.fetch.user_agent, "-o", "media.%(ext)s"});
    std::move(more.begin(), more.end(), std::back_inserter(arguments));
    auto plan = with_.plan(std::move(arguments));
    plan.reach.folder = with_.folder();
    plan.reach.reads = o.media.finder_reads;
    plan.reach.network = tool_reach::net::proxy;
    plan.reach.processes = true;
    plan.on_listener = [&proxy](int listener) { proxy.serve(listener); };
    plan.on_line = [this, from, to](std::string_view line) {
      if (const auto percent = percent_in(line)) with_.tell(from + *percent * (to - from) / 100);
    };
    const auto done = with_.run(std::move(plan), nullptr);
    if (done) return fail(errc::none);
    if (proxy.refused()) return fail(errc::blocked_address);
    if (const auto why = proxy.unreachable(); why != errc::none) return fail(why);
    if (proxy.exhausted()) return fail(errc::too_large, "the media is larger than media.max_bytes");
    return explain(done.error());
  }

  programs& with_;
  const std::string& url_;
  std::string info_;
};

} // namespace

result<finding_on_site> find_on_site(programs& with, const std::string& url, media_facts& about) {
  return site(with, url).find(about);
}

} // namespace troupe::media
