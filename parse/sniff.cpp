#include "parse/sniff.hpp"

#include "model/text.hpp"

#include <algorithm>
#include <array>

namespace troupe {
namespace {

constexpr size_t window = 2'048;

struct magic {
  std::string_view bytes;
  std::string_view name;
};
constexpr std::array<magic, 22> known = {{
    {"%PDF-", "application/pdf"},
    {"PK\x03\x04", "application/zip"},
    {"PK\x05\x06", "application/zip"},
    {"\xd0\xcf\x11\xe0", "application/x-ole-storage"},
    {"{\\rtf", "application/rtf"},
    {"\x89PNG", "image/png"},
    {"\xff\xd8\xff", "image/jpeg"},
    {"GIF8", "image/gif"},
    {"\x1f\x8b", "application/gzip"},
    {"BZh", "application/x-bzip2"},
    {"\xfd"
     "7zXZ",
     "application/x-xz"},
    {"7z\xbc\xaf", "application/x-7z-compressed"},
    {"Rar!", "application/vnd.rar"},
    {"OggS", "application/ogg"},
    {"ID3", "audio/mpeg"},
    {"fLaC", "audio/flac"},
    {"RIFF", "application/x-riff"},
    {"\x1a\x45\xdf\xa3", "video/x-matroska"},
    {"\x7f"
     "ELF",
     "application/x-executable"},
    {"MZ", "application/x-msdownload"},
    {"wOFF", "font/woff"},
    {"wOF2", "font/woff2"},
}};

/// Bytes that no text holds (MIME Sniffing, "binary data byte").
bool looks_binary(std::string_view head) {
  if (head.starts_with("\xff\xfe") || head.starts_with("\xfe\xff")) return false;
  size_t odd = 0;
  for (const char c : head) {
    const auto u = static_cast<uint8_t>(c);
    odd += u < 9 || u == 11 || (u > 13 && u < 27) || (u > 27 && u < 32);
  }
  return odd * 50 > head.size();
}

bool all_printable(std::string_view s) {
  return std::all_of(s.begin(), s.end(), [](char c) { return c >= ' ' && c < 0x7f; });
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

std::string extension_of(std::string_view url) {
  url = url.substr(0, url.find_first_of("?#"));
  const auto slash = url.rfind('/');
  const auto name = slash == url.npos ? url : url.substr(slash + 1);
  const auto dot = name.rfind('.');
  return dot == name.npos ? std::string{} : ascii_lower(name.substr(dot + 1));
}

} // namespace

media_type sniff(std::string_view data, std::string_view header, std::string_view url) {
  for (const auto& m : known)
    // A text may begin with the same letters.
    if (data.starts_with(m.bytes) &&
        (m.bytes.size() > 3 || !all_printable(m.bytes) || looks_binary(data.substr(0, window))))
      return {media_kind::binary, std::string(m.name)};
  if (data.size() > 12 && data.substr(4, 4) == "ftyp") return {media_kind::binary, "video/mp4"};
  const auto type = ascii_lower(header.substr(0, header.find(';')));
  const bool says_html = type.find("html") != type.npos;
  const auto head = text_head(data);
  if (looks_html(head)) return {media_kind::html, "text/html"};
  if (looks_binary(data.substr(0, window)) && !says_html)
    return {media_kind::binary, "application/octet-stream"};
  const auto extension = extension_of(url);
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
