#pragma once
/// What a stage is asked to do and what it leaves: plain data that means the same on every node.

#include "model/batch.hpp"

namespace troupe {

/// Names a piece of work, and bounds it. Every request to a service carries one: cancelling names the
/// order's item and token, and past its budget the service gives the work up by itself.
struct work_order {
  item_id item{};
  attempt_token token;
  /// Time left when the order was sent; each receiver counts down from its receipt, so that clocks of
  /// different nodes need not agree.
  milliseconds budget{};
};

struct fetch_order {
  work_order work;
  std::string url;
  /// What the notebook has of this URL: makes the request conditional.
  std::optional<known_url> known;
  /// False for robots.txt itself.
  bool obey_robots = true;
  /// Follow redirects at once, up to the configured number. Otherwise the first ends the order: the URL it
  /// leads to may be another host's, whose turn and robots.txt have to be asked for.
  bool follow = false;
  /// Stop after this many decoded bytes; 0 stands for the configured limit.
  uint64_t max_bytes = 0;
  /// For the whole transfer; 0 stands for the configured limit.
  milliseconds timeout{0};
  /// Of a longer body, take the part up to `max_bytes` instead of failing.
  bool truncate = false;
  /// Send these bytes (POST) instead of asking for any, with these header lines.
  std::optional<std::string> post;
  std::vector<std::string> headers;
};

struct fetched {
  /// The server said that `fetch_order::known` is still current: no body.
  bool unchanged = false;
  /// The server sent elsewhere: the normalized URL; no body.
  std::string moved_to;
  uint16_t http_status = 0;
  std::string final_url;
  /// The header's word, a hint only.
  std::string content_type;
  std::string etag;
  std::string last_modified;
  content_ref body;
  /// It was not fetched now: the stored original was parsed again.
  bool reparsed = false;
};

struct parse_order {
  work_order work;
  /// Base of relative links.
  std::string url;
  std::string content_type;
  content_ref body;
  /// Wanted is what is said in the media, or in the media behind the page, not the page.
  bool media = false;
  /// The body lies on the node where it is parsed; here only its name is known.
  bool lies_there = false;
  /// Of media, the bytes are to be stored beside the words.
  bool keep_media = true;
};

/// A document as clean Markdown.
struct document {
  /// An image of the document, linked from the Markdown as `images/NAME`.
  struct image {
    std::string name;
    std::string type;
    std::string data;
  };
  std::string markdown;
  std::string title;
  std::string content_type;
  std::string extraction_method;
  /// A JSON object, see `source::metadata`.
  std::string metadata = "{}";
  std::vector<image> images;
  /// The bytes are audio or video, of which nothing but their type has been read: no text yet.
  bool media = false;
};

/// What is known of media beside its words.
struct media_facts {
  std::string title;
  /// A JSON object: authors, published, description, site, language, duration_seconds, streams.
  std::string metadata;
};

/// Media whose words are wanted.
struct media_order {
  work_order work;
  /// Of the media behind a page: the page.
  std::string url;
  /// Of media at hand: its bytes.
  content_ref body;
};

/// What is said in media.
struct transcript {
  /// WebVTT, SubRip or plain text; `name` ends accordingly.
  content_ref text;
  std::string name;
  /// Where the words come from: `media/captions` (the site's), `media/tracks` (inside the file),
  /// `media/transcriber`.
  std::string method;
  media_facts about;
  /// What was found behind the page: the media, or its captions. Empty when the media was at hand.
  content_ref original;
  /// The media's type, as `video/mp4`, or that of the captions.
  std::string content_type;
};

/// What an item's last stage hands to the store.
struct finding {
  fetched original;
  document text;
};

} // namespace troupe
