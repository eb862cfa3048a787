#include "media/file.hpp"

#include "media/facts.hpp"
#include "model/text.hpp"

namespace troupe::media {
namespace {

constexpr unsigned probing_done = 55;
constexpr unsigned sound_done = 65;
constexpr unsigned hearing_done = 95;
/// Its standard input, by a name under which it can be moved about in.
constexpr const char* input = "file:/proc/self/fd/0";

/// `out_time_us=1234` of ffmpeg's `-progress`, as a percentage of the whole.
std::optional<unsigned> percent_done(std::string_view line, uint64_t duration_ms) {
  constexpr std::string_view key = "out_time_us=";
  if (!line.starts_with(key) || duration_ms == 0) return std::nullopt;
  const auto us = std::strtoll(std::string(line.substr(key.size())).c_str(), nullptr, 10);
  return us < 0
             ? 0u
             : static_cast<unsigned>(std::min<uint64_t>(100, static_cast<uint64_t>(us) / 10 / duration_ms));
}

class media_file {
public:
  media_file(programs& with, const document_file& media)
      : with_(with)
      , media_(media) {}

  result<written_words> words(media_facts& about, std::string& type) {
    auto inside = probe();
    if (!inside) return inside.error();
    about = together(about, inside->about);
    type = inside->type;
    with_.tell(probing_done);
    if (const auto* track = best_track(*inside, with_.options().media.languages))
      if (auto text = captions_in(*track); text && !trim(*text).empty())
        return written_words{std::move(*text), "transcript.vtt", "media/tracks"};
    const auto& transcriber = with_.options().media.transcriber;
    if (!inside->has_sound) return fail(errc::no_transcript, "the media has neither captions nor sound");
    if (transcriber.empty()) return fail(errc::no_transcript);
    if (auto f = sound_to_wav(inside->duration_ms); f.code != errc::none) return f;
    return hear(transcriber);
  }

private:
  result<contents> probe() {
    const auto said =
        with_.run(with_.plan({with_.options().media.ffprobe, "-v", "error", "-protocol_whitelist",
                              "file,pipe", "-print_format", "json", "-show_format", "-show_streams", input}),
                  &media_);
    return said ? contents_of_file(*said) : result<contents>{said.error()};
  }

  std::vector<std::string> ffmpeg(std::vector<std::string> more) const {
    std::vector<std::string> out{
        with_.options().media.ffmpeg, "-nostdin",  "-hide_banner", "-v", "error", "-nostats",
        "-protocol_whitelist",        "file,pipe", "-i",           input};
    out.insert(out.end(), more.begin(), more.end());
    return out;
  }

  result<std::string> captions_in(const contents::track& track) {
    return with_.run(
        with_.plan(ffmpeg({"-map", "0:s:" + std::to_string(track.number), "-f", "webvtt", "pipe:1"})),
        &media_);
  }

  failure sound_to_wav(uint64_t duration_ms) {
    auto plan = with_.plan(ffmpeg({"-progress", "pipe:2", "-map", "0:a:0", "-ac", "1", "-ar", "16000", "-c:a",
                                   "pcm_s16le", "-f", "wav", "-y", wav_}));
    plan.reach.folder = with_.folder();
    plan.on_line = [this, duration_ms](std::string_view line) {
      if (const auto percent = percent_done(line, duration_ms))
        with_.tell(probing_done + *percent * (sound_done - probing_done) / 100);
    };
    const auto done = with_.run(std::move(plan), &media_);
    return done ? fail(errc::none) : done.error();
  }

  result<written_words> hear(const std::vector<std::string>& transcriber) {
    auto arguments = transcriber;
    bool named = false;
    for (auto& a : arguments)
      if (const auto at = a.find("{wav}"); at != a.npos) {
        a.replace(at, 5, wav_);
        named = true;
      }
    auto plan = with_.plan(std::move(arguments));
    plan.reach = {.folder = with_.folder(),
                  .network = with_.options().media.transcriber_network ? tool_reach::net::any
                                                                       : tool_reach::net::none,
                  .processes = true,
                  .trusted = true};
    plan.on_line = [this](std::string_view line) {
      if (const auto percent = percent_in(line))
        with_.tell(sound_done + *percent * (hearing_done - sound_done) / 100);
    };
    content_ref sound;
    sound.path = wav_;
    const auto wav = document_file::open(sound);
    if (!wav) return wav.error();
    auto text = with_.run(std::move(plan), named ? nullptr : &*wav);
    if (!text) return text.error();
    if (trim(*text).empty()) return fail(errc::empty_content, "nothing is said in the media");
    auto name = name_of_captions(*text);
    return written_words{std::move(*text), std::move(name), "media/transcriber"};
  }

  programs& with_;
  const document_file& media_;
  std::string wav_ = with_.folder() + "/sound.wav";
};

} // namespace

result<written_words> words_of_file(programs& with, const document_file& media, media_facts& about,
                                    std::string& type) {
  return media_file(with, media).words(about, type);
}

std::string name_of_captions(std::string_view text) {
  if (trim(text).starts_with("WEBVTT")) return "transcript.vtt";
  return text.find("-->") == text.npos ? "transcript.txt" : "transcript.srt";
}

} // namespace troupe::media
