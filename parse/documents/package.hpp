#pragma once
/// Office Open XML packages (ECMA-376 part 2): parts, and the relations between them.

#include "parse/documents/archive.hpp"
#include "parse/documents/reading.hpp"
#include "parse/documents/xml.hpp"

#include <map>

namespace troupe::documents {

struct relation {
  /// The last step of its type, as `hyperlink`.
  std::string type;
  /// A part's name, or a URL when `external`.
  std::string target;
  bool external = false;
};
using relations = std::map<std::string, relation, std::less<>>;

class package {
public:
  /// Fails like `archive::open`. `data` outlives the package.
  static result<package> open(std::string_view data);
  bool has(std::string_view part) const { return parts_.has(part); }
  result<std::string> bytes(std::string_view part) { return parts_.read(part); }
  /// Fails with `not_found` when there is none, and like `parse_xml`.
  result<xml> part(std::string_view name);
  /// By id; empty when the part has none.
  relations relations_of(std::string_view part);
  /// The part that relates to the package in this way, as `officeDocument`; `usual` when none does.
  std::string main_part(std::string_view type, std::string_view usual);
  /// Title, authors, dates, language and description (docProps/core.xml).
  html::metadata properties();

private:
  explicit package(archive a)
      : parts_(std::move(a)) {}
  archive parts_;
};

/// The name of the part that `target` is, seen from `from`.
std::string resolve_part(std::string_view from, std::string_view target);

/// Keeps a package's images as they are met, each once, within the limits.
class image_shelf {
public:
  image_shelf(package& from, const reading_limits& limits, std::vector<image>& into)
      : from_(from)
      , limits_(limits)
      , into_(into) {}
  /// What to link to, as `images/1.png`; empty when the image is not kept.
  std::string link_to(const std::string& part);

private:
  package& from_;
  const reading_limits& limits_;
  std::vector<image>& into_;
  std::map<std::string, std::string> known_;
  size_t bytes_ = 0;
};

/// The media type of an image that browsers show, by its first bytes; empty for any other.
std::string_view image_type(std::string_view data);

} // namespace troupe::documents
