#include "parse/text/charset.hpp"

#include "model/text.hpp"

#include <iconv.h>
#include <uchardet/uchardet.h>
#include <unicode/ucnv.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <memory>
#include <optional>

namespace troupe {
namespace {

constexpr size_t meta_window = 4'096;
constexpr size_t statistics_window = 65'536;

/// Labels whose standard meaning is wider than their name (WHATWG Encoding, section 4.2).
std::string widen(const std::string& label) {
  static const std::pair<std::string_view, std::string_view> wider[] = {
      {"iso-8859-1", "windows-1252"},
      {"latin1", "windows-1252"},
      {"us-ascii", "windows-1252"},
      {"ascii", "windows-1252"},
      {"iso-8859-9", "windows-1254"},
      {"gb2312", "gb18030"},
      {"gbk", "gb18030"},
      {"x-gbk", "gb18030"},
      {"shift_jis", "ibm-943_P15A-2003"},
      {"x-sjis", "ibm-943_P15A-2003"},
      {"euc-kr", "windows-949"},
      {"ks_c_5601-1987", "windows-949"},
      {"tis-620", "windows-874"},
      {"iso-8859-11", "windows-874"},
      {"big5", "big5-hkscs"},
      {"unicode", "utf-16le"},
      {"utf-16", "utf-16le"},
      {"utf8", "utf-8"},
      {"unicode-1-1-utf-8", "utf-8"},
      {"x-user-defined", "windows-1252"},
      {"uhc", "windows-949"},
  };
  for (const auto& [from, to] : wider)
    if (label == from) return std::string(to);
  return label;
}

/// KS X 1001 annex 3: found by no detector, converted by the C library alone. Its syllables are made of three
/// numbers of five bits, of which a third are none: a text that holds only proper ones is no other's.
class johab {
public:
  static constexpr const char* name = "johab";

  johab()
      : converter_(iconv_open("UTF-8", "JOHAB")) {}
  ~johab() {
    if (open()) iconv_close(converter_);
  }
  johab(const johab&) = delete;
  bool open() const { return converter_ != iconv_t(-1); }

  /// None: the bytes are no such text.
  std::optional<std::string> decode(std::string_view data) const {
    if (!open()) return std::nullopt;
    std::string out(data.size() * 3, '\0');
    auto* from = const_cast<char*>(data.data());
    auto* to = out.data();
    size_t left = data.size();
    size_t room = out.size();
    iconv(converter_, nullptr, nullptr, nullptr, nullptr);
    // What is cut off at the end of a window is no error.
    if (iconv(converter_, &from, &left, &to, &room) == size_t(-1) && left > 1) return std::nullopt;
    out.resize(out.size() - room);
    return out;
  }
  bool is_likely(std::string_view data) const {
    const auto text = decode(data.substr(0, statistics_window));
    return text && mostly_hangul(*text);
  }
  static const johab& converter() {
    thread_local const johab made;
    return made;
  }

private:
  static constexpr size_t least_syllables = 8;

  static bool mostly_hangul(const std::string& utf8) {
    const auto text = icu::UnicodeString::fromUTF8(utf8);
    size_t hangul = 0;
    size_t others = 0;
    for (int32_t i = 0; i < text.length(); ++i) {
      const auto c = text[i];
      const bool is_hangul = (c >= 0xac00 && c <= 0xd7a3) || (c >= 0x3131 && c <= 0x318e);
      hangul += is_hangul;
      others += c > 0x7f && !is_hangul;
    }
    return hangul >= least_syllables && hangul > others;
  }

  iconv_t converter_;
};

bool known(const std::string& charset) {
  if (charset == johab::name) return johab::converter().open();
  UErrorCode error = U_ZERO_ERROR;
  UConverter* c = ucnv_open(charset.c_str(), &error);
  if (c) ucnv_close(c);
  return U_SUCCESS(error);
}

std::string charset_after(std::string_view text, std::string_view word) {
  const auto copy = ascii_lower(text);
  auto at = copy.find(word);
  if (at == std::string::npos) return {};
  at += word.size();
  const auto skip = [&](std::string_view any) {
    while (at < copy.size() && any.find(copy[at]) != any.npos)
      ++at;
  };
  skip(" \t\r\n");
  if (at >= copy.size() || copy[at] != '=') return {};
  ++at;
  skip(" \t\r\n\"'");
  const auto end = copy.find_first_of(" \t\r\n\"';>/", at);
  return copy.substr(at, end == std::string::npos ? end : end - at);
}

std::string from_bom(std::string_view d) {
  if (d.starts_with("\xef\xbb\xbf")) return "utf-8";
  if (d.starts_with("\xfe\xff")) return "utf-16be";
  if (d.starts_with("\xff\xfe")) return "utf-16le";
  return {};
}

/// The encoding that an HTML document or an XML declaration names for itself.
std::string from_document(std::string_view data) {
  const auto head = data.substr(0, meta_window);
  if (head.starts_with("<?xml"))
    if (auto named = charset_after(head.substr(0, head.find('>')), "encoding"); !named.empty()) return named;
  const auto copy = ascii_lower(head);
  for (auto at = copy.find("<meta"); at != std::string::npos; at = copy.find("<meta", at + 5)) {
    const auto end = copy.find('>', at);
    if (auto named = charset_after(copy.substr(at, end == std::string::npos ? end : end - at), "charset");
        !named.empty())
      // A document that can say so in ASCII is not UTF-16.
      return named.starts_with("utf-16") ? "utf-8" : named;
  }
  return {};
}

std::string from_statistics(std::string_view data) {
  const std::unique_ptr<uchardet, void (*)(uchardet_t)> d{uchardet_new(), uchardet_delete};
  uchardet_handle_data(d.get(), data.data(), std::min(data.size(), statistics_window));
  uchardet_data_end(d.get());
  return ascii_lower(uchardet_get_charset(d.get()));
}

} // namespace

std::string detect_charset(std::string_view data, std::string_view content_type, bool html) {
  if (auto bom = from_bom(data); !bom.empty()) return bom;
  // ISO 2022 is ASCII with escapes: it would pass for UTF-8.
  const bool escapes = data.find("\x1b$") != data.npos || data.find("\x1b(") != data.npos;
  const bool utf8 = !escapes && is_valid_utf8(data);
  for (auto named : {charset_after(content_type, "charset"), html ? from_document(data) : std::string{}}) {
    named = widen(named);
    // A header or meta that claims a legacy encoding for valid UTF-8 with multi-byte text is mistaken.
    if (!named.empty() && known(named)) return utf8 && named == "windows-1252" ? "utf-8" : named;
  }
  if (utf8) return "utf-8";
  if (johab::converter().is_likely(data)) return johab::name;
  const auto guessed = widen(from_statistics(data));
  if (!guessed.empty() && guessed != "utf-8" && known(guessed)) return guessed;
  return is_valid_utf8(data) ? "utf-8" : "windows-1252";
}

void warm_up_charsets() {
  johab::converter();
}

std::string to_utf8(std::string_view data, const std::string& charset) {
  if (charset == "utf-8") {
    if (data.starts_with("\xef\xbb\xbf")) data.remove_prefix(3);
    if (is_valid_utf8(data)) return std::string(data);
  }
  if (charset == johab::name)
    if (auto text = johab::converter().decode(data)) return std::move(*text);
  UErrorCode error = U_ZERO_ERROR;
  UConverter* c = ucnv_open(charset.c_str(), &error);
  if (!c) {
    error = U_ZERO_ERROR;
    c = ucnv_open("windows-1252", &error);
  }
  const icu::UnicodeString text{data.data(), static_cast<int32_t>(data.size()), c, error};
  ucnv_close(c);
  std::string out;
  text.toUTF8String(out);
  return out.starts_with("\xef\xbb\xbf") ? out.substr(3) : out;
}

} // namespace troupe
