#include "parse/documents/word.hpp"

#include "model/text.hpp"
#include "parse/documents/page.hpp"
#include "parse/documents/word_styles.hpp"

namespace troupe::documents {
namespace {

using html::tag;
using node = html::node;
using pugi::xml_node;

bool is_on(const xml_node& toggle) {
  const auto value = attr(toggle, "val");
  return toggle && value != "0" && value != "false" && value != "none";
}

marks marks_of(const xml_node& run) {
  const auto p = child(run, "rPr");
  return {.bold = is_on(child(p, "b")), .italic = is_on(child(p, "i")), .strike = is_on(child(p, "strike"))};
}

class word_document {
public:
  word_document(package& from, std::string part, const reading_limits& limits)
      : from_(from)
      , part_(std::move(part))
      , relations_(from.relations_of(part_))
      , styles_(from, relations_)
      , limits_(limits)
      , shelf_(from, limits, out_.images)
      , lists_(page_, page_.root()) {}

  result<reading> read() {
    const auto document = from_.part(part_);
    if (!document) return document.error();
    blocks(child((*document)->document_element(), "body"), page_.root());
    notes("footnotes", "footnote");
    notes("endnotes", "endnote");
    out_.about = from_.properties();
    out_.markdown = page_.markdown(limits_);
    out_.method = "docx";
    return std::move(out_);
  }

private:
  // -- blocks -----------------------------------------------------------------------------------------

  void blocks(const xml_node& parent, node* to) {
    for (const auto& n : parent.children()) {
      const auto name = local(n);
      if (name == "p")
        paragraph(n, to);
      else if (name == "tbl")
        table(n, to);
      else if (name == "sdt")
        blocks(child(n, "sdtContent"), to);
      else if (name == "ins" || name == "smartTag" || name == "customXml" || name == "moveTo")
        blocks(n, to);
    }
  }

  void paragraph(const xml_node& p, node* to) {
    const auto style = styles_.style_of(p);
    auto* line = block_of(style, to);
    std::vector<xml_node> boxes;
    runs(p, line, boxes, style.code);
    if (!line->first && line->parent) line->remove();
    for (const auto& box : boxes)
      blocks(box, to);
  }

  /// The element that a paragraph becomes. Lists go on over paragraphs at the top level only.
  node* block_of(const paragraph_style& style, node* to) {
    const bool top = to == page_.root();
    if (style.heading > 0) {
      lists_.end();
      return page_.heading(style.heading, to);
    }
    if (style.number && style.number->id > 0 && top)
      return lists_.item(style.number->level, styles_.is_numbered(*style.number));
    if (top) lists_.end();
    if (style.code) return page_.add(tag::pre, to);
    return page_.add(tag::p, style.quote ? page_.add(tag::blockquote, to) : to);
  }

  void table(const xml_node& t, node* to) {
    if (to == page_.root()) lists_.end();
    auto* table = page_.table(to);
    size_t rows = 0;
    for (const auto& r : t.children()) {
      if (local(r) != "tr" || ++rows > limits_.max_rows) continue;
      auto* row = page_.add(tag::tr, table);
      cells(r, row, rows == 1);
    }
  }
  void cells(const xml_node& r, node* row, bool first) {
    for (const auto& c : r.children()) {
      if (local(c) == "sdt") cells(child(c, "sdtContent"), row, first);
      if (local(c) != "tc") continue;
      auto* cell = page_.add(first ? tag::th : tag::td, row);
      const auto properties = child(c, "tcPr");
      if (const auto span = attr(child(properties, "gridSpan"), "val"); !span.empty())
        page_.attribute(cell, "colspan", span);
      const auto merged = child(properties, "vMerge");
      if (!merged || attr(merged, "val") == "restart") blocks(c, cell);
    }
  }

  // -- runs -------------------------------------------------------------------------------------------

  void runs(const xml_node& parent, node* to, std::vector<xml_node>& boxes, bool code) {
    for (const auto& n : parent.children()) {
      const auto name = local(n);
      if (name == "r")
        run(n, to, boxes, code);
      else if (name == "hyperlink")
        runs(n, link_of(n, to), boxes, code);
      else if (name == "oMath" || name == "oMathPara")
        page_.text(text_of(n), to);
      else if (name == "sdt")
        runs(child(n, "sdtContent"), to, boxes, code);
      else if (name == "ins" || name == "smartTag" || name == "fldSimple" || name == "moveTo" ||
               name == "dir" || name == "bdo" || name == "customXml")
        runs(n, to, boxes, code);
    }
  }

  node* link_of(const xml_node& n, node* to) {
    const auto r = relations_.find(attr(n, "id"));
    return r != relations_.end() && r->second.external ? page_.link(r->second.target, to) : to;
  }

  void run(const xml_node& r, node* to, std::vector<xml_node>& boxes, bool code) {
    const auto how = code ? marks{} : marks_of(r);
    if (is_on(descend(r, "rPr/vanish"))) return;
    for (const auto& n : r.children()) {
      const auto name = local(n);
      if (name == "t")
        page_.text(n.text().get(), how, to);
      else if (name == "tab" || name == "ptab")
        page_.text(code ? "\t" : " ", to);
      else if (name == "br" || name == "cr")
        line_break(n, to, code);
      else if (name == "noBreakHyphen")
        page_.text("-", to);
      else if (name == "drawing" || name == "pict" || name == "object")
        drawing(n, to, boxes);
      else if (name == "AlternateContent")
        drawing(child(n, "Choice") ? child(n, "Choice") : child(n, "Fallback"), to, boxes);
      else if (name == "footnoteReference" || name == "endnoteReference")
        page_.text("[^" + std::string(name[0] == 'e' ? "e" : "") + std::string(attr(n, "id")) + "]", to);
    }
  }

  void line_break(const xml_node& n, node* to, bool code) {
    if (code)
      page_.text("\n", to);
    else if (attr(n, "type") != "page")
      page_.add(tag::br, to);
  }

  void drawing(const xml_node& n, node* to, std::vector<xml_node>& boxes) {
    struct walker : pugi::xml_tree_walker {
      std::vector<xml_node> boxes, pictures;
      std::string alternative;
      bool inside(const xml_node& x) const {
        for (const auto& b : boxes)
          for (auto up = x.parent(); up; up = up.parent())
            if (up == b) return true;
        return false;
      }
      bool for_each(xml_node& x) override {
        const auto name = local(x);
        if (name == "txbxContent" && !inside(x)) boxes.push_back(x);
        if (name == "blip" || name == "imagedata") pictures.push_back(x);
        if (name == "docPr") alternative = attr(x, "descr");
        return true;
      }
    } found;
    xml_node(n).traverse(found);
    boxes.insert(boxes.end(), found.boxes.begin(), found.boxes.end());
    for (const auto& picture : found.pictures) {
      const auto id = !attr(picture, "embed").empty() ? attr(picture, "embed") : attr(picture, "id");
      const auto r = relations_.find(id);
      if (r == relations_.end() || r->second.external) continue;
      const auto target = shelf_.link_to(r->second.target);
      if (!target.empty()) page_.image(target, found.alternative, to);
    }
  }

  // -- notes ------------------------------------------------------------------------------------------

  void notes(std::string_view relation_type, std::string_view element) {
    for (const auto& [id, r] : relations_) {
      if (r.type != relation_type || r.external) continue;
      const auto document = from_.part(r.target);
      if (!document) continue;
      for (const auto& n : (*document)->document_element().children()) {
        if (local(n) != element || !attr(n, "type").empty()) continue;
        lists_.end();
        auto* to = page_.add(tag::div, page_.root());
        page_.text("[^" + std::string(element[0] == 'e' ? "e" : "") + std::string(attr(n, "id")) + "]: ", to);
        std::vector<xml_node> boxes;
        for (const auto& p : n.children())
          runs(p, to, boxes, false);
      }
    }
  }

  package& from_;
  std::string part_;
  relations relations_;
  word_styles styles_;
  const reading_limits& limits_;
  reading out_;
  image_shelf shelf_;
  page page_;
  list_writer lists_;
};

} // namespace

result<reading> read_word(std::string_view data, const reading_limits& limits) {
  auto parts = package::open(data);
  if (!parts) return parts.error();
  return word_document(*parts, parts->main_part("officeDocument", "word/document.xml"), limits).read();
}

} // namespace troupe::documents
