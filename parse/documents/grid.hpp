#pragma once
/// A sheet's cells on their way to a Markdown table: bounded, and cut to what is filled.

#include "parse/documents/page.hpp"

#include <map>

namespace troupe::documents {

class grid {
public:
  explicit grid(const reading_limits& limits)
      : limits_(limits) {}
  /// Beyond the limits nothing is kept. Empty texts are no cells.
  void set(size_t row, size_t column, std::string text);
  bool empty() const { return rows_.empty(); }
  /// Writes the filled rectangle as a table, the first row as its head, and a line about what was left out.
  void write(page& to, html::node* parent) const;

private:
  const reading_limits& limits_;
  /// Rows and columns that hold something: a sheet may name cells a million apart.
  std::map<size_t, std::map<size_t, std::string>> rows_;
  size_t cells_ = 0;
  bool cut_ = false;
};

/// 28 for "AB": the column of a cell's name, from 1; 0 when it has none.
size_t column_of(std::string_view cell_name);

} // namespace troupe::documents
