#include "parse/parser.hpp"

#include "model/text.hpp"
#include "parse/documents/archive.hpp"
#include "parse/documents/book.hpp"
#include "parse/documents/legacy.hpp"
#include "parse/documents/mail.hpp"
#include "parse/documents/odf.hpp"
#include "parse/documents/pdf.hpp"
#include "parse/documents/rtf.hpp"
#include "parse/documents/sheets.hpp"
#include "parse/documents/slides.hpp"
#include "parse/documents/subtitles.hpp"
#include "parse/documents/word.hpp"
#include "parse/html/extract.hpp"
#include "parse/html/markdown.hpp"
#include "parse/html/metadata.hpp"
#include "parse/html/prepass.hpp"
#include "parse/magic.hpp"
#include "parse/sniff.hpp"
#include "parse/text/charset.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

#include <malloc.h>

namespace troupe {
namespace {

/// Of memory that a document no longer needs.
constexpr int largest_kept_block = 4 << 20;
constexpr int most_kept = 16 << 20;

constexpr size_t deepest_json = 200;
/// Text is refused unread when it is so many times as long as its Markdown may be.
constexpr size_t largest_text_factor = 4;

bool has_text(std::string_view s) {
  return std::any_of(s.begin(), s.end(),
                     [](char c) { return std::isalnum(static_cast<uint8_t>(c)) || (c & 0x80); });
}

std::string unix_lines(std::string s) {
  s.erase(std::remove(s.begin(), s.end(), '\r'), s.end());
  std::replace(s.begin(), s.end(), '\0', ' ');
  return s;
}

document parse_html(const parse_input& input, std::string_view utf8) {
  document out;
  const auto page = html::parse(html::tame(utf8));
  const auto about = html::read_metadata(*page, input.url);
  const auto found = html::extract(*page);
  out.title = about.title;
  out.metadata = html::to_json(about);
  out.extraction_method = "html/" + std::string(found.method);
  if (found.content)
    out.markdown =
        html::to_markdown(found.content, {std::string(input.url), input.limits.max_markdown_bytes});
  return out;
}

/// The first heading or the first line of a text.
std::string first_line(std::string_view text) {
  const auto from = text.find_first_not_of("# \n\t");
  if (from == text.npos) return {};
  return std::string(text.substr(from, std::min<size_t>(text.find('\n', from) - from, 200)));
}

std::string fenced(const std::string& text, std::string_view language) {
  size_t longest = 2;
  size_t run = 0;
  for (const char c : text)
    longest = std::max(longest, run = c == '`' ? run + 1 : 0);
  const std::string fence(longest + 1, '`');
  return fence + std::string(language) + "\n" + text + (text.ends_with("\n") ? "" : "\n") + fence;
}

/// The text of the first heading, or `otherwise`.
std::string first_heading(std::string_view markdown, std::string otherwise) {
  const auto at = markdown.starts_with("#") ? 0 : markdown.find("\n#");
  if (at == markdown.npos) return otherwise;
  const auto from = markdown.find_first_not_of("#\n ", at);
  return from == markdown.npos ? otherwise
                               : std::string(markdown.substr(from, markdown.find('\n', from) - from));
}

result<documents::reading> read_laid_out(const parse_input& in) {
  if (!in.convert) return fail(errc::no_converter);
  const auto layout = in.convert(conversion::pdf_layout);
  if (!layout && layout.error().text().find(documents::pdf_password_complaint) != std::string_view::npos)
    return fail(errc::encrypted);
  return layout ? documents::read_pdf(*layout, in.limits) : result<documents::reading>{layout.error()};
}

size_t json_depth(std::string_view text) {
  size_t depth = 0;
  size_t deepest = 0;
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (quoted && text[i] == '\\')
      ++i;
    else if (text[i] == '"')
      quoted = !quoted;
    else if (!quoted && (text[i] == '{' || text[i] == '['))
      deepest = std::max(deepest, ++depth);
    else if (!quoted && (text[i] == '}' || text[i] == ']') && depth)
      --depth;
  }
  return deepest;
}

result<document> parse_json(const parse_input& input, std::string text) {
  document out;
  // Deeper values are shown as they came: rendering them anew would recurse as deep.
  if (json_depth(text) <= deepest_json) {
    const auto value = nlohmann::ordered_json::parse(text, nullptr, false);
    if (value.is_discarded()) return fail(errc::parse_failed, "the content claims to be JSON and is not");
    text = value.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  }
  out.markdown = fenced(text, "json");
  out.title = file_name_of(input.url);
  out.extraction_method = "json";
  return out;
}

document parse_text(const parse_input& input, std::string text, media_kind kind) {
  document out;
  out.title = first_line(text);
  if (out.title.empty()) out.title = file_name_of(input.url);
  out.extraction_method = kind == media_kind::markdown ? "markdown"
                          : kind == media_kind::xml    ? "xml"
                                                       : "text";
  out.markdown = kind == media_kind::xml ? fenced(text, "xml") : std::move(text);
  if (kind == media_kind::xml) out.title = file_name_of(input.url);
  return out;
}

result<document> text_document(result<documents::reading> read, const parse_input& input) {
  if (!read) return read.error();
  document out;
  out.markdown = std::move(read->markdown);
  out.title = file_name_of(input.url);
  out.extraction_method = read->method;
  return out;
}

result<document> parse_as(const media_type& type, const parse_input& input, std::string utf8) {
  switch (type.kind) {
  case media_kind::html: return parse_html(input, utf8);
  case media_kind::json: return parse_json(input, unix_lines(std::move(utf8)));
  case media_kind::binary: return fail(errc::unsupported_type, "there is no parser for " + type.name);
  case media_kind::csv:
    return text_document(documents::read_csv(unix_lines(std::move(utf8)), input.limits), input);
  case media_kind::subtitles:
    return text_document(documents::read_subtitles(unix_lines(std::move(utf8)), input.limits), input);
  default: return parse_text(input, unix_lines(std::move(utf8)), type.kind);
  }
}

result<documents::reading> read_legacy(const parse_input& in) {
  if (documents::is_encrypted_container(in.data)) return fail(errc::encrypted);
  if (!in.convert) return fail(errc::no_converter);
  const auto text = in.convert(conversion::legacy_office);
  if (!text) return text.error();
  auto inner = parse_document({.data = *text, .content_type = "", .limits = in.limits});
  if (!inner) return inner.error();
  documents::reading out;
  out.markdown = std::move(inner->markdown);
  out.method = "legacy";
  return out;
}

/// What a format's own reader makes of it; none when it is text.
std::optional<result<documents::reading>> read_document(const media_type& type, const parse_input& in) {
  using namespace documents;
  switch (type.kind) {
  case media_kind::word: return read_word(in.data, in.limits);
  case media_kind::slides: return read_slides(in.data, in.limits);
  case media_kind::sheets: return read_sheets(in.data, in.limits);
  case media_kind::open_document: return read_open_document(in.data, in.limits);
  case media_kind::book: return read_book(in.data, in.limits);
  case media_kind::rtf: return read_rtf(in.data, in.limits);
  case media_kind::mail: return read_mail(in.data, in.limits);
  case media_kind::pdf: return read_laid_out(in);
  case media_kind::legacy_office: return read_legacy(in);
  case media_kind::broken_container: return archive::open(in.data).error();
  case media_kind::binary: return fail(errc::unsupported_type, "there is no parser for " + type.name);
  default: return std::nullopt;
  }
}

result<document> document_of(result<documents::reading> read, const media_type& type,
                             const parse_input& input) {
  if (!read) return read.error();
  if (!has_text(read->markdown)) return fail(errc::empty_content);
  document out;
  out.markdown = std::move(read->markdown);
  out.title =
      read->about.title.empty() ? first_heading(out.markdown, file_name_of(input.url)) : read->about.title;
  out.content_type = type.name;
  out.extraction_method = read->method;
  out.metadata = html::to_json(read->about);
  out.images = std::move(read->images);
  return out;
}

/// What is said in it is for programs to find out.
document media_of(const media_type& type) {
  document out;
  out.content_type = type.name;
  out.media = true;
  return out;
}

} // namespace

result<document> parse_document(const parse_input& input) {
  if (input.data.empty()) return fail(errc::empty_content, "the content has no bytes");
  const auto type = sniff(input.data, input.content_type, input.url);
  if (type.kind == media_kind::media) return media_of(type);
  if (auto read = read_document(type, input)) return document_of(std::move(*read), type, input);
  if (input.data.size() / largest_text_factor > input.limits.max_markdown_bytes)
    return fail(errc::too_large, "the text is far longer than parse.max_markdown_bytes");
  const bool markup = type.kind == media_kind::html || type.kind == media_kind::xml;
  auto utf8 = to_utf8(input.data, detect_charset(input.data, input.content_type, markup));
  const bool had_text = has_text(utf8);
  auto out = parse_as(type, input, std::move(utf8));
  if (!out) return out;
  if (!had_text || !has_text(out->markdown)) return fail(errc::empty_content);
  if (out->markdown.size() > input.limits.max_markdown_bytes)
    return fail(errc::too_large, "the Markdown is longer than parse.max_markdown_bytes");
  out->content_type = type.name;
  return out;
}

void warm_up() {
  // To give pages back to the kernel after each document, and to have them anew for the next, costs a tenth.
  mallopt(M_MMAP_THRESHOLD, largest_kept_block);
  mallopt(M_TRIM_THRESHOLD, most_kept);
  documents::warm_up_mail();
  warm_up_charsets();
  magic_name("warm");
}

} // namespace troupe
