#include "parse/documents/slides.hpp"

#include "model/text.hpp"
#include "parse/documents/chart.hpp"
#include "parse/documents/package.hpp"
#include "parse/documents/page.hpp"

#include <set>

namespace troupe::documents {
namespace {

using html::tag;
using node = html::node;
using pugi::xml_node;

constexpr size_t most_slides = 5'000;

std::string_view placeholder_of(const xml_node& shape) {
  for (const auto& n : shape.children())
    if (local(n).starts_with("nv"))
      if (const auto ph = descend(n, "nvPr/ph")) return attr(ph, "type").empty() ? "body" : attr(ph, "type");
  return {};
}

bool is_title(const xml_node& shape) {
  const auto kind = placeholder_of(shape);
  return kind == "title" || kind == "ctrTitle";
}

class slide_show {
public:
  slide_show(package& from, const reading_limits& limits)
      : from_(from)
      , limits_(limits)
      , shelf_(from, limits, out_.images) {}

  result<reading> read() {
    const auto part = from_.main_part("officeDocument", "ppt/presentation.xml");
    const auto show = from_.part(part);
    if (!show) return show.error();
    const auto all = from_.relations_of(part);
    size_t count = 0;
    for (const auto& id : child((*show)->document_element(), "sldIdLst").children()) {
      // The slide's own id has no prefix; the relation's has.
      const auto r = all.find(id.attribute("r:id").value());
      if (r != all.end() && ++count <= most_slides) slide(r->second.target);
    }
    out_.about = from_.properties();
    out_.markdown = page_.markdown(limits_);
    out_.method = "pptx";
    return std::move(out_);
  }

private:
  void slide(const std::string& part) {
    const auto document = from_.part(part);
    if (!document) return;
    const auto root = (*document)->document_element();
    if (attr(root, "show") == "0") return;
    relations_ = from_.relations_of(part);
    const auto own = relations_;
    shapes(descend(root, "cSld/spTree"), 0);
    behind(own);
    relations_ = own;
    for (const auto& [id, r] : relations_)
      if (r.type == "notesSlide") notes(r.target);
  }

  /// What stands on the slide's layout and master besides placeholders is shown on it: said once.
  void behind(const relations& of_slide) {
    for (const auto& [id, r] : of_slide) {
      if (r.type != "slideLayout" && r.type != "slideMaster") continue;
      if (!backgrounds_.insert(r.target).second) continue;
      const auto document = from_.part(r.target);
      if (!document) continue;
      relations_ = from_.relations_of(r.target);
      const auto further = relations_;
      for (const auto& n : descend((*document)->document_element(), "cSld/spTree").children())
        if (local(n) == "sp" && placeholder_of(n).empty()) shape(n);
      if (r.type == "slideLayout") behind(further);
    }
  }

  void shapes(const xml_node& tree, int depth) {
    if (depth > 20) return;
    for (const auto& n : tree.children()) {
      const auto name = local(n);
      if (name == "sp" || name == "cxnSp")
        shape(n);
      else if (name == "grpSp")
        shapes(n, depth + 1);
      else if (name == "AlternateContent")
        shapes(child(n, "Choice"), depth + 1);
      else if (name == "graphicFrame")
        frame(n);
      else if (name == "pic")
        picture(n);
    }
  }

  void shape(const xml_node& n) {
    const auto body = child(n, "txBody");
    const auto kind = placeholder_of(n);
    if (!body || kind == "sldNum" || kind == "dt") return;
    if (is_title(n)) {
      auto* heading = page_.heading(2, page_.root());
      lines(body, heading);
      if (!heading->first) heading->remove();
    } else {
      paragraphs(body, page_.root(), kind == "body" || kind == "obj");
    }
  }

  void lines(const xml_node& body, node* to) {
    for (const auto& p : body.children()) {
      if (local(p) != "p") continue;
      if (to->first) page_.text(" ", to);
      runs(p, to);
    }
  }

  void paragraphs(const xml_node& body, node* to, bool listed) {
    list_writer list{page_, to};
    for (const auto& p : body.children()) {
      if (local(p) != "p" || text_of(p).find_first_not_of(" \n\t") == std::string::npos) continue;
      const auto properties = child(p, "pPr");
      const bool numbered = static_cast<bool>(child(properties, "buAutoNum"));
      const bool bullet = numbered || child(properties, "buChar") ||
                          (listed && !child(properties, "buNone") &&
                           body.children("a:p").begin() != body.children("a:p").end());
      if (!bullet) list.end();
      runs(p, bullet ? list.item(number(attr(properties, "lvl")), numbered) : page_.add(tag::p, to));
    }
  }

  void runs(const xml_node& p, node* to) {
    for (const auto& n : p.children()) {
      const auto name = local(n);
      if (name == "br") page_.add(tag::br, to);
      if (name != "r" && name != "fld") continue;
      const auto properties = child(n, "rPr");
      auto* at = to;
      if (const auto click = child(properties, "hlinkClick")) {
        const auto r = relations_.find(attr(click, "id"));
        if (r != relations_.end() && r->second.external) at = page_.link(r->second.target, to);
      }
      page_.text(child(n, "t").text().get(),
                 {.bold = attr(properties, "b") == "1", .italic = attr(properties, "i") == "1"}, at);
    }
  }

  void frame(const xml_node& n) {
    if (const auto t = find(n, "tbl")) return table(t);
    if (const auto c = find(n, "chart")) return chart(attr(c, "id"));
    if (const auto d = find(n, "relIds")) diagram(attr(d, "dm"));
  }

  /// What is merged is said in each of its cells, so that a row tells all by itself.
  void table(const xml_node& t) {
    auto* table = page_.table(page_.root());
    std::vector<xml_node> above;
    for (const auto& r : t.children()) {
      if (local(r) != "tr") continue;
      auto* row = page_.add(tag::tr, table);
      size_t column = 0;
      for (const auto& c : r.children()) {
        if (local(c) != "tc") continue;
        if (above.size() == column) above.emplace_back();
        if (attr(c, "hMerge") == "1" && column > 0)
          above[column] = above[column - 1];
        else if (attr(c, "vMerge") != "1")
          above[column] = c;
        auto* cell = page_.add(row == table->first ? tag::th : tag::td, row);
        lines(child(above[column++], "txBody"), cell);
      }
    }
  }

  result<xml> related_part(std::string_view id) {
    const auto r = relations_.find(id);
    return r == relations_.end() ? result<xml>{fail(errc::not_found)} : from_.part(r->second.target);
  }

  void chart(std::string_view id) {
    if (const auto part = related_part(id)) write_chart((*part)->document_element(), page_, limits_);
  }

  void diagram(std::string_view id) {
    const auto part = related_part(id);
    if (!part) return;
    list_writer list{page_, page_.root()};
    for (const auto& p : (*part)->document_element().select_nodes("//*[local-name()='p']"))
      if (const auto text = text_of(p.node()); !text.empty()) page_.text(text, list.item(0, false));
  }

  void picture(const xml_node& n) {
    const auto r = relations_.find(attr(find(n, "blip"), "embed"));
    if (r == relations_.end() || r->second.external) return;
    const auto target = shelf_.link_to(r->second.target);
    if (target.empty()) return;
    // Programs put the file's name where the description should be.
    auto description = attr(find(n, "cNvPr"), "descr");
    const auto dot = description.rfind('.');
    if (dot != description.npos && description.size() - dot <= 5) description = {};
    page_.image(target, description, page_.add(tag::p, page_.root()));
  }

  void notes(const std::string& part) {
    const auto document = from_.part(part);
    if (!document) return;
    auto* quote = page_.add(tag::blockquote, page_.root());
    for (const auto& n : descend((*document)->document_element(), "cSld/spTree").children())
      if (placeholder_of(n) == "body") paragraphs(child(n, "txBody"), quote, false);
    if (!quote->first) quote->remove();
  }

  package& from_;
  const reading_limits& limits_;
  reading out_;
  image_shelf shelf_;
  page page_;
  relations relations_;
  std::set<std::string> backgrounds_;
};

} // namespace

result<reading> read_slides(std::string_view data, const reading_limits& limits) {
  auto parts = package::open(data);
  if (!parts) return parts.error();
  return slide_show(*parts, limits).read();
}

} // namespace troupe::documents
