#include "parse/sniff.hpp"

#include "model/text.hpp"
#include "parse/documents/archive.hpp"
#include "parse/magic.hpp"

#include <algorithm>
#include <array>

namespace troupe {
namespace {

constexpr size_t window = 2'048;
constexpr size_t magic_window = 65'536;

struct magic {
  std::string_view bytes;
  std::string_view name;
  media_kind kind = media_kind::binary;
};
/// Documents; whatever else is no text, libmagic knows.
constexpr std::array<magic, 5> known = {{
    {"%PDF-", "application/pdf", media_kind::pdf},
    {"PK\x03\x04", "application/zip"},
    {"PK\x05\x06", "application/zip"},
    {"\xd0\xcf\x11\xe0", "application/x-ole-storage", media_kind::legacy_office},
    {"{\\rtf", "application/rtf", media_kind::rtf},
}};

/// Bytes that no text holds (MIME Sniffing, "binary data byte").
bool looks_binary(std::string_view head) {
  if (head.starts_with("\xff\xfe") || head.starts_with("\xfe\xff")) return false;
  // ISO 2022 shifts between its sets with control characters.
  if (head.find("\x1b$") != head.npos && head.find('\0') == head.npos) return false;
  size_t odd = 0;
  for (const char c : head) {
    const auto u = static_cast<uint8_t>(c);
    odd += u < 9 || u == 11 || (u > 13 && u < 27) || (u > 27 && u < 32);
  }
  return odd * 50 > head.size();
}

/// The head without byte order mark and leading white space, in lower case; UTF-16 read as its low bytes.
std::string text_head(std::string_view data) {
  std::string head;
  const bool wide = data.starts_with("\xff\xfe") || data.starts_with("\xfe\xff");
  if (data.starts_with("\xef\xbb\xbf")) data.remove_prefix(3);
  for (const char c : data.substr(wide ? 2 : 0, window))
    if (!wide || c) head += c;
  const auto first = head.find_first_not_of(" \t\r\n\f");
  return first == std::string::npos ? std::string{} : ascii_lower(std::string_view(head).substr(first));
}

bool looks_html(const std::string& head) {
  static constexpr std::string_view starts[] = {
      "<!doctype html", "<html", "<head", "<body", "<script", "<title", "<h1",    "<div",
      "<table",         "<p>",   "<p ",   "<br",   "<a ",     "<meta",  "<style", "<!--"};
  if (std::any_of(std::begin(starts), std::end(starts), [&](auto s) { return head.starts_with(s); }))
    return true;
  const bool xml = head.starts_with("<?xml") || head.starts_with("<!doctype");
  return (xml || head.starts_with("<")) &&
         (head.find("<html") != head.npos || head.find("<body") != head.npos);
}

/// What a zip container holds, by the parts that its format cannot do without.
media_type type_of_container(std::string_view data) {
  auto opened = documents::archive::open(data);
  if (!opened) return {media_kind::broken_container, "application/zip"};
  if (auto declared = opened->has("mimetype") ? opened->read("mimetype") : fail(errc::not_found)) {
    const std::string type{trim(*declared)};
    if (type == "application/epub+zip") return {media_kind::book, type};
    if (type.starts_with("application/vnd.oasis.opendocument.")) return {media_kind::open_document, type};
  }
  constexpr std::string_view office = "application/vnd.openxmlformats-officedocument.";
  if (opened->has("META-INF/container.xml")) return {media_kind::book, "application/epub+zip"};
  for (const auto name : opened->names()) {
    if (name.starts_with("word/"))
      return {media_kind::word, std::string(office) + "wordprocessingml.document"};
    if (name.starts_with("ppt/"))
      return {media_kind::slides, std::string(office) + "presentationml.presentation"};
    if (name.starts_with("xl/")) return {media_kind::sheets, std::string(office) + "spreadsheetml.sheet"};
  }
  if (opened->has("content.xml"))
    return {media_kind::open_document, "application/vnd.oasis.opendocument.text"};
  return {media_kind::binary, "application/zip"};
}

/// Lines at the start that are header fields of a message, one of them of the kind that every message has.
bool looks_mail(const std::string& head) {
  size_t fields = 0;
  bool certain = false;
  for (size_t at = 0; at < head.size();) {
    const auto end = std::min(head.find('\n', at), head.size());
    const auto line = std::string_view(head).substr(at, end - at);
    at = end + 1;
    if (trim(line).empty()) break;
    if (line.front() == ' ' || line.front() == '\t') continue;
    const auto colon = line.find(':');
    const auto name = line.substr(0, colon);
    if (colon == line.npos || name.empty() || name.find_first_of(" \t<>\"") != name.npos) {
      if (fields == 0 && line.starts_with("from ")) continue;
      break;
    }
    ++fields;
    certain = certain || name == "received" || name == "message-id" || name == "mime-version" ||
              name == "return-path" || name == "delivered-to" || name == "x-mailer";
  }
  return certain ? fields >= 3 : false;
}

bool looks_subtitles(const std::string& head, const std::string& extension) {
  return head.starts_with("webvtt") ||
         ((extension == "srt" || extension == "vtt") && head.find("-->") != head.npos);
}

/// What libmagic makes of bytes that are no text, or may be none; none when it does not know.
std::optional<media_type> named_by_magic(std::string_view data, bool binary) {
  if (!binary && is_valid_utf8(data.substr(0, data.size() > window ? data.find_last_not_of("\x80\xbf", window)
                                                                   : window)))
    return std::nullopt;
  auto name = magic_name(data.substr(0, magic_window));
  const bool media = name.starts_with("audio/") || name.starts_with("video/") || name == "application/ogg";
  if (media) return media_type{media_kind::media, std::move(name)};
  const bool certain = name.starts_with("image/") ||
                       (binary && name.starts_with("application/") && name != "application/octet-stream");
  if (!certain) return std::nullopt;
  return media_type{media_kind::binary, std::move(name)};
}

std::string extension_of(std::string_view url) {
  const auto name = file_name_of(url);
  const auto dot = name.rfind('.');
  return dot == name.npos ? std::string{} : ascii_lower(name.substr(dot + 1));
}

} // namespace

media_type sniff(std::string_view data, std::string_view header, std::string_view url) {
  for (const auto& m : known)
    if (data.starts_with(m.bytes))
      return m.name == "application/zip" ? type_of_container(data) : media_type{m.kind, std::string(m.name)};
  const auto type = ascii_lower(header.substr(0, header.find(';')));
  const bool says_html = type.find("html") != type.npos;
  const auto head = text_head(data);
  if (looks_html(head)) return {media_kind::html, "text/html"};
  const bool binary = looks_binary(data.substr(0, window));
  if (auto named = named_by_magic(data, binary)) return *named;
  if (binary && !says_html) return {media_kind::binary, "application/octet-stream"};
  const auto extension = extension_of(url);
  if (type == "message/rfc822" || extension == "eml" || looks_mail(head))
    return {media_kind::mail, "message/rfc822"};
  if (looks_subtitles(head, extension))
    return {media_kind::subtitles, head.starts_with("webvtt") ? "text/vtt" : "application/x-subrip"};
  if (type == "text/csv" || type == "text/tab-separated-values" || extension == "csv" || extension == "tsv")
    return {media_kind::csv, "text/csv"};
  if (type.find("json") != type.npos ||
      (extension == "json" && (head.starts_with("{") || head.starts_with("["))))
    return {media_kind::json, "application/json"};
  if (head.starts_with("<?xml") || type.find("xml") != type.npos) return {media_kind::xml, "application/xml"};
  if (type == "text/markdown" || extension == "md" || extension == "markdown")
    return {media_kind::markdown, "text/markdown"};
  if (says_html) return {media_kind::html, "text/html"};
  return {media_kind::text, "text/plain"};
}

} // namespace troupe
