#pragma once
/// XML parts of containers: no document type, so no entities of their own and nothing from outside.

#include "model/error.hpp"

#include <pugixml.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace troupe::documents {

using xml = std::unique_ptr<pugi::xml_document>;

/// Parses a part. Fails with `unsafe_content` when it declares a document type, `parse_failed` when it is no
/// XML or nests deeper than 2,000 elements.
result<xml> parse_xml(std::string_view data);

/// The name without its namespace prefix.
std::string_view local(const pugi::xml_node& n);
/// An attribute by its name without prefix; empty when there is none.
std::string_view attr(const pugi::xml_node& n, std::string_view local_name);
/// The first child of that name, by local names; a null node when there is none.
pugi::xml_node child(const pugi::xml_node& n, std::string_view local_name);
/// A descendant along a path of local names, as `"pPr/numPr/numId"`.
pugi::xml_node descend(pugi::xml_node n, std::string_view path);
/// The first descendant of that name, in document order.
pugi::xml_node find(const pugi::xml_node& n, std::string_view local_name);
/// All text below.
std::string text_of(const pugi::xml_node& n);
/// The number of an attribute's value; `otherwise` when it is none.
long number(std::string_view text, long otherwise = 0);

} // namespace troupe::documents
