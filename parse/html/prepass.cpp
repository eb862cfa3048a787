#include "parse/html/prepass.hpp"

#include <algorithm>
#include <array>
#include <unordered_map>
#include <vector>

namespace troupe::html {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}
bool is_letter(char c) {
  return lower(c) >= 'a' && lower(c) <= 'z';
}
bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

template <size_t N>
bool any_of(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// Content of these is not text of the page; dropped with everything up to the end tag.
constexpr std::array<std::string_view, 6> dropped = {"script",   "style", "noscript",
                                                     "template", "svg",   "iframe"};
/// Their content has no tags: it ends at the end tag only.
constexpr std::array<std::string_view, 5> raw = {"title", "textarea", "xmp", "noembed", "noframes"};
/// Elements that have no end tag.
constexpr std::array<std::string_view, 14> empty_elements = {"area",  "base",   "br",    "col",  "embed",
                                                             "hr",    "img",    "input", "link", "meta",
                                                             "param", "source", "track", "wbr"};

/// Elements whose end tag authors leave out, and the open ones that their start ends: a list of a thousand
/// items is not a thousand deep.
struct implied_end {
  std::string_view name;
  std::array<std::string_view, 6> ends;
};
constexpr std::array<implied_end, 12> implied_ends = {{
    {"p", {"p"}},
    {"li", {"p", "li"}},
    {"dt", {"p", "dt", "dd"}},
    {"dd", {"p", "dt", "dd"}},
    {"option", {"option"}},
    {"td", {"p", "td", "th"}},
    {"th", {"p", "td", "th"}},
    {"tr", {"p", "td", "th", "tr"}},
    {"thead", {"td", "th", "tr", "thead", "tbody", "tfoot"}},
    {"tbody", {"td", "th", "tr", "thead", "tbody", "tfoot"}},
    {"tfoot", {"td", "th", "tr", "thead", "tbody", "tfoot"}},
    {"colgroup", {"colgroup"}},
}};

class tamer {
public:
  tamer(std::string_view in, const tame_limits& limits)
      : in_(in)
      , limits_(limits) {
    out_.reserve(in.size());
  }

  std::string run() {
    while (at_ < in_.size()) {
      const auto open = in_.find('<', at_);
      text(in_.substr(at_, open == std::string_view::npos ? open : open - at_));
      if (open == std::string_view::npos) break;
      at_ = open;
      markup();
    }
    return std::move(out_);
  }

private:
  void text(std::string_view s) {
    const auto from = out_.size();
    out_ += s;
    std::replace(out_.begin() + static_cast<std::ptrdiff_t>(from), out_.end(), '\0', ' ');
  }
  char peek(size_t ahead) const { return at_ + ahead < in_.size() ? in_[at_ + ahead] : '\0'; }

  void markup() {
    if (peek(1) == '!' || peek(1) == '?') return declaration();
    const bool end = peek(1) == '/';
    if (!is_letter(peek(end ? 2 : 1)) || tags_ >= limits_.tags) {
      out_ += "&lt;";
      ++at_;
      return;
    }
    ++tags_;
    end ? end_tag() : start_tag();
  }

  /// A comment, a doctype or a processing instruction: dropped. Unclosed ones end the document.
  void declaration() {
    const bool comment = in_.substr(at_).starts_with("<!--");
    if (!comment) return move_past(">", at_ + 2);
    // `<!-->` and `<!--->` are whole comments, `--!>` ends one too (HTML standard, 13.2.5.43 and 13.2.5.51).
    if (peek(4) == '>' || (peek(4) == '-' && peek(5) == '>')) return move_past(">", at_ + 4);
    const auto usual = std::min(in_.find("-->", at_ + 4), in_.size());
    const auto odd = in_.substr(0, usual).find("--!>", at_ + 4);
    at_ = odd != std::string_view::npos ? odd + 4 : std::min(usual + 3, in_.size());
  }
  void move_past(std::string_view what, size_t from) {
    const auto found = in_.find(what, from);
    at_ = found == std::string_view::npos ? in_.size() : found + what.size();
  }

  std::string name_at(size_t from) const {
    std::string name;
    for (size_t i = from; i < in_.size() && name.size() < 64; ++i) {
      const char c = in_[i];
      if (is_space(c) || c == '>' || c == '/' || c == '\0') break;
      name += lower(c);
    }
    return name;
  }

  void end_tag() {
    const auto name = name_at(at_ + 2);
    move_past(">", at_ + 2);
    if (any_of(dropped, name)) return;
    if (const auto skipped = skipped_.find(name); skipped != skipped_.end() && skipped->second > 0) {
      --skipped->second;
      return;
    }
    // An end tag of nothing that is open ends nothing.
    if (open_count_[name] == 0) return;
    while (open_.back() != name)
      pop();
    pop();
    out_.append("</").append(name).append(">");
  }

  void pop() {
    --open_count_[open_.back()];
    open_.pop_back();
  }

  /// True: the element is open now; false: the document is too deep for it.
  bool push(const std::string& name) {
    for (const auto& implied : implied_ends)
      if (implied.name == name)
        while (!open_.empty() && any_of(implied.ends, open_.back()))
          pop();
    if (open_.size() >= limits_.depth) return false;
    open_.push_back(name);
    ++open_count_[name];
    return true;
  }

  void start_tag() {
    const auto name = name_at(at_ + 1);
    const auto begin = out_.size();
    at_ += 1 + name.size();
    while (at_ < in_.size() && !is_space(in_[at_]) && in_[at_] != '>' && in_[at_] != '/')
      ++at_;
    out_.append("<").append(name);
    attributes();
    out_ += '>';
    const auto made = std::string_view(out_).substr(begin);
    // Foreign elements may end in their own tag (HTML standard, 13.1.2.1).
    if (name == "svg" && self_closing_) return out_.resize(begin);
    if (any_of(dropped, name)) return drop_content(name, begin, name == "script" && is_linked_data(made));
    if (any_of(raw, name)) return copy_raw(name);
    if (is_list(name) && !open_.empty() && is_list(open_.back()) && push("li")) {
      // libxml2 ends a list at a list that begins directly in it: an item around the inner one keeps it
      // there.
      out_.insert(begin, "<li>");
      if (push(name)) return;
    }
    if (any_of(empty_elements, name) || push(name)) return;
    out_.resize(begin);
    ++skipped_[name];
  }

  static bool is_list(std::string_view name) { return name == "ul" || name == "ol"; }
  static bool is_linked_data(std::string_view tag) {
    return tag.find("application/ld+json") != std::string_view::npos;
  }

  void drop_content(const std::string& name, size_t begin, bool keep) {
    const auto from = at_;
    const auto end = find_end(name, from);
    if (keep) {
      text(in_.substr(from, end - from));
      out_.append("</").append(name).append(">");
    } else {
      out_.resize(begin);
      out_ += ' ';
    }
    at_ = end;
    if (at_ < in_.size()) move_past(">", at_);
  }

  void copy_raw(const std::string& name) {
    const auto end = find_end(name, at_);
    for (; at_ < end; ++at_)
      in_[at_] == '<' ? void(out_ += "&lt;") : void(out_ += in_[at_] ? in_[at_] : ' ');
    if (at_ < in_.size()) move_past(">", at_);
    out_.append("</").append(name).append(">");
  }

  /// Where the next `</name` stands. Remembers names that have none, so that a document of nothing but
  /// start tags is not searched again and again.
  size_t find_end(const std::string& name, size_t from) {
    if (std::find(endless_.begin(), endless_.end(), name) != endless_.end()) return in_.size();
    for (auto i = in_.find("</", from); i != std::string_view::npos; i = in_.find("</", i + 2))
      if (name_at(i + 2) == name) return i;
    endless_.push_back(name);
    return in_.size();
  }

  void attributes() {
    unsigned count = 0;
    while (at_ < in_.size()) {
      self_closing_ = false;
      for (; at_ < in_.size() && (is_space(in_[at_]) || in_[at_] == '/'); ++at_)
        self_closing_ = in_[at_] == '/';
      if (at_ >= in_.size()) return;
      if (in_[at_] == '>') {
        ++at_;
        return;
      }
      const auto begin = out_.size();
      if (!attribute() || ++count > limits_.attributes) out_.resize(begin);
    }
  }

  /// Copies one attribute, its value in double quotes. False: it is too long.
  bool attribute() {
    out_ += ' ';
    const auto from = at_;
    while (at_ < in_.size() && !is_space(in_[at_]) && in_[at_] != '>' && in_[at_] != '/' &&
           (in_[at_] != '=' || at_ == from))
      ++at_;
    const auto name_length = at_ - from;
    for (auto i = from; i < at_; ++i) {
      const char c = lower(in_[i]);
      out_ += c == '"' || c == '\'' || c == '<' || c == '\0' ? '_' : c;
    }
    auto value = at_;
    while (value < in_.size() && is_space(in_[value]))
      ++value;
    if (value >= in_.size() || in_[value] != '=') return name_length <= limits_.attribute_bytes;
    at_ = value + 1;
    while (at_ < in_.size() && is_space(in_[at_]))
      ++at_;
    return copy_value() && name_length <= limits_.attribute_bytes;
  }

  bool copy_value() {
    const char quote = at_ < in_.size() && (in_[at_] == '"' || in_[at_] == '\'') ? in_[at_] : '\0';
    size_t end;
    if (quote) {
      ++at_;
      end = std::min(in_.find(quote, at_), in_.size());
    } else {
      for (end = at_; end < in_.size() && !is_space(in_[end]) && in_[end] != '>';)
        ++end;
    }
    const auto value = in_.substr(at_, end - at_);
    at_ = end + (quote && end < in_.size());
    if (value.size() > limits_.attribute_bytes) return false;
    out_ += "=\"";
    for (size_t i = 0; i < value.size(); ++i) {
      const auto plain = i;
      while (i < value.size() && value[i] != '"' && value[i] != '<' && value[i] != '\0')
        ++i;
      out_.append(value, plain, i - plain);
      if (i < value.size()) out_ += value[i] == '"' ? "&quot;" : value[i] == '<' ? "&lt;" : " ";
    }
    out_ += '"';
    return true;
  }

  std::string_view in_;
  const tame_limits& limits_;
  std::string out_;
  size_t at_ = 0;
  bool self_closing_ = false;
  std::vector<std::string> open_;
  std::unordered_map<std::string, unsigned> open_count_;
  std::unordered_map<std::string, unsigned> skipped_;
  unsigned tags_ = 0;
  std::vector<std::string> endless_;
};

} // namespace

std::string tame(std::string_view html, const tame_limits& limits) {
  return tamer(html, limits).run();
}

} // namespace troupe::html
