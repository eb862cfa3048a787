#include "parse/documents/xml.hpp"

#include <charconv>

namespace troupe::documents {
namespace {

constexpr int deepest = 2'000;

/// Looks at every element, so that walks that recurse may trust the depth.
class depth_check : public pugi::xml_tree_walker {
public:
  bool for_each(pugi::xml_node&) override { return depth() < deepest; }
};

std::string_view without_prefix(std::string_view name) {
  const auto colon = name.rfind(':');
  return colon == name.npos ? name : name.substr(colon + 1);
}

} // namespace

result<xml> parse_xml(std::string_view data) {
  auto document = std::make_unique<pugi::xml_document>();
  const auto outcome = document->load_buffer(
      data.data(), data.size(), pugi::parse_default | pugi::parse_ws_pcdata | pugi::parse_doctype);
  if (!outcome) return fail(errc::parse_failed, std::string("broken XML: ") + outcome.description());
  for (const auto& n : document->children())
    if (n.type() == pugi::node_doctype)
      return fail(errc::unsafe_content, "the document's XML declares a document type");
  depth_check check;
  if (!document->traverse(check)) return fail(errc::parse_failed, "the document's XML nests too deep");
  return document;
}

std::string_view local(const pugi::xml_node& n) {
  return without_prefix(n.name());
}

std::string_view attr(const pugi::xml_node& n, std::string_view local_name) {
  for (const auto& a : n.attributes())
    if (without_prefix(a.name()) == local_name) return a.value();
  return {};
}

pugi::xml_node child(const pugi::xml_node& n, std::string_view local_name) {
  for (const auto& c : n.children())
    if (local(c) == local_name) return c;
  return {};
}

pugi::xml_node descend(pugi::xml_node n, std::string_view path) {
  while (n && !path.empty()) {
    const auto slash = std::min(path.find('/'), path.size());
    n = child(n, path.substr(0, slash));
    path.remove_prefix(std::min(slash + 1, path.size()));
  }
  return n;
}

pugi::xml_node find(const pugi::xml_node& n, std::string_view local_name) {
  return n.find_node([&](const pugi::xml_node& x) { return local(x) == local_name; });
}

std::string text_of(const pugi::xml_node& n) {
  struct collector : pugi::xml_tree_walker {
    std::string out;
    bool for_each(pugi::xml_node& x) override {
      if (x.type() == pugi::node_pcdata || x.type() == pugi::node_cdata) out += x.value();
      return true;
    }
  } all;
  pugi::xml_node(n).traverse(all);
  return std::move(all.out);
}

long number(std::string_view text, long otherwise) {
  long n = otherwise;
  const auto end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, n);
  return read.ec == std::errc{} ? n : otherwise;
}

} // namespace troupe::documents
