#include "parse/documents/grid.hpp"

#include <set>

namespace troupe::documents {

using html::tag;

namespace {
constexpr size_t most_cells = 2'000'000;
}

void grid::set(size_t row, size_t column, std::string text) {
  if (text.empty()) return;
  const bool known = rows_.contains(row);
  if (cells_ >= most_cells || column >= limits_.max_columns || (!known && rows_.size() >= limits_.max_rows)) {
    cut_ = true;
    return;
  }
  ++cells_;
  rows_[row][column] = std::move(text);
}

void grid::write(page& to, html::node* parent) const {
  if (rows_.empty()) return;
  std::set<size_t> columns;
  for (const auto& [r, cells] : rows_)
    for (const auto& [c, text] : cells)
      columns.insert(c);
  auto* table = to.table(parent);
  for (const auto& [r, cells] : rows_) {
    auto* row = to.add(tag::tr, table);
    for (const auto c : columns) {
      const auto it = cells.find(c);
      to.text(it == cells.end() ? std::string{} : it->second,
              to.add(row == table->first ? tag::th : tag::td, row));
    }
  }
  if (cut_) to.text("The table goes on; the rest was left out.", to.add(tag::p, parent));
}

size_t column_of(std::string_view cell_name) {
  size_t n = 0;
  for (const char c : cell_name) {
    if (c < 'A' || c > 'Z' || n > 100'000) break;
    n = n * 26 + static_cast<size_t>(c - 'A' + 1);
  }
  return n;
}

} // namespace troupe::documents
