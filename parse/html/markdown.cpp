#include "parse/html/markdown.hpp"

#include "model/text.hpp"
#include "parse/html/inline_writer.hpp"
#include "parse/html/markdown_text.hpp"
#include "parse/html/table.hpp"

#include <algorithm>

namespace troupe::html {
namespace {

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

class writer {
public:
  writer(const markdown_options& o)
      : options_(o)
      , inline_(o.base_url) {}

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

  /// Lines of text become paragraphs, blocks stand for themselves. In an item a list stands close under its
  /// line.
  void blocks(const node* n, bool in_item = false) {
    std::string line;
    for (const node* c = n->first; c && !full(); c = c->next) {
      if (is_inline(c->kind) && all_inline(c)) {
        inline_.write(c, line);
        continue;
      }
      paragraph(line);
      const bool list_below = in_item && (c->kind == tag::ul || c->kind == tag::ol) && marker_.empty();
      tight_ = tight_ || list_below;
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
    inline_.children(n, line);
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
      blocks(n, true);
    else if (n->is_text())
      paragraph_of(n);
    else
      element_or_line(n);
    if (!marker_.empty()) marker_ = outer;
    prefix_.resize(size);
  }
  void paragraph_of(const node* n) {
    std::string line;
    inline_.write(n, line);
    paragraph(line);
  }
  void element_or_line(const node* n) { is_inline(n->kind) && all_inline(n) ? paragraph_of(n) : element(n); }

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
    inline_.children(n, line);
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
    inline_.write(n, line);
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
      inline_.children(cell, line);
      return std::string(trim(line));
    }));
  }
  void paragraph_of_children(const node* n) {
    std::string line;
    inline_.children(n, line);
    paragraph(line);
  }

  const markdown_options& options_;
  inline_writer inline_;
  std::string out_;
  /// Before every line; the marker replaces it on the first line of a list item.
  std::string prefix_;
  std::string marker_;
  bool tight_ = false;
};

} // namespace

std::string to_markdown(const node* top, const markdown_options& options) {
  return writer(options).run(top);
}

} // namespace troupe::html
