#include "parse/documents/chart.hpp"

#include <algorithm>

namespace troupe::documents {
namespace {

using html::tag;
using pugi::xml_node;
using texts = std::vector<std::string>;

struct series {
  std::string name;
  texts categories;
  texts values;
};

/// The texts of all points beneath.
texts points(const xml_node& data) {
  struct walker : pugi::xml_tree_walker {
    texts out;
    bool for_each(xml_node& x) override {
      if (local(x) == "v") out.push_back(x.text().get());
      return true;
    }
  } w;
  xml_node(data).traverse(w);
  return std::move(w.out);
}

std::vector<series> all_series(const xml_node& root) {
  std::vector<series> out;
  for (const auto& s : root.select_nodes("//*[local-name()='ser']")) {
    const auto name = points(child(s.node(), "tx"));
    out.push_back(
        {name.empty() ? "" : name[0], points(child(s.node(), "cat")), points(child(s.node(), "val"))});
  }
  return out;
}

bool shows_values(const xml_node& root) {
  for (const auto& n : root.select_nodes("//*[local-name()='showVal']"))
    if (attr(n.node(), "val") == "1") return true;
  return false;
}

void write_table(const std::vector<series>& all, page& to, size_t most_rows) {
  auto* table = to.table(to.root());
  auto* head = to.add(tag::tr, table);
  to.add(tag::th, head);
  size_t rows = all[0].categories.size();
  for (const auto& s : all) {
    to.text(s.name, to.add(tag::th, head));
    rows = std::max(rows, s.values.size());
  }
  const auto cell = [&](const texts& column, size_t i, html::node* row) {
    to.text(i < column.size() ? column[i] : "", to.add(tag::td, row));
  };
  for (size_t i = 0; i < std::min(rows, most_rows); ++i) {
    auto* row = to.add(tag::tr, table);
    cell(all[0].categories, i, row);
    for (const auto& s : all)
      cell(s.values, i, row);
  }
}

void write_names(const std::vector<series>& all, page& to, size_t most_rows) {
  std::string names;
  for (const auto& s : all)
    if (!s.name.empty()) names += (names.empty() ? "" : ", ") + s.name;
  to.text(names, to.add(tag::p, to.root()));
  list_writer list{to, to.root()};
  for (size_t i = 0; i < std::min(all[0].categories.size(), most_rows); ++i)
    to.text(all[0].categories[i], list.item(0, false));
}

} // namespace

void write_chart(const xml_node& root, page& to, const reading_limits& limits) {
  if (const auto title = descend(root, "chart/title"))
    to.text(text_of(find(title, "rich")), to.add(tag::p, to.root()));
  const auto all = all_series(root);
  if (all.empty()) return;
  if (limits.chart_values || shows_values(root))
    write_table(all, to, limits.max_rows);
  else
    write_names(all, to, limits.max_rows);
}

} // namespace troupe::documents
