#include "parse/documents/word_styles.hpp"

#include "model/text.hpp"

namespace troupe::documents {
namespace {

constexpr int longest_chain = 16;

std::string target_of(const relations& all, std::string_view type) {
  for (const auto& [id, r] : all)
    if (r.type == type && !r.external) return r.target;
  return {};
}

/// The level in a heading style's name, which is English whatever the document's language; 0: no heading.
long heading_level(std::string_view style_name) {
  const auto name = ascii_lower(style_name);
  if (name == "title") return 1;
  if (name == "subtitle") return 2;
  if (!name.starts_with("heading")) return 0;
  return number(trim(std::string_view(name).substr(7)));
}

std::optional<numbering> numbering_in(const pugi::xml_node& properties) {
  const auto n = child(properties, "numPr");
  if (!n) return std::nullopt;
  return numbering{number(attr(child(n, "numId"), "val")), number(attr(child(n, "ilvl"), "val"))};
}

} // namespace

word_styles::word_styles(package& from, const relations& of_document) {
  for (const auto* type : {"styles", "numbering"}) {
    const auto target = target_of(of_document, type);
    if (target.empty()) continue;
    const auto part = from.part(target);
    if (!part) continue;
    type == std::string_view("styles") ? read_styles((*part)->document_element())
                                       : read_numbering((*part)->document_element());
  }
}

void word_styles::read_styles(const pugi::xml_node& root) {
  for (const auto& s : root.children()) {
    if (local(s) != "style" || attr(s, "type") != "paragraph") continue;
    style x;
    x.based_on = attr(child(s, "basedOn"), "val");
    const auto name = attr(child(s, "name"), "val");
    const auto properties = child(s, "pPr");
    x.own.heading = heading_level(name);
    if (const auto level = child(properties, "outlineLvl"); level && x.own.heading == 0)
      x.own.heading = number(attr(level, "val"), 9) < 9 ? number(attr(level, "val")) + 1 : 0;
    x.own.number = numbering_in(properties);
    const auto lower = ascii_lower(name);
    x.own.code = lower.find("code") != lower.npos || lower.find("preformatted") != lower.npos;
    x.own.quote = lower.find("quote") != lower.npos;
    styles_.emplace(attr(s, "styleId"), std::move(x));
  }
}

void word_styles::read_numbering(const pugi::xml_node& root) {
  std::map<std::string, std::map<long, std::string>, std::less<>> abstract;
  for (const auto& a : root.children()) {
    if (local(a) != "abstractNum") continue;
    auto& levels = abstract[std::string(attr(a, "abstractNumId"))];
    for (const auto& l : a.children())
      if (local(l) == "lvl") levels[number(attr(l, "ilvl"))] = attr(child(l, "numFmt"), "val");
  }
  for (const auto& n : root.children()) {
    if (local(n) != "num") continue;
    const auto it = abstract.find(attr(child(n, "abstractNumId"), "val"));
    if (it != abstract.end()) formats_[number(attr(n, "numId"))] = it->second;
  }
}

paragraph_style word_styles::style_of(const pugi::xml_node& paragraph) const {
  const auto properties = child(paragraph, "pPr");
  paragraph_style out;
  auto id = std::string(attr(child(properties, "pStyle"), "val"));
  for (int step = 0; step < longest_chain && !id.empty(); ++step) {
    const auto it = styles_.find(id);
    if (it == styles_.end()) break;
    const auto& own = it->second.own;
    if (out.heading == 0) out.heading = own.heading;
    if (!out.number) out.number = own.number;
    out.code = out.code || own.code;
    out.quote = out.quote || own.quote;
    id = it->second.based_on;
  }
  if (const auto own = numbering_in(properties)) out.number = own;
  if (const auto level = child(properties, "outlineLvl");
      level && out.heading == 0 && number(attr(level, "val"), 9) < 9)
    out.heading = number(attr(level, "val")) + 1;
  return out;
}

bool word_styles::is_numbered(const numbering& n) const {
  const auto it = formats_.find(n.id);
  if (it == formats_.end()) return false;
  const auto level = it->second.find(n.level);
  return level != it->second.end() && level->second != "bullet" && level->second != "none";
}

} // namespace troupe::documents
