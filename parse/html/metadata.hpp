#pragma once
/// What a page says about itself.

#include "parse/html/dom.hpp"

#include <map>
#include <string>
#include <vector>

namespace troupe::html {

/// Every text is plain, trimmed, and empty when the page does not say it.
struct metadata {
  std::string title;
  std::vector<std::string> authors;
  /// As `2024-01-15`.
  std::string published;
  std::string language;
  std::string description;
  std::string canonical_url;
  std::string site;
  std::string image;
  /// What formats say besides, by name.
  std::map<std::string, std::vector<std::string>> more;
};

/// Looks at JSON-LD (schema.org), OpenGraph, meta elements and visible text, in the order of trust that suits
/// each field. Call before the tree is cleaned.
metadata read_metadata(const tree& t, std::string_view url);

/// A JSON object of the fields that are not empty, the title left out.
std::string to_json(const metadata& m);

/// The first calendar date in `text`, as `2024-01-15`; empty when there is none.
std::string find_date(std::string_view text);

} // namespace troupe::html
