#include "media/site.hpp"

#include "media/checked_proxy.hpp"
#include "media/facts.hpp"
#include "model/text.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
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

failure explain(const failure& f) {
  if (f.code != errc::parse_failed) return f;
  const auto said = ascii_lower(f.text());
  for (const auto& m : meanings)
    if (said.find(m.words) != said.npos) return fail(m.code, f.message);
  return fail(errc::fetch_failed, f.message);
}

std::string read_file(const std::string& path, size_t most) {
  std::ifstream in{path, std::ios::binary};
  std::string out(most, '\0');
  in.read(out.data(), static_cast<std::streamsize>(most));
  out.resize(static_cast<size_t>(in.gcount()));
  return out;
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
    const auto info = read_file(info_, longest_info);
    about = facts_of_site(info);
    with_.tell(finding_done);
    if (auto path = captions(info); !path.empty()) return finding_on_site{about, std::move(path), true};
    // A site keeps captions apart; only a plain file may have some inside.
    if (o.media.transcriber.empty() && !is_plain_file(info)) return fail(errc::no_transcript);
    auto path = download();
    if (!path) return path.error();
    return finding_on_site{about, std::move(*path), false};
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
    for (const auto& e : std::filesystem::directory_iterator(with_.folder())) {
      const auto ending = e.path().extension();
      if (ending != ".vtt" && ending != ".srt") continue;
      const auto language = e.path().stem().extension().string();
      const auto at = std::find_if(wanted.begin(), wanted.end(), [&](const std::string& w) {
        return language.size() > 1 && speaks(std::string_view(language).substr(1), w);
      });
      found.emplace_back(at - wanted.begin(), e.path().string());
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
    for (const auto& e : std::filesystem::directory_iterator(with_.folder()))
      if (e.is_regular_file() && e.path().extension() != ".json" && e.path().extension() != ".part")
        return e.path().string();
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
