#pragma once
/// The words of a page, and what their places say.

#include <pugixml.hpp>

#include <string>
#include <vector>

namespace troupe::documents {

struct box {
  double left = 0, top = 0, right = 0, bottom = 0;
  double height() const { return bottom - top; }
  double middle() const { return (top + bottom) / 2; }
  void grow(const box& other);
};

struct word {
  box at;
  std::string text;
};

struct line {
  box at;
  std::vector<word> words;
  std::string text() const;
};

/// A paragraph, as far as the layout tells.
struct block {
  box at;
  std::vector<line> lines;
};

/// Rows of cells; what it was made of is no longer among the page's blocks.
struct pdf_table {
  box at;
  std::vector<std::vector<std::string>> rows;
  /// The block before which it stands.
  size_t before = 0;
};

struct pdf_page {
  double width = 0;
  std::vector<block> blocks;
  std::vector<pdf_table> tables;
};

/// A `page` element of the layout.
pdf_page read_page(const pugi::xml_node& page);

/// Finds rows of words that stand in columns and takes them out of the blocks.
void take_tables(pdf_page& page);

} // namespace troupe::documents
