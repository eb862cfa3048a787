#include "parse/markdown.hpp"

#include "parse/links.hpp"
#include "parse/table.hpp"

#include <algorithm>

namespace troupe::html {
namespace {

std::string_view trim(std::string_view s) {
  while (!s.empty() && (s.front() == ' ' || s.front() == '\n'))
    s.remove_prefix(1);
  while (!s.empty() && (s.back() == ' ' || s.back() == '\n'))
    s.remove_suffix(1);
  return s;
}

bool all_inline(const node* n) {
  for (const node* c = n->first; c; c = c->next)
    if (!is_inline(c->kind) || !all_inline(c)) return false;
  return true;
}

/// The first word, unless it holds what would end the line of a fence.
std::string plain_name(std::string_view s) {
  const auto name = s.substr(0, s.find_first_of(" ;\t\r\n"));
  return name.find('`') == name.npos ? std::string(name) : std::string{};
}

/// The language in `class="language-x"`, `lang-x`, `highlight-source-x` or `brush: x`; of code or its
/// parents.
std::string language_of(const node* n) {
  for (int up = 0; n && up < 3; n = n->parent, ++up) {
    if (auto name = plain_name(n->get("data-lang")); !name.empty()) return name;
    const auto classes = n->get("class");
    for (const std::string_view mark : {"language-", "lang-", "highlight-source-", "brush: ", "brush:"}) {
      const auto at = classes.find(mark);
      if (at == std::string_view::npos) continue;
      if (auto name = plain_name(classes.substr(at + mark.size())); !name.empty()) return name;
    }
    if (n->kind != tag::code && n->kind != tag::pre && up > 0 && n->kind != tag::div) break;
  }
  return {};
}

void collect_raw(const node* n, std::string& out) {
  for (const node* c = n->first; c; c = c->next) {
    if (c->is_text())
      out += c->text;
    else if (c->kind == tag::br)
      out += '\n';
    else
      collect_raw(c, out);
  }
}

size_t longest_run(std::string_view s, char of) {
  size_t longest = 0;
  size_t run = 0;
  for (const char c : s)
    longest = std::max(longest, run = c == of ? run + 1 : 0);
  return longest;
}

class writer {
public:
  writer(const markdown_options& o)
      : options_(o)
      , links_(o.base_url) {}

  std::string run(const node* top) {
    blocks(top);
    return std::move(out_);
  }

private:
  // -- lines: a block is written line by line, each behind the prefix of its quotes and lists ---------

  void begin_block() {
    if (!out_.empty() && !tight_) {
      if (out_.back() != '\n') out_ += '\n';
      out_ += trim_right(prefix_) + "\n";
    } else if (!out_.empty() && out_.back() != '\n') {
      out_ += '\n';
    }
    tight_ = false;
  }
  static std::string trim_right(std::string s) {
    while (!s.empty() && s.back() == ' ')
      s.pop_back();
    return s;
  }
  void put_lines(std::string_view text) {
    bool first = true;
    for (size_t from = 0; from <= text.size();) {
      const auto end = std::min(text.find('\n', from), text.size());
      const auto line = text.substr(from, end - from);
      if (!first) out_ += '\n';
      if (!marker_.empty()) {
        out_ += marker_;
        marker_.clear();
      } else {
        out_ += line.empty() ? trim_right(prefix_) : prefix_;
      }
      out_ += line;
      first = false;
      from = end + 1;
    }
  }
  void block(std::string_view text) {
    if (text.empty() || full()) return;
    begin_block();
    put_lines(text);
  }
  bool full() const { return out_.size() > options_.max_bytes; }

  // -- blocks -----------------------------------------------------------------------------------------

  void blocks(const node* n) {
    std::string line;
    for (const node* c = n->first; c && !full(); c = c->next) {
      if (is_inline(c->kind) && all_inline(c)) {
        inline_node(c, line);
        continue;
      }
      paragraph(line);
      element(c);
    }
    paragraph(line);
  }

  void paragraph(std::string& line) {
    // A hard break before the end of a paragraph breaks nothing.
    while (trim_right(line).ends_with("\\\n"))
      line = trim_right(line).substr(0, trim_right(line).size() - 2);
    block(guard_line_start(std::string(trim(line))));
    line.clear();
  }

  void element(const node* n) {
    switch (n->kind) {
    case tag::h1:
    case tag::h2:
    case tag::h3:
    case tag::h4:
    case tag::h5:
    case tag::h6: return heading(n);
    case tag::pre: return code(n);
    case tag::ul:
    case tag::ol: return list(n);
    case tag::blockquote: return quote(n);
    case tag::table: return table(n);
    case tag::hr: return block("---");
    case tag::dl: return blocks(n);
    case tag::dt: return term(n);
    case tag::li: return item(n, "- ");
    case tag::a: return linked_blocks(n);
    case tag::video:
    case tag::script:
    case tag::style: return;
    default: return blocks(n);
    }
  }

  void heading(const node* n) {
    std::string line;
    inline_children(n, line);
    for (auto at = line.find("\\\n"); at != line.npos; at = line.find("\\\n", at))
      line.replace(at, 2, " ");
    std::replace(line.begin(), line.end(), '\n', ' ');
    std::string text{trim(line)};
    if (text.empty()) return;
    // A closing run of # would be taken as the heading's own.
    const auto run = text.find_last_not_of('#') + 1;
    if (text.back() == '#' && (run == 0 || text[run - 1] == ' ')) text.insert(run, "\\");
    block(std::string(1 + static_cast<size_t>(n->kind) - static_cast<size_t>(tag::h1), '#') + " " + text);
  }

  void code(const node* n) {
    std::string text;
    collect_raw(n, text);
    while (!text.empty() && text.front() == '\n')
      text.erase(0, 1);
    while (!text.empty() && (text.back() == '\n' || text.back() == ' '))
      text.pop_back();
    text.erase(std::remove(text.begin(), text.end(), '\r'), text.end());
    if (text.empty()) return;
    const node* named = n->first && n->first->kind == tag::code ? n->first : n;
    const std::string fence(std::max<size_t>(3, longest_run(text, '`') + 1), '`');
    block(fence + language_of(named) + "\n" + text + "\n" + fence);
  }

  void list(const node* n) {
    unsigned number = 1;
    if (const auto start = n->get("start");
        !start.empty() && start.size() < 7 && start.find_first_not_of("0123456789") == start.npos)
      number = static_cast<unsigned>(std::stoul(std::string(start)));
    bool first = true;
    size_t width = 2;
    for (const node* c = n->first; c && !full(); c = c->next) {
      if (c->is_text() && trim(c->text).empty()) continue;
      if (const node* inner = only_list(c)) {
        nested(inner, width);
        continue;
      }
      if (!first) tight_ = true;
      const auto before = out_.size();
      const std::string mark = n->kind == tag::ol ? std::to_string(number) + ". " : "- ";
      width = mark.size();
      item(c, mark);
      if (out_.size() != before) {
        first = false;
        ++number;
      } else {
        tight_ = false;
      }
    }
  }

  /// The list that `n` is, or that is all it holds.
  static const node* only_list(const node* n) {
    if (n->kind == tag::ul || n->kind == tag::ol) return n;
    const node* found = nullptr;
    if (n->kind != tag::li) return nullptr;
    for (const node* c = n->first; c; c = c->next) {
      if (c->is_text() && trim(c->text).empty()) continue;
      if (found || (c->kind != tag::ul && c->kind != tag::ol)) return nullptr;
      found = c;
    }
    return found;
  }

  /// A list that stands directly in a list belongs to the item before it.
  void nested(const node* n, size_t width) {
    prefix_.append(width, ' ');
    tight_ = true;
    list(n);
    prefix_.resize(prefix_.size() - width);
  }

  void item(const node* n, const std::string& mark) {
    const auto size = prefix_.size();
    const auto outer = marker_;
    marker_ = (outer.empty() ? prefix_ : outer) + mark;
    prefix_ += std::string(mark.size(), ' ');
    if (n->kind == tag::li)
      item_body(n);
    else if (n->is_text())
      paragraph_of(n);
    else
      element_or_line(n);
    if (!marker_.empty()) marker_ = outer;
    prefix_.resize(size);
  }
  void paragraph_of(const node* n) {
    std::string line;
    inline_node(n, line);
    paragraph(line);
  }
  void element_or_line(const node* n) { is_inline(n->kind) && all_inline(n) ? paragraph_of(n) : element(n); }

  /// The first text of an item, then what is below it, a list close under its line.
  void item_body(const node* n) {
    std::string line;
    for (const node* c = n->first; c && !full(); c = c->next) {
      if (is_inline(c->kind) && all_inline(c)) {
        inline_node(c, line);
        continue;
      }
      paragraph(line);
      const bool list_below = (c->kind == tag::ul || c->kind == tag::ol) && marker_.empty();
      tight_ = tight_ || list_below;
      element(c);
    }
    paragraph(line);
  }

  void quote(const node* n) {
    const auto size = prefix_.size();
    const auto before = out_.size();
    const auto marker = marker_;
    const bool tight = tight_;
    if (!marker_.empty()) {
      marker_ += "> ";
    } else {
      begin_block();
      tight_ = true;
    }
    prefix_ += "> ";
    const auto begun = out_.size();
    blocks(n);
    prefix_.resize(size);
    if (out_.size() != begun) return;
    // Nothing in it: as if it had not been there.
    out_.resize(before);
    marker_ = marker;
    tight_ = tight;
  }

  void term(const node* n) {
    std::string line;
    inline_children(n, line);
    if (const auto text = trim(line); !text.empty()) block("**" + std::string(text) + "**");
  }

  /// A link around blocks: its text becomes one line with the link, unless it holds structure.
  void linked_blocks(const node* n) {
    bool structured = false;
    for (const node* c = n->first; c; c = following(const_cast<node*>(c), n))
      structured = structured || c->kind == tag::p || c->kind == tag::ul || c->kind == tag::table ||
                   is_heading(c->kind);
    if (structured) return blocks(n);
    std::string line;
    inline_node(n, line);
    paragraph(line);
  }

  void table(const node* n) {
    const auto rows = rows_of(n);
    if (rows.empty()) return blocks(n);
    if (!is_data_table(n, rows)) {
      for (const auto& row : rows)
        for (const node* cell : row.cells)
          blocks(cell);
      return;
    }
    if (const node* caption = caption_of(n)) paragraph_of_children(caption);
    block(render_table(rows, [&](const node* cell) {
      std::string line;
      inline_children(cell, line);
      return std::string(trim(line));
    }));
  }
  void paragraph_of_children(const node* n) {
    std::string line;
    inline_children(n, line);
    paragraph(line);
  }

  // -- inline -----------------------------------------------------------------------------------------

  void inline_children(const node* n, std::string& line) {
    for (const node* c = n->first; c; c = c->next)
      inline_node(c, line);
  }

  void inline_node(const node* n, std::string& line) {
    switch (n->kind) {
    case tag::text: return text(n->text, line);
    case tag::br: return void(line = trim_right(std::move(line)) + (line.empty() ? "" : "\\\n"));
    case tag::b:
    case tag::strong: return around(n, "**", line);
    case tag::i:
    case tag::em:
    case tag::cite:
    case tag::dfn:
    case tag::var: return around(n, "*", line);
    case tag::del:
    case tag::s:
    case tag::strike: return around(n, "~~", line);
    case tag::code:
    case tag::kbd:
    case tag::samp:
    case tag::tt: return code_span(n, line);
    case tag::a: return link(n, line);
    case tag::img: return image(n, line);
    case tag::q:
      line += '"';
      inline_children(n, line);
      line += '"';
      return;
    case tag::script:
    case tag::style:
    case tag::input:
    case tag::button: return;
    case tag::sup:
    case tag::sub:
    case tag::span:
    case tag::font:
    case tag::small:
    case tag::label:
    case tag::abbr:
    case tag::u:
    case tag::mark:
    case tag::time:
    case tag::ins:
    case tag::picture:
    case tag::math:
    case tag::other: return inline_children(n, line);
    default:
      // A block inside a line, as in a table's cell: its text, apart from what stands beside it.
      if (!line.empty() && line.back() != ' ' && line.back() != '\n') line += ' ';
      inline_children(n, line);
      if (!line.empty() && line.back() != ' ' && line.back() != '\n') line += ' ';
    }
  }

  void text(std::string_view s, std::string& line) {
    std::string collapsed;
    for (size_t i = 0; i < s.size(); ++i) {
      const bool nbsp = s.substr(i).starts_with("\xc2\xa0");
      if (nbsp) ++i;
      if (nbsp || static_cast<uint8_t>(s[i]) <= ' ') {
        const char before = !collapsed.empty() ? collapsed.back() : line.empty() ? outer_ : line.back();
        if (before != ' ' && before != '\n') collapsed += ' ';
      } else {
        collapsed += s[i];
      }
    }
    line += escape_markdown(collapsed);
  }

  /// The text of a span inside `line`.
  std::string span(const node* n, const std::string& line) {
    const char outer = outer_;
    if (!line.empty()) outer_ = line.back();
    std::string inner;
    inline_children(n, inner);
    outer_ = outer;
    return inner;
  }

  /// A link behind an exclamation mark would be an image.
  static std::string& guard_bang(std::string& line) {
    if (line.ends_with('!') && !line.ends_with("\\!")) line.insert(line.size() - 1, "\\");
    return line;
  }

  /// Marks a span; white space at its edges goes outside, where Markdown wants it.
  void around(const node* n, std::string_view mark, std::string& line) {
    const auto inner = span(n, line);
    const auto core = trim(inner);
    if (core.empty() || core.find('\n') != core.npos || core.starts_with(mark) || line.ends_with(mark)) {
      line += inner;
      return;
    }
    if (inner.front() == ' ' && !line.empty() && line.back() != ' ') line += ' ';
    line.append(mark).append(core).append(mark);
    if (inner.back() == ' ') line += ' ';
  }

  void code_span(const node* n, std::string& line) {
    std::string raw;
    collect_raw(n, raw);
    std::replace(raw.begin(), raw.end(), '\n', ' ');
    if (trim(raw).empty()) return;
    const std::string fence(longest_run(raw, '`') + 1, '`');
    const bool pad = raw.front() == '`' || raw.back() == '`';
    line += fence + (pad ? " " : "") + raw + (pad ? " " : "") + fence;
  }

  void link(const node* n, std::string& line) {
    const auto inner = span(n, line);
    const auto core = trim(inner);
    const auto target = links_.resolve(n->get("href"));
    if (core.empty()) {
      line += inner;
      return;
    }
    if (inner.front() == ' ' && !line.empty() && line.back() != ' ') line += ' ';
    if (target.empty() || target.front() == '#' || core.find('\n') != core.npos)
      line += core;
    else
      guard_bang(line).append("[").append(core).append("](").append(escape_target(target)).append(")");
    if (inner.back() == ' ') line += ' ';
  }

  void image(const node* n, std::string& line) {
    auto source = n->get("src");
    for (const std::string_view lazy : {"data-src", "data-original", "data-lazy-src"})
      if ((source.empty() || source.starts_with("data:")) && n->has(lazy)) source = n->get(lazy);
    const auto target = links_.resolve(source);
    if (target.empty()) return;
    std::string alt;
    if (!captioned(n)) text(n->get("alt"), alt);
    line.append("![").append(trim(alt)).append("](").append(escape_target(target)).append(")");
  }

  /// A figure's caption says what the alternative text would say again.
  static bool captioned(const node* n) {
    for (n = n->parent; n; n = n->parent)
      if (n->kind == tag::figure)
        for (const node* c = n->first; c; c = following(const_cast<node*>(c), n))
          if (c->kind == tag::figcaption) return true;
    return false;
  }

  static std::string escape_target(const std::string& url) {
    std::string out;
    for (const char c : url) {
      if (c == '(' || c == ')')
        out += c == '(' ? "%28" : "%29";
      else
        out += c;
    }
    return out;
  }

  /// Escapes what would make a paragraph something else: a heading, a list, a quote, a rule.
  static std::string guard_line_start(std::string s) {
    for (size_t at = 0; at < s.size();) {
      const auto end = std::min(s.find('\n', at), s.size());
      const auto line = std::string_view(s).substr(at, end - at);
      const auto digits = line.find_first_not_of("0123456789");
      const bool rule = !line.empty() && (line.find_first_not_of("- ") == line.npos ||
                                          line.find_first_not_of("= ") == line.npos);
      if (line.starts_with("#") || line.starts_with(">") || line.starts_with("+ ") ||
          line.starts_with("- ") || line.starts_with("* ") || line == "+" || line == "*" ||
          line.starts_with("---") || line.starts_with("|") || rule || line.starts_with("~~~"))
        s.insert(at, "\\");
      else if (digits != line.npos && digits > 0 && digits < 10 &&
               (line[digits] == '.' || line[digits] == ')') &&
               (digits + 1 == line.size() || line[digits + 1] == ' '))
        s.insert(at + digits, "\\");
      at = std::min(s.find('\n', at), s.size()) + 1;
    }
    return s;
  }

  const markdown_options& options_;
  link_resolver links_;
  std::string out_;
  /// Before every line; the marker replaces it on the first line of a list item.
  std::string prefix_;
  std::string marker_;
  bool tight_ = false;
  /// What stands before the span that is being written.
  char outer_ = ' ';
};

} // namespace

std::string escape_markdown(std::string_view s) {
  std::string out;
  out.reserve(s.size());
  for (size_t i = 0; i < s.size(); ++i) {
    const char c = s[i];
    const auto word = [&](size_t k) {
      return k < s.size() && (std::isalnum(static_cast<uint8_t>(s[k])) || (s[k] & 0x80));
    };
    // An underscore inside a word is no emphasis (CommonMark 6.2).
    const bool inner_underscore = c == '_' && i > 0 && word(i - 1) && word(i + 1);
    const bool lonely_star = c == '*' && (i == 0 || s[i - 1] == ' ') && i + 1 < s.size() && s[i + 1] == ' ';
    const auto semicolon = c == '&' ? s.substr(i + 1, 32).find_first_not_of(
                                          "#0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
                                    : s.npos;
    const bool entity = semicolon != s.npos && semicolon > 0 && s[i + 1 + semicolon] == ';';
    const bool tag_like = c == '<' && i + 1 < s.size() && s[i + 1] != ' ';
    if (c == '\\' || c == '`' || c == '[' || c == ']' || (c == '*' && !lonely_star) ||
        (c == '_' && !inner_underscore) || entity || tag_like ||
        (c == '~' && i + 1 < s.size() && s[i + 1] == '~'))
      out += '\\';
    out += c;
  }
  return out;
}

std::string to_markdown(const node* top, const markdown_options& options) {
  return writer(options).run(top);
}

} // namespace troupe::html
