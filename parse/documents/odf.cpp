#include "parse/documents/odf.hpp"

#include "model/text.hpp"
#include "parse/documents/grid.hpp"
#include "parse/documents/package.hpp"
#include "parse/documents/xml.hpp"

namespace troupe::documents {
namespace {

using html::tag;
using node = html::node;
using pugi::xml_node;

/// A repeated cell or row stands for so many; trailing ones may be repeated to the sheet's edge.
constexpr long most_repeats = 1'000;
constexpr int deepest = 60;

class open_document {
public:
  open_document(package& from, const reading_limits& limits)
      : from_(from)
      , limits_(limits)
      , shelf_(from, limits, out_.images) {}

  result<reading> read() {
    if (const auto manifest = from_.part("META-INF/manifest.xml");
        manifest && find(**manifest, "encryption-data"))
      return fail(errc::encrypted);
    const auto content = from_.part("content.xml");
    if (!content) return content.error();
    const auto root = (*content)->document_element();
    read_styles(child(root, "automatic-styles"));
    if (const auto styles = from_.part("styles.xml")) {
      read_styles(child((*styles)->document_element(), "styles"));
      read_styles(child((*styles)->document_element(), "automatic-styles"));
    }
    for (const auto& body : child(root, "body").children())
      blocks(body, page_.root(), 0);
    about();
    out_.markdown = page_.markdown(limits_);
    return std::move(out_);
  }

private:
  void read_styles(const xml_node& styles) {
    for (const auto& s : styles.children()) {
      const auto name = std::string(attr(s, "name"));
      if (local(s) == "style") {
        const auto p = child(s, "text-properties");
        styles_.try_emplace(name, marks{.bold = attr(p, "font-weight") == "bold",
                                        .italic = attr(p, "font-style") == "italic",
                                        .strike = !attr(p, "text-line-through-style").empty() &&
                                                  attr(p, "text-line-through-style") != "none"});
      } else if (local(s) == "list-style" && s.first_child()) {
        ordered_[name] = local(s.first_child()) == "list-level-style-number" &&
                         !attr(s.first_child(), "num-format").empty();
      }
    }
  }

  void about() {
    const auto meta = from_.part("meta.xml");
    if (!meta) return;
    for (const auto& m : child((*meta)->document_element(), "meta").children()) {
      const std::string value{trim(m.text().get())};
      const auto name = local(m);
      if (value.empty()) continue;
      if (name == "title") out_.about.title = value;
      if (name == "initial-creator" || (name == "creator" && out_.about.authors.empty()))
        out_.about.authors = {value};
      if (name == "description") out_.about.description = value;
      if (name == "language") out_.about.language = value;
      if (name == "creation-date") out_.about.published = html::find_date(value);
    }
  }

  // -- blocks -----------------------------------------------------------------------------------------

  void blocks(const xml_node& parent, node* to, int depth) {
    if (depth > deepest) return;
    if (out_.method.empty())
      out_.method = local(parent) == "spreadsheet" ? "ods" : local(parent) == "presentation" ? "odp" : "odt";
    for (const auto& n : parent.children()) {
      const auto name = local(n);
      if (name == "h")
        paragraph(n, page_.heading(number(attr(n, "outline-level"), 1), to), depth);
      else if (name == "p")
        paragraph(n, page_.add(tag::p, to), depth);
      else if (name == "list")
        list(n, to, depth, ordered_of(n, false));
      else if (name == "table")
        out_.method == "ods" ? sheet(n, to) : table(n, to, depth);
      else if (name == "page")
        slide(n, to, depth);
      else if (name == "notes")
        blocks(n, page_.add(tag::blockquote, to), depth + 1);
      else if (name == "frame" || name == "custom-shape" || name == "g" || name == "text-box" ||
               name == "section" || name == "rect" || name == "index-body" || name == "table-of-content" ||
               name == "shapes" || name == "line" || name == "connector" || name == "ellipse")
        shape(n, to, depth);
    }
  }

  void slide(const xml_node& n, node* to, int depth) {
    // Without a title on it, a slide is found by its name only.
    bool titled = false;
    for (const auto& f : n.children())
      titled = titled || (attr(f, "class") == "title" && !text_of(f).empty());
    if (!titled) page_.add(tag::hr, to);
    blocks(n, to, depth + 1);
  }

  void shape(const xml_node& n, node* to, int depth) {
    if (attr(n, "class") == "title") {
      auto* heading = page_.heading(2, to);
      for (const auto& box : n.children())
        for (const auto& p : box.children()) {
          if (heading->first) page_.text(" ", heading);
          runs(p, heading, {}, depth);
        }
      if (!heading->first) heading->remove();
      return;
    }
    if (attr(n, "class") == "page-number" || attr(n, "class") == "date-time") return;
    // Beside a table stands a picture of it.
    const auto picture = child(n, "image");
    if (picture && !child(n, "table")) return image(n, picture, to);
    blocks(n, to, depth + 1);
  }

  void image(const xml_node& frame, const xml_node& picture, node* to) {
    const auto target = shelf_.link_to(resolve_part("", attr(picture, "href")));
    if (target.empty()) return;
    auto alternative = text_of(child(frame, "desc"));
    if (alternative.empty()) alternative = text_of(child(frame, "title"));
    page_.image(target, alternative, to);
  }

  void paragraph(const xml_node& p, node* to, int depth) {
    runs(p, to, marks_of(p), depth);
    if (!to->first) to->remove();
    for (const auto& frame : p.children())
      if (local(frame) == "frame" || local(frame) == "custom-shape" || local(frame) == "g")
        if (!child(frame, "image")) shape(frame, to->parent ? to->parent : page_.root(), depth + 1);
  }

  bool ordered_of(const xml_node& list, bool otherwise) const {
    const auto it = ordered_.find(attr(list, "style-name"));
    return it == ordered_.end() ? otherwise : it->second;
  }

  void list(const xml_node& n, node* to, int depth, bool ordered) {
    if (depth > deepest) return;
    auto* list_node = page_.add(ordered ? tag::ol : tag::ul, to);
    for (const auto& i : n.children()) {
      if (local(i) != "list-item" && local(i) != "list-header") continue;
      auto* item = page_.add(tag::li, list_node);
      for (const auto& b : i.children()) {
        if (local(b) == "list")
          list(b, item, depth + 1, ordered_of(b, ordered));
        else if (local(b) == "p" || local(b) == "h")
          paragraph(b,
                    local(b) == "h" ? page_.heading(number(attr(b, "outline-level"), 1), item)
                                    : page_.add(tag::p, item),
                    depth);
      }
    }
  }

  // -- tables -----------------------------------------------------------------------------------------

  static long repeats(const xml_node& n, std::string_view name) {
    return std::clamp(number(attr(n, name), 1), 1L, most_repeats);
  }

  void table(const xml_node& n, node* to, int depth) { rows(n, page_.table(to), depth); }
  void rows(const xml_node& n, node* table, int depth) {
    for (const auto& r : n.children()) {
      if (local(r).starts_with("table-header-rows") || local(r) == "table-rows" ||
          local(r) == "table-row-group")
        rows(r, table, depth);
      if (local(r) != "table-row") continue;
      auto* row = page_.add(tag::tr, table);
      for (const auto& c : r.children()) {
        if (local(c) != "table-cell" && local(c) != "covered-table-cell") continue;
        auto* cell = page_.add(row == table->first ? tag::th : tag::td, row);
        if (local(c) == "table-cell") blocks(c, cell, depth + 1);
      }
    }
  }

  void sheet(const xml_node& n, node* to) {
    if (attr(n, "display") == "false") return;
    grid cells{limits_};
    size_t at = 0;
    sheet_rows(n, cells, at);
    if (cells.empty()) return;
    page_.text(attr(n, "name"), page_.heading(2, to));
    cells.write(page_, to);
  }
  void sheet_rows(const xml_node& n, grid& cells, size_t& at) {
    for (const auto& r : n.children()) {
      const auto name = local(r);
      if (name == "table-header-rows" || name == "table-rows" || name == "table-row-group")
        sheet_rows(r, cells, at);
      if (name != "table-row") continue;
      const auto times = static_cast<size_t>(std::max(1L, number(attr(r, "number-rows-repeated"), 1)));
      for (size_t i = 0; i < std::min<size_t>(times, most_repeats); ++i)
        sheet_row(r, cells, at + i);
      at += times;
    }
  }
  void sheet_row(const xml_node& r, grid& cells, size_t row) {
    size_t column = 0;
    for (const auto& c : r.children()) {
      const auto times = static_cast<size_t>(std::max(1L, number(attr(c, "number-columns-repeated"), 1)));
      if (local(c) == "table-cell") {
        std::string text;
        for (const auto& p : c.children())
          if (local(p) == "p") text += (text.empty() ? "" : " ") + text_of(p);
        for (size_t i = 0; !text.empty() && i < std::min<size_t>(times, most_repeats); ++i)
          cells.set(row, column + i, text);
      }
      column += times;
    }
  }

  // -- runs -------------------------------------------------------------------------------------------

  marks marks_of(const xml_node& n) const {
    const auto it = styles_.find(attr(n, "style-name"));
    return it == styles_.end() || local(n) == "h" ? marks{} : it->second;
  }

  void runs(const xml_node& parent, node* to, const marks& how, int depth) {
    if (depth > deepest) return;
    for (const auto& n : parent.children()) {
      if (n.type() == pugi::node_pcdata || n.type() == pugi::node_cdata) {
        page_.text(n.value(), how, to);
        continue;
      }
      const auto name = local(n);
      if (name == "span")
        runs(n, to, span_marks(n, how), depth + 1);
      else if (name == "a")
        runs(n, page_.link(attr(n, "href"), to), how, depth + 1);
      else if (name == "s")
        page_.text(std::string(static_cast<size_t>(repeats(n, "c")), ' '), to);
      else if (name == "tab")
        page_.text(" ", to);
      else if (name == "line-break")
        page_.add(tag::br, to);
      else if (name == "frame" && child(n, "image"))
        image(n, child(n, "image"), to);
      else if (name == "note")
        note(n, to, depth);
      else if (name != "annotation" && name != "tracked-changes" && name != "frame" &&
               name != "custom-shape" && name != "g")
        runs(n, to, how, depth + 1);
    }
  }
  marks span_marks(const xml_node& n, const marks& outer) const {
    const auto own = marks_of(n);
    return {outer.bold || own.bold, outer.italic || own.italic, outer.strike || own.strike, outer.code};
  }

  void note(const xml_node& n, node* to, int depth) {
    page_.text(" (", to);
    for (const auto& p : child(n, "note-body").children())
      runs(p, to, {}, depth + 1);
    page_.text(")", to);
  }

  package& from_;
  const reading_limits& limits_;
  reading out_;
  image_shelf shelf_;
  page page_;
  std::map<std::string, marks, std::less<>> styles_;
  std::map<std::string, bool, std::less<>> ordered_;
};

} // namespace

result<reading> read_open_document(std::string_view data, const reading_limits& limits) {
  auto parts = package::open(data);
  if (!parts) return parts.error();
  return open_document(*parts, limits).read();
}

} // namespace troupe::documents
