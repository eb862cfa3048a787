#pragma once
/// The words in a media file: its subtitle tracks by ffmpeg, else what the operator's transcriber hears.

#include "media/programs.hpp"
#include "model/work.hpp"

namespace troupe::media {

/// Words as a program wrote them.
struct written_words {
  std::string text;
  /// As in `transcript::name` and `transcript::method`.
  std::string name;
  std::string method;
};

/// `about` and `type` are filled in as soon as they are known. Fails with `no_transcript` (no captions, and
/// nobody to transcribe or nothing to hear), `empty_content` (nothing is said), `parse_failed`,
/// `no_converter` (a program is missing), or as `programs::run`.
result<written_words> words_of_file(programs& with, const document_file& media, media_facts& about,
                                    std::string& type);

/// The name that says the format of captions: `transcript.vtt`, `.srt` or `.txt`.
std::string name_of_captions(std::string_view text);

} // namespace troupe::media
