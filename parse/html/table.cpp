#include "parse/html/table.hpp"

#include <algorithm>

namespace troupe::html {
namespace {

constexpr size_t most_columns = 200;

void collect(const node* n, std::vector<table_row>& rows) {
  for (const node* c = n->first; c; c = c->next) {
    if (c->kind == tag::tr) {
      table_row row;
      row.heading = true;
      for (const node* cell = c->first; cell; cell = cell->next) {
        if (cell->kind != tag::td && cell->kind != tag::th) continue;
        row.cells.push_back(cell);
        row.heading = row.heading && cell->kind == tag::th;
      }
      if (!row.cells.empty()) rows.push_back(std::move(row));
    } else if (c->kind == tag::thead || c->kind == tag::tbody || c->kind == tag::tfoot ||
               c->kind == tag::form) {
      collect(c, rows);
    }
  }
}

bool holds_blocks(const node* cell) {
  unsigned paragraphs = 0;
  for (node* n = cell->first; n; n = following(n, cell)) {
    if (n->kind == tag::table || is_heading(n->kind) || n->kind == tag::pre || n->kind == tag::blockquote)
      return true;
    paragraphs += n->kind == tag::p;
  }
  return paragraphs > 3;
}

bool holds_table(const node* cell) {
  for (node* n = cell->first; n; n = following(n, cell))
    if (n->kind == tag::table) return true;
  return false;
}

size_t span_of(const node* cell) {
  const auto span = cell->get("colspan");
  if (span.empty() || span.size() > 3 || span.find_first_not_of("0123456789") != span.npos) return 1;
  return std::max<size_t>(1, std::stoul(std::string(span)));
}

std::string in_cell(std::string text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n') {
      if (!out.empty() && out.back() == '\\') out.pop_back();
      out += ' ';
    } else {
      if (text[i] == '|') out += '\\';
      out += text[i];
    }
  }
  return out;
}

} // namespace

std::vector<table_row> rows_of(const node* table) {
  std::vector<table_row> rows;
  collect(table, rows);
  return rows;
}

const node* caption_of(const node* table) {
  for (const node* c = table->first; c; c = c->next)
    if (c->kind == tag::caption) return c;
  return nullptr;
}

bool is_data_table(const node* table, const std::vector<table_row>& rows) {
  // A frame around text, or around other tables, is no data.
  if (table->has(data_table))
    return (rows.size() > 1 || rows.front().cells.size() > 1) &&
           std::none_of(rows.begin(), rows.end(), [](const table_row& row) {
             return std::any_of(row.cells.begin(), row.cells.end(), holds_table);
           });
  size_t columns = 0;
  for (const auto& row : rows)
    columns = std::max(columns, row.cells.size());
  if (rows.size() < 2 || columns < 2 || table->get("role") == "presentation") return false;
  return std::none_of(rows.begin(), rows.end(), [](const table_row& row) {
    return std::any_of(row.cells.begin(), row.cells.end(), holds_blocks);
  });
}

std::string render_table(const std::vector<table_row>& rows,
                         const std::function<std::string(const node*)>& text_of) {
  std::vector<std::vector<std::string>> cells;
  size_t columns = 0;
  for (const auto& row : rows) {
    auto& line = cells.emplace_back();
    for (const node* cell : row.cells) {
      line.push_back(in_cell(text_of(cell)));
      for (auto span = span_of(cell); span > 1 && line.size() < most_columns; --span)
        line.emplace_back();
    }
    columns = std::max(columns, std::min(line.size(), most_columns));
  }
  const auto blank = [](const std::string& cell) { return cell.empty(); };
  if (std::all_of(cells.begin(), cells.end(),
                  [&](const auto& line) { return std::all_of(line.begin(), line.end(), blank); }))
    return {};
  std::string out;
  const auto put = [&](const std::vector<std::string>& line) {
    for (size_t i = 0; i < columns; ++i)
      out += "| " + (i < line.size() ? line[i] : std::string{}) + " ";
    out += "|\n";
  };
  // GFM wants a heading row: the first one, whatever it is; a table of one plain row gets an empty one.
  const bool headed = rows.front().heading || cells.size() > 1;
  put(headed ? cells.front() : std::vector<std::string>{});
  for (size_t i = 0; i < columns; ++i)
    out += "| --- ";
  out += "|\n";
  for (size_t i = headed ? 1 : 0; i < cells.size(); ++i)
    put(cells[i]);
  out.pop_back();
  return out;
}

} // namespace troupe::html
