#pragma once
/// The media behind a page, by yt-dlp (`media.finder`).

#include "media/programs.hpp"
#include "model/work.hpp"

namespace troupe::media {

/// What was found.
struct finding_on_site {
  /// A file in the programs' folder: captions (`.vtt`, `.srt`), or the media.
  std::string path;
  bool captions = false;
};

/// Asks for the captions in one of `media.languages`, else any that people made; without captions downloads
/// the media, its sound alone where that can be had. The program's network is a namespace of its own: what it
/// connects to goes through a `checked_proxy`, under the rules of fetching. `about` is filled in as soon as
/// it is known. Fails with `no_media`, `no_transcript` (no captions, and nobody to transcribe),
/// `blocked_address`, `too_large`, `no_converter` (no finder), `http_4xx`, `http_5xx`, `fetch_failed`, or as
/// `programs::run`.
result<finding_on_site> find_on_site(programs& with, const std::string& url, media_facts& about);

} // namespace troupe::media
