#pragma once
/// What styles and numberings of a WordprocessingML document say about its paragraphs.

#include "parse/documents/package.hpp"

#include <optional>

namespace troupe::documents {

struct numbering {
  /// `numId`; 0: none.
  long id = 0;
  long level = 0;
};

struct paragraph_style {
  /// 1 to 9, of a heading; 0: none.
  long heading = 0;
  std::optional<numbering> number;
  bool code = false;
  bool quote = false;
};

class word_styles {
public:
  /// Reads the parts that the document names; missing or broken ones say nothing.
  word_styles(package& from, const relations& of_document);
  /// Of a paragraph: its style and what the paragraph itself says.
  paragraph_style style_of(const pugi::xml_node& paragraph) const;
  bool is_numbered(const numbering& n) const;

private:
  struct style {
    std::string based_on;
    paragraph_style own;
  };
  void read_styles(const pugi::xml_node& root);
  void read_numbering(const pugi::xml_node& root);

  std::map<std::string, style, std::less<>> styles_;
  /// By numId, the format of each level, as `decimal`.
  std::map<long, std::map<long, std::string>> formats_;
};

} // namespace troupe::documents
