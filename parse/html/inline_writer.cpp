#include "parse/html/inline_writer.hpp"

#include "model/text.hpp"
#include "parse/html/markdown_text.hpp"

#include <algorithm>

namespace troupe::html {
namespace {

/// A link behind an exclamation mark would be an image.
std::string& guard_bang(std::string& line) {
  if (line.ends_with('!') && !line.ends_with("\\!")) line.insert(line.size() - 1, 1, '\\');
  return line;
}

void code_span(const node* n, std::string& line) {
  std::string raw;
  collect_raw(n, raw);
  std::replace(raw.begin(), raw.end(), '\n', ' ');
  if (trim(raw).empty()) return;
  const std::string fence(longest_run(raw, '`') + 1, '`');
  const bool pad = raw.front() == '`' || raw.back() == '`';
  const std::string_view space = pad ? " " : "";
  line.append(fence).append(space).append(raw).append(space).append(fence);
}

/// A figure's caption says what the alternative text would say again.
bool captioned(const node* n) {
  for (n = n->parent; n; n = n->parent)
    if (n->kind == tag::figure)
      for (const node* c = n->first; c; c = following(const_cast<node*>(c), n))
        if (c->kind == tag::figcaption) return true;
  return false;
}

} // namespace

bool all_inline(const node* n) {
  for (const node* c = n->first; c; c = c->next)
    if (!is_inline(c->kind) || !all_inline(c)) return false;
  return true;
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

void inline_writer::children(const node* n, std::string& line) {
  for (const node* c = n->first; c; c = c->next)
    write(c, line);
}

void inline_writer::write(const node* n, std::string& line) {
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
    children(n, line);
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
  case tag::other: return children(n, line);
  default:
    // A block inside a line, as in a table's cell: its text, apart from what stands beside it.
    if (!line.empty() && line.back() != ' ' && line.back() != '\n') line += ' ';
    children(n, line);
    if (!line.empty() && line.back() != ' ' && line.back() != '\n') line += ' ';
  }
}

void inline_writer::text(std::string_view s, std::string& line) const {
  std::string collapsed;
  collapsed.reserve(s.size());
  for (size_t i = 0; i < s.size(); ++i) {
    const bool nbsp = s[i] == '\xc2' && i + 1 < s.size() && s[i + 1] == '\xa0';
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

std::string inline_writer::span(const node* n, const std::string& line) {
  const char outer = outer_;
  if (!line.empty()) outer_ = line.back();
  std::string inner;
  children(n, inner);
  outer_ = outer;
  return inner;
}

void inline_writer::around(const node* n, std::string_view mark, std::string& line) {
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

void inline_writer::link(const node* n, std::string& line) {
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

void inline_writer::image(const node* n, std::string& line) {
  auto source = n->get("src");
  for (const std::string_view lazy : {"data-src", "data-original", "data-lazy-src"})
    if ((source.empty() || source.starts_with("data:")) && n->has(lazy)) source = n->get(lazy);
  const auto target = links_.resolve(source);
  if (target.empty()) return;
  std::string alt;
  if (!captioned(n)) text(n->get("alt"), alt);
  line.append("![").append(trim(alt)).append("](").append(escape_target(target)).append(")");
}

} // namespace troupe::html
