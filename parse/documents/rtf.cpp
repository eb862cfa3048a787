#include "parse/documents/rtf.hpp"

#include "model/text.hpp"
#include "parse/documents/page.hpp"
#include "parse/documents/rtf_tokens.hpp"
#include "parse/text/charset.hpp"

#include <unicode/utf8.h>

#include <algorithm>
#include <map>
#include <set>

namespace troupe::documents {
namespace {

using html::tag;
using node = html::node;

constexpr size_t deepest = 500;

/// Destinations that hold no text of the document.
// clang-format off
const std::set<std::string_view> silent = {
    "fonttbl", "colortbl", "stylesheet", "pict", "object", "themedata", "colorschememapping", "datastore",
    "xmlnstbl", "listtable", "listoverridetable", "rsidtbl", "generator", "header", "footer", "headerl",
    "headerr", "headerf", "footerl", "footerr", "footerf", "ftnsep", "ftnsepc", "aftnsep", "aftnsepc",
    "pntxta", "pntxtb", "bkmkstart", "bkmkend", "template", "latentstyles", "revtbl", "pgptbl", "mmathPr",
    "nonshppict", "atnid", "atnauthor", "annotation", "atnref", "atndate", "filetbl", "fldtype", "xe", "tc",
    "sp", "userprops", "private", "falt", "panose", "docvar", "wgrffmtfilter", "passwordhash", "atrfstart",
    "atrfend", "atntime", "atnparent", "xmlopen", "xmlattrname"};
// clang-format on

/// The character set number of a font as a code page (RTF 1.9.1, font table).
std::string codepage_of_charset(long charset) {
  static const std::map<long, const char*> known = {
      {0, "windows-1252"},   {77, "macintosh"},     {128, "windows-932"},  {129, "windows-949"},
      {130, "johab"},        {134, "gb18030"},      {136, "big5"},         {161, "windows-1253"},
      {162, "windows-1254"}, {163, "windows-1258"}, {177, "windows-1255"}, {178, "windows-1256"},
      {186, "windows-1257"}, {204, "windows-1251"}, {222, "windows-874"},  {238, "windows-1250"}};
  const auto it = known.find(charset);
  return it == known.end() ? std::string{} : it->second;
}

std::string codepage_of_number(long n) {
  if (n == 10000) return "macintosh";
  if (n == 65001) return "UTF-8";
  return n == 437 || n == 850 || n == 852 || n == 866 ? "ibm-" + std::to_string(n)
                                                      : "windows-" + std::to_string(n);
}

struct group {
  marks how;
  bool skip = false;
  bool optional = false;
  bool hidden = false;
  enum class role : uint8_t { text, instruction, result_of_field, info, list_text } is = role::text;
  std::string info_field;
  long skip_after_unicode = 1;
  long font = -1;
};

class rtf_document {
public:
  rtf_document(std::string_view data, const reading_limits& limits)
      : tokens_(data)
      , limits_(limits)
      , lists_(page_, page_.root()) {
    groups_.emplace_back();
  }

  result<reading> read() {
    for (auto t = tokens_.next(); !done_ && t.is != rtf_token::kind::end; t = tokens_.next()) {
      take(t);
      if (groups_.size() > deepest) return fail(errc::parse_failed, "the document's groups nest too deep");
    }
    end_paragraph();
    end_table();
    out_.markdown = page_.markdown(limits_);
    out_.method = "rtf";
    return std::move(out_);
  }

private:
  group& now() { return groups_.back(); }

  void take(const rtf_token& t) {
    switch (t.is) {
    case rtf_token::kind::open: return open();
    case rtf_token::kind::close: return close();
    case rtf_token::kind::word: return control(t);
    case rtf_token::kind::symbol: return symbol(t);
    case rtf_token::kind::byte:
      return static_cast<uint8_t>(t.c) < 0x80 ? put(std::string(1, t.c)) : byte(t.c);
    case rtf_token::kind::hex: return byte(t.c);
    case rtf_token::kind::end: return;
    }
  }

  void open() {
    flush_bytes();
    groups_.push_back(groups_.back());
    now().optional = false;
  }
  void close() {
    flush_bytes();
    const auto ended = now();
    if (groups_.size() > 1) groups_.pop_back();
    if (ended.is == group::role::instruction && now().is != group::role::instruction) set_link();
    if (ended.is == group::role::result_of_field && now().is != group::role::result_of_field) link_.clear();
    done_ = groups_.size() == 1;
  }

  void symbol(const rtf_token& t) {
    // Only a group's first word can make the whole group optional.
    if (t.c == '*') now().optional = t.first;
    if (t.c == '~') put("\xc2\xa0");
    if (t.c == '_') put("-");
    if (t.c == '\\' || t.c == '{' || t.c == '}') put(std::string(1, t.c));
    if (t.c == '\n' || t.c == '\r') end_paragraph();
  }

  /// Characters that stand for one of Unicode are passed over (`\uc`).
  bool stands_in() {
    if (to_skip_ == 0) return false;
    --to_skip_;
    return true;
  }
  void byte(char c) {
    if (!stands_in()) bytes_ += c;
  }

  /// Bytes of a code page gather until something else comes: a character may be two of them.
  void flush_bytes() {
    if (bytes_.empty()) return;
    auto text = to_utf8(bytes_, codepage());
    bytes_.clear();
    put_text(text);
  }
  std::string codepage() {
    const auto it = fonts_.find(now().font);
    return it != fonts_.end() && !it->second.empty() ? it->second : codepage_;
  }

  void control(const rtf_token& t) {
    if (t.word != "lang" && t.word != "noproof") flush_bytes();
    if (now().optional && !known_optional(t.word)) now().skip = true;
    now().optional = false;
    if (t.word == "fonttbl") in_fonts_ = groups_.size();
    const auto known = actions().find(t.word);
    if (known != actions().end())
      known->second(*this, t);
    else if (now().is == group::role::info)
      now().info_field = t.word;
    else if (silent.contains(t.word))
      now().skip = true;
    else
      character(t.word);
  }

  using action = void (*)(rtf_document&, const rtf_token&);
  static const std::map<std::string_view, action>& actions();

  void font_charset(long charset) {
    if (in_fonts_ > 0 && groups_.size() >= in_fonts_) fonts_[now().font] = codepage_of_charset(charset);
  }
  void plain_text() {
    now().how = {};
    now().hidden = false;
  }
  void begin_instruction() {
    now().is = group::role::instruction;
    instruction_.clear();
  }

  static bool known_optional(std::string_view word) {
    return word == "fldinst" || word == "shpinst" || word == "shptxt" || word == "listtext" ||
           word == "upr" || word == "ud";
  }

  void character(std::string_view word) {
    static const std::map<std::string_view, std::string_view> known = {
        {"emdash", "\u2014"}, {"endash", "\u2013"},    {"lquote", "\u2018"},
        {"rquote", "\u2019"}, {"ldblquote", "\u201c"}, {"rdblquote", "\u201d"},
        {"bullet", "\u2022"}, {"emspace", " "},        {"enspace", " "}};
    const auto it = known.find(word);
    if (it != known.end()) put(std::string(it->second));
  }

  void unicode(long value) {
    const auto unit = static_cast<uint16_t>(value);
    to_skip_ = now().skip_after_unicode;
    if (unit >= 0xd800 && unit < 0xdc00) {
      high_ = unit;
      return;
    }
    uint32_t point = unit;
    if (unit >= 0xdc00 && unit < 0xe000) {
      if (!high_) return;
      point = 0x10000 + ((uint32_t{high_} - 0xd800) << 10) + (unit - 0xdc00u);
    }
    high_ = 0;
    char utf8[U8_MAX_LENGTH];
    int32_t n = 0;
    U8_APPEND_UNSAFE(utf8, n, point);
    put_text(std::string(utf8, static_cast<size_t>(n)));
  }

  // -- text -------------------------------------------------------------------------------------------

  void put(const std::string& s) {
    flush_bytes();
    if (!stands_in()) put_text(s);
  }
  void put_text(const std::string& s) {
    const auto& g = now();
    if (g.is == group::role::info) return inform(s);
    if (g.skip || g.hidden) return;
    if (g.is == group::role::instruction) {
      instruction_ += s;
      return;
    }
    if (g.is == group::role::list_text) {
      list_mark_ += s;
      return;
    }
    auto* to = line();
    if (!link_.empty()) {
      if (!link_node_ || link_node_->parent != to) link_node_ = page_.link(link_, to);
      to = link_node_;
    } else {
      link_node_ = nullptr;
    }
    if (s == "\n")
      page_.add(tag::br, to);
    else
      page_.text(s, g.how, to);
  }
  void inform(const std::string& s) {
    const auto& field = now().info_field;
    if (field == "title") out_.about.title += s;
    if (field == "author") {
      if (out_.about.authors.empty()) out_.about.authors.emplace_back();
      out_.about.authors[0] += s;
    }
  }
  void set_link() {
    const auto mark = instruction_.find("HYPERLINK");
    if (mark == std::string::npos || instruction_.find("\\l") != std::string::npos) return;
    auto rest = trim(std::string_view(instruction_).substr(mark + 9));
    if (rest.starts_with('"')) rest = rest.substr(1, rest.find('"', 1) - 1);
    link_ = rest.substr(0, rest.find(' '));
  }

  // -- blocks -----------------------------------------------------------------------------------------

  node* line() {
    if (line_) return line_;
    if (in_table_) return line_ = cell();
    end_table();
    if (outline_ >= 0 && outline_ < 9) {
      lists_.end();
      return line_ = page_.heading(outline_ + 1, page_.root());
    }
    if (list_ || !list_mark_.empty()) {
      const bool ordered = !list_mark_.empty() && std::isalnum(static_cast<uint8_t>(list_mark_[0]));
      return line_ = lists_.item(list_level_, ordered);
    }
    lists_.end();
    return line_ = page_.add(tag::p, page_.root());
  }
  void end_paragraph() {
    flush_bytes();
    if (in_table_ && line_) {
      page_.text(" ", line_);
      return;
    }
    line_ = nullptr;
    link_node_ = nullptr;
    list_mark_.clear();
  }
  void paragraph_defaults() {
    in_table_ = false;
    list_ = false;
    list_level_ = 0;
    outline_ = -1;
  }
  void begin_list_text() {
    now().is = group::role::list_text;
    now().skip = false;
    list_mark_.clear();
  }

  node* cell() {
    if (!table_) {
      lists_.end();
      table_ = page_.table(page_.root());
    }
    if (!row_) row_ = page_.add(tag::tr, table_);
    return page_.add(row_ == table_->first ? tag::th : tag::td, row_);
  }
  void end_cell() {
    flush_bytes();
    if (now().skip) return;
    in_table_ = true;
    if (!line_ || line_->parent != row_ || !row_) cell();
    line_ = nullptr;
  }
  void end_row() {
    row_ = nullptr;
    line_ = nullptr;
  }
  void end_table() {
    table_ = nullptr;
    row_ = nullptr;
  }

  rtf_tokens tokens_;
  const reading_limits& limits_;
  bool done_ = false;
  std::vector<group> groups_;
  std::string codepage_ = "windows-1252";
  std::map<long, std::string> fonts_;
  size_t in_fonts_ = 0;
  std::string bytes_;
  long to_skip_ = 0;
  uint16_t high_ = 0;
  std::string instruction_;
  std::string link_;
  std::string list_mark_;
  reading out_;
  page page_;
  list_writer lists_;
  node* line_ = nullptr;
  node* link_node_ = nullptr;
  node* table_ = nullptr;
  node* row_ = nullptr;
  bool in_table_ = false;
  bool list_ = false;
  long list_level_ = 0;
  long outline_ = -1;
};

const std::map<std::string_view, rtf_document::action>& rtf_document::actions() {
  static const std::map<std::string_view, action> known = {
      // Characters.
      {"f", [](rtf_document& d, const rtf_token& t) { d.now().font = t.value; }},
      {"fcharset", [](rtf_document& d, const rtf_token& t) { d.font_charset(t.value); }},
      {"ansicpg", [](rtf_document& d, const rtf_token& t) { d.codepage_ = codepage_of_number(t.value); }},
      {"mac", [](rtf_document& d, const rtf_token&) { d.codepage_ = "macintosh"; }},
      {"pc", [](rtf_document& d, const rtf_token&) { d.codepage_ = "ibm-437"; }},
      {"pca", [](rtf_document& d, const rtf_token&) { d.codepage_ = "ibm-850"; }},
      {"u", [](rtf_document& d, const rtf_token& t) { d.unicode(t.value); }},
      {"uc", [](rtf_document& d,
                const rtf_token& t) { d.now().skip_after_unicode = std::clamp(t.value, 0L, 10L); }},
      {"bin", [](rtf_document& d, const rtf_token& t) { d.tokens_.skip(t.value); }},
      {"line", [](rtf_document& d, const rtf_token&) { d.put("\n"); }},
      {"tab", [](rtf_document& d, const rtf_token&) { d.put(" "); }},
      // How they look.
      {"b", [](rtf_document& d, const rtf_token& t) { d.now().how.bold = t.on(); }},
      {"i", [](rtf_document& d, const rtf_token& t) { d.now().how.italic = t.on(); }},
      {"strike", [](rtf_document& d, const rtf_token& t) { d.now().how.strike = t.on(); }},
      {"v", [](rtf_document& d, const rtf_token& t) { d.now().hidden = t.on(); }},
      {"plain", [](rtf_document& d, const rtf_token&) { d.plain_text(); }},
      // Blocks.
      {"par", [](rtf_document& d, const rtf_token&) { d.end_paragraph(); }},
      {"sect", [](rtf_document& d, const rtf_token&) { d.end_paragraph(); }},
      {"page", [](rtf_document& d, const rtf_token&) { d.end_paragraph(); }},
      {"pard", [](rtf_document& d, const rtf_token&) { d.paragraph_defaults(); }},
      {"outlinelevel", [](rtf_document& d, const rtf_token& t) { d.outline_ = t.value; }},
      {"ls", [](rtf_document& d, const rtf_token& t) { d.list_ = t.given && t.value > 0; }},
      {"ilvl", [](rtf_document& d, const rtf_token& t) { d.list_level_ = t.value; }},
      {"listtext", [](rtf_document& d, const rtf_token&) { d.begin_list_text(); }},
      {"pntext", [](rtf_document& d, const rtf_token&) { d.begin_list_text(); }},
      {"intbl", [](rtf_document& d, const rtf_token&) { d.in_table_ = true; }},
      {"cell", [](rtf_document& d, const rtf_token&) { d.end_cell(); }},
      {"nestcell", [](rtf_document& d, const rtf_token&) { d.end_cell(); }},
      {"row", [](rtf_document& d, const rtf_token&) { d.end_row(); }},
      {"nestrow", [](rtf_document& d, const rtf_token&) { d.end_row(); }},
      // Fields, and what is said of the document.
      {"fldinst", [](rtf_document& d, const rtf_token&) { d.begin_instruction(); }},
      {"fldrslt", [](rtf_document& d, const rtf_token&) { d.now().is = group::role::result_of_field; }},
      {"info", [](rtf_document& d, const rtf_token&) { d.now().is = group::role::info; }},
  };
  return known;
}

} // namespace

result<reading> read_rtf(std::string_view data, const reading_limits& limits) {
  if (!data.starts_with("{\\rtf")) return fail(errc::parse_failed, "the content is no RTF");
  return rtf_document(data, limits).read();
}

} // namespace troupe::documents
