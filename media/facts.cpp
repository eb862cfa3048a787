#include "media/facts.hpp"

#include "model/text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace troupe::media {
namespace {

using json = nlohmann::ordered_json;

constexpr size_t longest_text = 5'000;

json parse_object(std::string_view text) {
  auto x = json::parse(text, nullptr, false);
  return x.is_object() ? std::move(x) : json::object();
}

/// The member, if it is an object or an array as wanted; else an empty one.
json member(const json& x, const char* key, json otherwise) {
  const auto it = x.find(key);
  return it != x.end() && it->type() == otherwise.type() ? *it : std::move(otherwise);
}
json object_in(const json& x, const char* key) {
  return member(x, key, json::object());
}
bool is_one(const json& x, const char* key) {
  const auto it = x.find(key);
  return it != x.end() && *it == 1;
}

/// The member as a text of bounded length; empty when it is something else.
std::string text_of(const json& x, const char* key) {
  const auto it = x.find(key);
  if (it == x.end() || !it->is_string()) return {};
  return std::string(trim(valid_utf8(it->get_ref<const std::string&>().substr(0, longest_text))));
}

std::string first_text(const json& x, std::initializer_list<const char*> keys) {
  for (const auto* key : keys)
    if (auto text = text_of(x, key); !text.empty()) return text;
  return {};
}

void put(json& into, const char* key, std::string text) {
  if (!text.empty()) into[key] = std::move(text);
}

/// `2024-01-15` of `20240115`.
std::string date_of(const std::string& digits) {
  if (digits.size() != 8 || digits.find_first_not_of("0123456789") != digits.npos) return {};
  return digits.substr(0, 4) + "-" + digits.substr(4, 2) + "-" + digits.substr(6);
}

/// Seconds as a number or a text, in milliseconds.
uint64_t milliseconds_of(const json& x, const char* key) {
  const auto it = x.find(key);
  double seconds = 0;
  if (it != x.end() && it->is_number()) seconds = it->get<double>();
  if (it != x.end() && it->is_string())
    seconds = std::strtod(it->get_ref<const std::string&>().c_str(), nullptr);
  return seconds > 0 && seconds < 1e9 ? static_cast<uint64_t>(seconds * 1'000) : 0;
}

std::string dump(const json& x) {
  return x.dump(-1, ' ', false, json::error_handler_t::replace);
}

/// Codecs of subtitles that are pictures cannot be read.
bool is_text_codec(std::string_view codec) {
  constexpr std::string_view known[] = {"subrip",   "srt",  "ass",  "ssa",     "webvtt",
                                        "mov_text", "text", "ttml", "eia_608", "hdmv_text_subtitle"};
  return std::find(std::begin(known), std::end(known), codec) != std::end(known);
}

/// A cover is a video stream of one picture.
bool is_cover(const json& stream) {
  return is_one(object_in(stream, "disposition"), "attached_pic");
}

std::string type_of(const std::string& format, bool video) {
  constexpr std::pair<std::string_view, std::string_view> names[] = {
      {"mp4", "mp4"},  {"webm", "webm"}, {"matroska", "x-matroska"}, {"ogg", "ogg"},
      {"mp3", "mpeg"}, {"wav", "wav"},   {"flac", "flac"},           {"avi", "x-msvideo"}};
  for (const auto& [part, name] : names)
    if (format.find(part) != format.npos) return (video ? "video/" : "audio/") + std::string(name);
  return video ? "video/x-unknown" : "audio/x-unknown";
}

/// Names of tags in the case that files happen to use.
std::string tag_of(const json& tags, std::string_view name) {
  for (const auto& [key, value] : tags.items())
    if (ascii_lower(key) == name && value.is_string()) return text_of(tags, key.c_str());
  return {};
}

/// The first medium of a page is called after the page, with a number.
std::string title_on_site(const json& x) {
  auto title = text_of(x, "title");
  const auto page = text_of(x, "playlist_title");
  return !page.empty() && title == page + " (1)" ? page : title;
}

} // namespace

media_facts facts_of_site(std::string_view info_json) {
  const auto x = parse_object(info_json);
  json about = json::object();
  if (auto author = first_text(x, {"artist", "creator", "uploader", "channel"}); !author.empty())
    about["authors"] = json::array({std::move(author)});
  put(about, "published", date_of(first_text(x, {"release_date", "upload_date"})));
  put(about, "description", text_of(x, "description"));
  put(about, "language", text_of(x, "language"));
  put(about, "site", first_text(x, {"webpage_url_domain", "extractor_key"}));
  put(about, "image", text_of(x, "thumbnail"));
  if (const auto duration = milliseconds_of(x, "duration")) about["duration_seconds"] = duration / 1'000;
  return {title_on_site(x), dump(about)};
}

std::vector<std::string> caption_languages(std::string_view info_json) {
  std::vector<std::string> out;
  const auto x = parse_object(info_json);
  const auto captions = x.find("subtitles");
  if (captions == x.end() || !captions->is_object()) return out;
  for (const auto& [language, formats] : captions->items())
    if (language != "live_chat") out.push_back(language);
  return out;
}

bool is_plain_file(std::string_view info_json) {
  // The readers of yt-dlp that know no site: of a URL that is a file, and of <video> and <audio> in any page.
  const auto reader = text_of(parse_object(info_json), "extractor_key");
  return reader == "Generic" || reader == "HTML5MediaEmbed";
}

result<contents> contents_of_file(std::string_view ffprobe_json) {
  const auto x = parse_object(ffprobe_json);
  if (!x.contains("format")) return fail(errc::parse_failed, "the media cannot be read");
  const auto format = object_in(x, "format");
  const auto tags = object_in(format, "tags");
  contents out;
  json about = json::object();
  if (auto author = tag_of(tags, "artist"); !author.empty()) about["authors"] = json::array({author});
  put(about, "published", tag_of(tags, "date"));
  put(about, "description", tag_of(tags, "comment"));
  out.about.title = tag_of(tags, "title");
  out.duration_ms = milliseconds_of(format, "duration");
  if (out.duration_ms) about["duration_seconds"] = out.duration_ms / 1'000;
  bool video = false;
  unsigned subtitles = 0;
  for (const auto& s : member(x, "streams", json::array())) {
    if (!s.is_object()) continue;
    const auto kind = text_of(s, "codec_type");
    const auto codec = text_of(s, "codec_name");
    about["streams"].push_back(kind + "/" + codec);
    video = video || (kind == "video" && !is_cover(s));
    out.has_sound = out.has_sound || kind == "audio";
    if (kind != "subtitle") continue;
    if (is_text_codec(codec))
      out.tracks.push_back({subtitles, tag_of(object_in(s, "tags"), "language"),
                            is_one(object_in(s, "disposition"), "default")});
    ++subtitles;
  }
  out.type = type_of(text_of(format, "format_name"), video);
  out.about.metadata = dump(about);
  return out;
}

bool speaks(std::string_view language, std::string_view wanted) {
  if (wanted.empty() || !language.starts_with(wanted)) return false;
  const auto rest = language.substr(wanted.size());
  // A region, or the third letter of ISO 639-2, which containers use.
  return rest.empty() || rest.front() == '-' || rest.front() == '_' ||
         (wanted.size() == 2 && language.size() == 3);
}

const contents::track* best_track(const contents& c, const std::vector<std::string>& languages) {
  for (const auto& wanted : languages)
    for (const auto& t : c.tracks)
      if (speaks(t.language, wanted)) return &t;
  for (const auto& t : c.tracks)
    if (t.standard) return &t;
  return c.tracks.empty() ? nullptr : &c.tracks.front();
}

media_facts together(const media_facts& first, const media_facts& second) {
  auto all = parse_object(second.metadata);
  all.update(parse_object(first.metadata));
  return {first.title.empty() ? second.title : first.title, dump(all)};
}

void describe(document& text, const transcript& words, std::string_view url) {
  text.metadata = together(words.about, {{}, text.metadata}).metadata;
  text.title = words.about.title.empty() ? file_name_of(url) : words.about.title;
  text.content_type = words.content_type;
  text.extraction_method = words.method;
}

} // namespace troupe::media
