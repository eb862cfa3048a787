#include "parse/documents/page.hpp"

#include "parse/html/markdown.hpp"
#include "parse/html/table.hpp"

#include <algorithm>

namespace troupe::documents {

using html::tag;

namespace {
constexpr long deepest_list = 8;
}

page::node* page::heading(long level, node* parent) {
  const auto first = static_cast<long>(tag::h1);
  return add(static_cast<tag>(first + std::clamp(level, 1L, 6L) - 1), parent);
}

page::node* page::table(node* parent) {
  auto* t = add(tag::table, parent);
  tree_.add_attribute(t, html::data_table, "");
  return t;
}

void page::text(std::string_view s, node* parent) {
  if (!s.empty()) tree_.new_text(s, parent);
}

void page::text(std::string_view s, const marks& m, node* parent) {
  // Next to a run with the same marks it goes on inside that.
  const auto inside = [&](tag kind) {
    parent = parent->last && parent->last->kind == kind ? parent->last : add(kind, parent);
  };
  if (s.find_first_not_of(" \n\t") == s.npos) return text(s, parent);
  if (m.bold) inside(tag::b);
  if (m.italic) inside(tag::i);
  if (m.strike) inside(tag::s);
  if (m.code) inside(tag::code);
  text(s, parent);
}

page::node* page::link(std::string_view url, node* parent) {
  auto* a = add(tag::a, parent);
  tree_.add_attribute(a, "href", url);
  return a;
}

void page::image(std::string_view target, std::string_view alternative, node* parent) {
  auto* i = add(tag::img, parent);
  tree_.add_attribute(i, "src", target);
  tree_.add_attribute(i, "alt", alternative);
}

std::string page::markdown(const reading_limits& limits) {
  return html::to_markdown(root(), {{}, limits.max_markdown_bytes});
}

html::node* list_writer::item(long wanted, bool ordered, long number) {
  const auto depth = static_cast<size_t>(std::clamp(wanted, 0L, deepest_list)) + 1;
  if (lists_.size() > depth) lists_.resize(depth);
  if (lists_.size() == depth && lists_.back().ordered != ordered) lists_.pop_back();
  while (lists_.size() < depth) {
    auto* parent = parent_;
    if (!lists_.empty()) {
      auto* list = lists_.back().list;
      parent = list->last ? list->last : to_.add(tag::li, list);
    }
    auto* list = to_.add(ordered ? tag::ol : tag::ul, parent);
    if (ordered && number > 1) to_.attribute(list, "start", std::to_string(number));
    lists_.push_back({list, ordered});
  }
  return to_.add(tag::li, lists_.back().list);
}

} // namespace troupe::documents
