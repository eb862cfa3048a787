#pragma once
/// What programs say of media, as our own metadata. Pure; any thread.

#include "model/work.hpp"

#include <string_view>
#include <vector>

namespace troupe::media {

/// Of `yt-dlp --write-info-json`; empty facts for what is no such thing.
media_facts facts_of_site(std::string_view info_json);
/// Languages of the captions that people made, as the site names them.
std::vector<std::string> caption_languages(std::string_view info_json);
/// The page leads to a file that is no more than a file: what there is to know of it is inside.
bool is_plain_file(std::string_view info_json);

/// What is in a media file.
struct contents {
  media_facts about;
  /// As `video/mp4`.
  std::string type;
  uint64_t duration_ms = 0;
  bool has_sound = false;
  /// Subtitle tracks that are text.
  struct track {
    /// Among all subtitle tracks, from 0.
    unsigned number = 0;
    std::string language;
    bool standard = false;
  };
  std::vector<track> tracks;
};
/// Of `ffprobe -print_format json -show_format -show_streams`. Fails with `parse_failed`.
result<contents> contents_of_file(std::string_view ffprobe_json);

/// The track in the first of these languages that there is, else the standard one, else the first; none
/// without tracks.
const contents::track* best_track(const contents& c, const std::vector<std::string>& languages);

/// True when `language` (as `en-GB`) is `wanted` (as `en`) or a kind of it; `eng` counts as `en`.
bool speaks(std::string_view language, std::string_view wanted);

/// What both say; where they disagree, `first`.
media_facts together(const media_facts& first, const media_facts& second);

/// The document of a transcript: `text` is the transcript's own, as parsed. Media that says no title is
/// called after the file at `url`.
void describe(document& text, const transcript& words, std::string_view url);

} // namespace troupe::media
