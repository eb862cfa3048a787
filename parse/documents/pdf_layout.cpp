#include "parse/documents/pdf_layout.hpp"

#include "parse/documents/xml.hpp"

#include <algorithm>
#include <cmath>

namespace troupe::documents {
namespace {

/// A gap this many line heights wide parts two cells.
constexpr double cell_gap = 0.65;
constexpr size_t least_rows = 3;
/// Of a table's rows, the share that may have a cell across the space between two columns.
constexpr double crossing_share = 0.2;
/// Cells longer than this on average are columns of prose.
constexpr double longest_cell = 32;

box box_of(const pugi::xml_node& n) {
  return {n.attribute("xMin").as_double(), n.attribute("yMin").as_double(), n.attribute("xMax").as_double(),
          n.attribute("yMax").as_double()};
}

/// True when the word's first letter is of a script that runs from right to left: Hebrew, Arabic and their
/// kin.
bool runs_left(std::string_view word) {
  for (size_t i = 0; i + 1 < word.size(); ++i) {
    const auto c = static_cast<uint8_t>(word[i]);
    if (c >= 0xd6 && c <= 0xdf) return true;
    if (c == 0xef && static_cast<uint8_t>(word[i + 1]) >= 0xac) return true;
    if (c >= 0xc0 || std::isalpha(c)) return false;
  }
  return false;
}

/// The characters in the order in which they are read: the layout has them as they stand, from the left.
std::string reversed(std::string_view word) {
  std::string out;
  for (auto end = word.size(); end > 0;) {
    auto from = end - 1;
    while (from > 0 && (static_cast<uint8_t>(word[from]) & 0xc0) == 0x80)
      --from;
    out += word.substr(from, end - from);
    end = from;
  }
  return out;
}

/// Puts a line of a right-to-left script into reading order; numbers and foreign words in it stay as they
/// are.
void order(line& l) {
  size_t left = 0;
  for (const auto& w : l.words)
    left += runs_left(w.text);
  if (left * 2 < l.words.size()) return;
  for (auto& w : l.words)
    if (runs_left(w.text)) w.text = reversed(w.text);
  if (l.words.size() > 1 && l.words.front().at.left < l.words.back().at.left)
    std::reverse(l.words.begin(), l.words.end());
}

/// Words of one visual row, whatever blocks they came from.
struct row {
  box at;
  std::vector<const word*> words;
  std::vector<line> cells;
};

std::vector<row> rows_of(const pdf_page& page) {
  std::vector<const word*> words;
  for (const auto& b : page.blocks)
    for (const auto& l : b.lines)
      for (const auto& w : l.words)
        words.push_back(&w);
  std::stable_sort(words.begin(), words.end(),
                   [](const word* a, const word* b) { return a->at.middle() < b->at.middle(); });
  std::vector<row> rows;
  for (const auto* w : words) {
    if (rows.empty() || w->at.middle() > rows.back().at.bottom - 0.25 * rows.back().at.height())
      rows.emplace_back().at = w->at;
    rows.back().words.push_back(w);
    rows.back().at.grow(w->at);
  }
  for (auto& r : rows) {
    std::stable_sort(r.words.begin(), r.words.end(),
                     [](const word* a, const word* b) { return a->at.left < b->at.left; });
    for (const auto* w : r.words) {
      const bool apart = r.cells.empty() || w->at.left - r.cells.back().at.right > cell_gap * w->at.height();
      if (apart) r.cells.emplace_back().at = w->at;
      r.cells.back().words.push_back(*w);
      r.cells.back().at.grow(w->at);
    }
  }
  return rows;
}

/// The columns of rows [from, to): what lies between two strips that hardly any row's cells cross. A heading
/// over several columns crosses; it must not make one of them.
std::vector<box> columns_of(const std::vector<row>& rows, size_t from, size_t to) {
  std::vector<std::pair<double, int>> edges;
  size_t voters = 0;
  for (auto i = from; i < to; ++i) {
    if (rows[i].cells.size() < 2) continue;
    ++voters;
    for (const auto& c : rows[i].cells) {
      edges.emplace_back(c.at.left, 1);
      edges.emplace_back(c.at.right, -1);
    }
  }
  std::sort(edges.begin(), edges.end());
  const auto most_crossing = static_cast<int>(static_cast<double>(voters) * crossing_share);
  std::vector<box> columns;
  int inside = 0;
  for (const auto& [x, step] : edges) {
    const bool was_column = inside > most_crossing;
    inside += step;
    const bool is_column = inside > most_crossing;
    if (is_column && !was_column) columns.push_back({x, 0, x, 0});
    if (!is_column && was_column) columns.back().right = x;
  }
  return columns;
}

/// Rows from `from` on that go on as a table: close to each other, most with more than one cell.
size_t end_of_table(const std::vector<row>& rows, size_t from) {
  auto to = from;
  size_t single = 0;
  for (; to < rows.size(); ++to) {
    if (to > from && rows[to].at.top - rows[to - 1].at.bottom > 2.2 * rows[to - 1].at.height()) break;
    single = rows[to].cells.size() > 1 ? 0 : single + 1;
    if (single > 1) break;
  }
  while (to > from && rows[to - 1].cells.size() < 2)
    --to;
  return to;
}

bool looks_like_table(const std::vector<row>& rows, size_t from, size_t to, const std::vector<box>& columns) {
  if (to - from < least_rows || columns.size() < 2) return false;
  size_t letters = 0, cells = 0, filled = 0;
  for (auto i = from; i < to; ++i) {
    for (const auto& c : rows[i].cells)
      letters += c.text().size();
    cells += rows[i].cells.size();
    filled += rows[i].cells.size() > 1;
  }
  return static_cast<double>(letters) / static_cast<double>(cells) <= longest_cell &&
         filled * 3 >= (to - from) * 2 &&
         static_cast<double>(cells) >= 0.45 * static_cast<double>((to - from) * columns.size());
}

size_t column_at(const std::vector<box>& columns, const box& cell) {
  size_t best = 0;
  double closest = 1e18;
  const double x = (cell.left + cell.right) / 2;
  for (size_t i = 0; i < columns.size(); ++i) {
    const double d = x < columns[i].left    ? columns[i].left - x
                     : x > columns[i].right ? x - columns[i].right
                                            : 0;
    if (d < closest) {
      closest = d;
      best = i;
    }
  }
  return best;
}

bool crosses(const std::vector<box>& columns, const box& cell) {
  return std::count_if(columns.begin(), columns.end(),
                       [&](const box& c) { return cell.left < c.right && cell.right > c.left; }) > 1;
}

size_t first_column(const std::vector<box>& columns, const box& cell) {
  const auto it =
      std::find_if(columns.begin(), columns.end(), [&](const box& c) { return cell.left < c.right; });
  return static_cast<size_t>(it - columns.begin());
}

pdf_table table_of(const std::vector<row>& rows, size_t from, size_t to, const std::vector<box>& columns) {
  pdf_table t;
  t.at = rows[from].at;
  for (auto i = from; i < to; ++i) {
    t.at.grow(rows[i].at);
    auto& cells = t.rows.emplace_back(columns.size());
    for (const auto& c : rows[i].cells) {
      if (crosses(columns, c.at)) {
        // A heading over several columns stands in the first of them.
        auto& text = cells[first_column(columns, c.at)];
        text += (text.empty() ? "" : " ") + c.text();
        continue;
      }
      auto& text = cells[column_at(columns, c.at)];
      text += (text.empty() ? "" : " ") + c.text();
    }
  }
  return t;
}

bool inside(const box& area, const box& x) {
  return x.middle() >= area.top && x.middle() <= area.bottom && x.left >= area.left - 1 &&
         x.right <= area.right + 1;
}

/// Takes the words of the table out; remembers where the first of them stood.
void remove_words(pdf_page& page, pdf_table& t) {
  bool placed = false;
  std::vector<block> kept;
  for (auto& b : page.blocks) {
    for (auto& l : b.lines)
      std::erase_if(l.words, [&](const word& w) { return inside(t.at, w.at); });
    const auto before = b.lines.size();
    std::erase_if(b.lines, [](const line& l) { return l.words.empty(); });
    if (b.lines.size() != before && !placed) {
      placed = true;
      t.before = kept.size();
    }
    if (!b.lines.empty()) kept.push_back(std::move(b));
  }
  page.blocks = std::move(kept);
}

} // namespace

void box::grow(const box& other) {
  left = std::min(left, other.left);
  top = std::min(top, other.top);
  right = std::max(right, other.right);
  bottom = std::max(bottom, other.bottom);
}

std::string line::text() const {
  std::string out;
  for (const auto& w : words)
    out += (out.empty() ? "" : " ") + w.text;
  return out;
}

pdf_page read_page(const pugi::xml_node& page) {
  pdf_page out;
  out.width = page.attribute("width").as_double();
  for (const auto& flow : page.children("flow"))
    for (const auto& b : flow.children("block")) {
      auto& made = out.blocks.emplace_back();
      made.at = box_of(b);
      for (const auto& l : b.children("line")) {
        auto& read = made.lines.emplace_back();
        read.at = box_of(l);
        for (const auto& w : l.children("word"))
          read.words.push_back({box_of(w), w.text().get()});
        order(read);
        if (read.words.empty()) made.lines.pop_back();
      }
      if (made.lines.empty()) out.blocks.pop_back();
    }
  return out;
}

void take_tables(pdf_page& page) {
  const auto rows = rows_of(page);
  std::vector<pdf_table> found;
  for (size_t from = 0; from < rows.size();) {
    if (rows[from].cells.size() < 2) {
      ++from;
      continue;
    }
    const auto to = end_of_table(rows, from);
    const auto columns = columns_of(rows, from, to);
    if (looks_like_table(rows, from, to, columns)) found.push_back(table_of(rows, from, to, columns));
    from = std::max(to, from + 1);
  }
  for (auto& t : found) {
    for (auto& other : page.tables)
      other.before = std::min(other.before, page.blocks.size());
    remove_words(page, t);
    page.tables.push_back(std::move(t));
  }
}

} // namespace troupe::documents
