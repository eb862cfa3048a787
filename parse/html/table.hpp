#pragma once
/// Tables of a page: which of them hold data, and how they are written in Markdown.

#include "parse/html/dom.hpp"

#include <functional>
#include <string>
#include <vector>

namespace troupe::html {

/// The attribute of a table that is data whatever it looks like.
constexpr const char* data_table = "data-table";

struct table_row {
  std::vector<const node*> cells;
  /// Every cell is a heading.
  bool heading = false;
};

/// The rows of this table, without those of tables inside it.
std::vector<table_row> rows_of(const node* table);
const node* caption_of(const node* table);

/// False for tables that only lay out a page: a single column or row, or blocks and tables in its cells.
bool is_data_table(const node* table, const std::vector<table_row>& rows);

/// A GFM table; `text_of` gives a cell's inline Markdown.
std::string render_table(const std::vector<table_row>& rows,
                         const std::function<std::string(const node*)>& text_of);

} // namespace troupe::html
