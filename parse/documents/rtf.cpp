#include "parse/documents/rtf.hpp"

#include "model/text.hpp"
#include "parse/documents/page.hpp"
#include "parse/documents/xml.hpp"
#include "parse/text/charset.hpp"

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
      : data_(data)
      , limits_(limits)
      , lists_(page_, page_.root()) {
    groups_.emplace_back();
  }

  result<reading> read() {
    while (at_ < data_.size() && !done_) {
      const char c = data_[at_];
      if (c == '{')
        open();
      else if (c == '}')
        close();
      else if (c == '\\')
        control();
      else
        plain(c);
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

  void open() {
    flush_bytes();
    ++at_;
    groups_.push_back(groups_.back());
    now().optional = false;
  }
  void close() {
    flush_bytes();
    ++at_;
    const auto ended = now();
    if (groups_.size() > 1)
      groups_.pop_back();
    else
      done_ = true;
    if (ended.is == group::role::instruction && now().is != group::role::instruction) set_link();
    if (ended.is == group::role::result_of_field && now().is != group::role::result_of_field) link_.clear();
    if (groups_.size() == 1) done_ = true;
  }

  void plain(char c) {
    ++at_;
    if (c == '\r' || c == '\n' || c == '\0') return;
    if (to_skip_ > 0) {
      --to_skip_;
      return;
    }
    if (static_cast<uint8_t>(c) >= 0x80)
      bytes_ += c;
    else
      put(std::string(1, c));
  }

  void control() {
    ++at_;
    if (at_ >= data_.size()) return;
    const char c = data_[at_];
    if (!std::isalpha(static_cast<uint8_t>(c))) return symbol(c);
    const auto from = at_;
    while (at_ < data_.size() && std::isalpha(static_cast<uint8_t>(data_[at_])))
      ++at_;
    const auto word = data_.substr(from, at_ - from);
    const auto digits = at_;
    if (at_ < data_.size() && data_[at_] == '-') ++at_;
    while (at_ < data_.size() && std::isdigit(static_cast<uint8_t>(data_[at_])) && at_ - digits < 12)
      ++at_;
    const bool given = at_ > digits;
    const long value = given ? number(data_.substr(digits, at_ - digits)) : 1;
    if (at_ < data_.size() && data_[at_] == ' ') ++at_;
    flush_bytes_unless(word);
    act(word, value, given);
  }

  void symbol(char c) {
    ++at_;
    if (c == '\'') return hex_byte();
    // Only a group's first word can make the whole group optional.
    if (c == '*') now().optional = at_ >= 3 && data_[at_ - 3] == '{';
    if (c == '~') put("\xc2\xa0");
    if (c == '_') put("-");
    if (c == '\\' || c == '{' || c == '}') put(std::string(1, c));
    if (c == '\n' || c == '\r') end_paragraph();
  }
  void hex_byte() {
    const auto hex = std::string(data_.substr(at_, 2));
    at_ = std::min(at_ + 2, data_.size());
    if (to_skip_ > 0) {
      --to_skip_;
      return;
    }
    bytes_ += static_cast<char>(std::strtoul(hex.c_str(), nullptr, 16));
  }

  /// Bytes of a code page gather until something else comes: a character may be two of them.
  void flush_bytes() {
    if (bytes_.empty()) return;
    auto text = to_utf8(bytes_, codepage());
    bytes_.clear();
    put_text(text);
  }
  void flush_bytes_unless(std::string_view word) {
    if (word != "lang" && word != "noproof") flush_bytes();
  }
  std::string codepage() {
    const auto it = fonts_.find(now().font);
    return it != fonts_.end() && !it->second.empty() ? it->second : codepage_;
  }

  void act(std::string_view word, long value, bool given) {
    const bool on = !given || value != 0;
    if (now().optional && !known_optional(word)) now().skip = true;
    now().optional = false;
    if (word == "fonttbl") in_fonts_ = groups_.size();
    if (word == "f")
      now().font = value;
    else if (word == "fcharset" && in_fonts_ > 0 && groups_.size() >= in_fonts_)
      fonts_[now().font] = codepage_of_charset(value);
    else if (word == "ansicpg")
      codepage_ = codepage_of_number(value);
    else if (word == "mac")
      codepage_ = "macintosh";
    else if (word == "pc")
      codepage_ = "ibm-437";
    else if (word == "pca")
      codepage_ = "ibm-850";
    else if (word == "u")
      unicode(value);
    else if (word == "uc")
      now().skip_after_unicode = std::clamp(value, 0L, 10L);
    else if (word == "bin")
      at_ += static_cast<size_t>(std::clamp<long>(value, 0, static_cast<long>(data_.size() - at_)));
    else if (word == "b")
      now().how.bold = on;
    else if (word == "i")
      now().how.italic = on;
    else if (word == "strike")
      now().how.strike = on;
    else if (word == "v")
      now().hidden = on;
    else if (word == "plain")
      now().how = {}, now().hidden = false;
    else if (word == "par" || word == "sect" || word == "page")
      end_paragraph();
    else if (word == "line")
      put("\n");
    else if (word == "pard")
      paragraph_defaults();
    else if (word == "tab")
      put(" ");
    else if (word == "intbl")
      in_table_ = true;
    else if (word == "cell" || word == "nestcell")
      end_cell();
    else if (word == "row" || word == "nestrow")
      end_row();
    else if (word == "ls")
      list_ = given && value > 0;
    else if (word == "ilvl")
      list_level_ = value;
    else if (word == "outlinelevel")
      outline_ = value;
    else if (word == "listtext" || word == "pntext")
      begin_list_text();
    else if (word == "fldinst")
      now().is = group::role::instruction, instruction_.clear();
    else if (word == "fldrslt")
      now().is = group::role::result_of_field;
    else if (word == "info")
      now().is = group::role::info;
    else if (now().is == group::role::info)
      now().info_field = word;
    else if (silent.contains(word))
      now().skip = true;
    else
      character(word);
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
    std::string out;
    if (point < 0x80)
      out += static_cast<char>(point);
    else if (point < 0x800)
      out += {static_cast<char>(0xc0 | point >> 6), static_cast<char>(0x80 | (point & 63))};
    else if (point < 0x10000)
      out += {static_cast<char>(0xe0 | point >> 12), static_cast<char>(0x80 | (point >> 6 & 63)),
              static_cast<char>(0x80 | (point & 63))};
    else
      out += {static_cast<char>(0xf0 | point >> 18), static_cast<char>(0x80 | (point >> 12 & 63)),
              static_cast<char>(0x80 | (point >> 6 & 63)), static_cast<char>(0x80 | (point & 63))};
    put_text(out);
  }

  // -- text -------------------------------------------------------------------------------------------

  void put(const std::string& s) {
    flush_bytes();
    if (to_skip_ > 0) {
      --to_skip_;
      return;
    }
    put_text(s);
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

  std::string_view data_;
  const reading_limits& limits_;
  size_t at_ = 0;
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

} // namespace

result<reading> read_rtf(std::string_view data, const reading_limits& limits) {
  if (!data.starts_with("{\\rtf")) return fail(errc::parse_failed, "the content is no RTF");
  return rtf_document(data, limits).read();
}

} // namespace troupe::documents
