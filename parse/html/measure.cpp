#include "parse/html/measure.hpp"

#include <algorithm>

namespace troupe::html {
namespace {

constexpr unsigned least_paragraph = 40;

bool holds_prose(tag t) {
  return t == tag::p || t == tag::pre || t == tag::blockquote || t == tag::td || t == tag::li ||
         t == tag::dd || t == tag::div || t == tag::section || t == tag::article || t == tag::figcaption;
}

} // namespace

unsigned visible_length(std::string_view s) {
  unsigned n = 0;
  bool space = true;
  for (const char c : s) {
    const bool white = static_cast<uint8_t>(c) <= ' ';
    // Continuation bytes of UTF-8 are no characters of their own.
    n += white ? !space : (static_cast<uint8_t>(c) & 0xc0) != 0x80;
    space = white;
  }
  return n;
}

void measure::add(const measure& m) {
  text += m.text;
  linked += m.linked;
  links += m.links;
  paragraphs += m.paragraphs;
  prose += m.prose;
  commas += m.commas;
  items += m.items;
  inputs += m.inputs;
  images += m.images;
  headings += m.headings;
}

const measure& measures::of(const node* n) const {
  static const measure none;
  return n->number < all_.size() ? all_[n->number] : none;
}

measure measures::take(node* n, bool in_link) {
  measure m;
  unsigned direct = 0;
  for (node* c = n->first; c; c = c->next) {
    if (c->is_text()) {
      const auto length = visible_length(c->text);
      m.text += length;
      if (in_link) m.linked += length;
      m.commas += static_cast<unsigned>(std::count(c->text.begin(), c->text.end(), ','));
      direct += in_link ? 0 : length;
      continue;
    }
    const auto below = take(c, in_link || c->kind == tag::a);
    m.add(below);
    if (is_inline(c->kind)) direct += below.plain();
  }
  m.links += n->kind == tag::a;
  m.items += n->kind == tag::li;
  m.inputs +=
      n->kind == tag::input || n->kind == tag::button || n->kind == tag::select || n->kind == tag::textarea;
  m.images += n->kind == tag::img;
  m.headings += is_heading(n->kind);
  if (holds_prose(n->kind) && direct >= least_paragraph) {
    ++m.paragraphs;
    m.prose += direct;
  }
  if (all_.size() <= n->number) all_.resize(n->number + 1);
  return all_[n->number] = m;
}

} // namespace troupe::html
