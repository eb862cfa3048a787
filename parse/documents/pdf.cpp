#include "parse/documents/pdf.hpp"

#include "model/text.hpp"
#include "parse/documents/page.hpp"
#include "parse/documents/pdf_layout.hpp"

#include <algorithm>
#include <cmath>
#include <map>

namespace troupe::documents {
namespace {

using html::tag;

constexpr size_t longest_heading = 160;
constexpr size_t longest_numbered_heading = 90;
constexpr double larger = 1.12;
constexpr size_t most_heading_sizes = 4;

/// Heights of lines to whole half points, so that fonts of one size fall together.
long size_of(const line& l) {
  std::vector<double> heights;
  for (const auto& w : l.words)
    heights.push_back(w.at.height());
  std::nth_element(heights.begin(), heights.begin() + static_cast<long>(heights.size() / 2), heights.end());
  return std::lround(2 * heights[heights.size() / 2]);
}

bool has_letters(std::string_view s) {
  return std::any_of(s.begin(), s.end(),
                     [](char c) { return std::isalpha(static_cast<uint8_t>(c)) || (c & 0x80); });
}

/// Bytes of a bullet and the space after it; 0: the line begins with none.
size_t bullet_of(std::string_view text) {
  for (const std::string_view mark :
       {"•", "◦", "▪", "●", "○", "■", "‣", "∙", "·", "–", "-", "*", "➢", "✓", "", ""})
    if (text.starts_with(mark) && text.size() > mark.size() && text[mark.size()] == ' ')
      return mark.size() + 1;
  return 0;
}

/// The same for `1.` and `1)`.
size_t numeral_of(std::string_view text) {
  const auto digits = text.find_first_not_of("0123456789");
  if (digits == 0 || digits == text.npos || digits > 3 || (text[digits] != '.' && text[digits] != ')'))
    return 0;
  return text.size() > digits + 2 && text[digits + 1] == ' ' ? digits + 2 : 0;
}

/// The length of a section's number, as `5.1` or `2.`, with the space after it; 0: the text begins with none.
size_t section_number_of(std::string_view text) {
  const auto end = text.find_first_not_of("0123456789.");
  if (end == text.npos || end == 0 || end > 8 || text[end] != ' ' || text[0] == '.') return 0;
  const auto rest = text.substr(end + 1);
  const bool capital = !rest.empty() && (std::isupper(static_cast<uint8_t>(rest[0])) || (rest[0] & 0x80));
  return capital ? end + 1 : 0;
}

/// A line by itself that begins with a section's number and does not end like a sentence.
bool is_numbered_heading(const block& b) {
  if (b.lines.size() != 1) return false;
  const auto text = b.lines[0].text();
  return text.size() <= longest_numbered_heading && section_number_of(text) > 0 &&
         std::string_view(".:;,").find(text.back()) == std::string_view::npos;
}

/// A section's number often stands apart from its title: one line of two blocks.
void join_numbers(pdf_page& page) {
  for (size_t i = 0; i + 1 < page.blocks.size(); ++i) {
    auto& number = page.blocks[i];
    const auto& title = page.blocks[i + 1];
    if (number.lines.size() != 1 || title.lines.size() != 1 || number.lines[0].words.size() != 1) continue;
    const auto text = number.lines[0].text();
    const bool beside = std::abs(number.at.middle() - title.at.middle()) < 0.5 * number.at.height();
    if (!beside || text.find_first_not_of("0123456789.") != text.npos ||
        text.find_first_of("0123456789") == text.npos)
      continue;
    number.at.grow(title.at);
    number.lines[0].at.grow(title.at);
    for (const auto& w : title.lines[0].words)
      number.lines[0].words.push_back(w);
    page.blocks.erase(page.blocks.begin() + static_cast<long>(i) + 1);
  }
}

class pdf_document {
public:
  explicit pdf_document(const reading_limits& limits)
      : limits_(limits) {}

  result<reading> read(const pugi::xml_document& layout) {
    const auto root = layout.document_element();
    about(root.child("head"));
    for (const auto& p : root.child("body").child("doc").children("page"))
      pages_.push_back(read_page(p));
    learn_sizes();
    size_t number = 0;
    for (auto& p : pages_) {
      if (out_.markdown.size() > limits_.max_markdown_bytes) break;
      ++number;
      take_tables(p);
      join_numbers(p);
      page(p, number);
    }
    out_.method = "pdf";
    return std::move(out_);
  }

private:
  void about(const pugi::xml_node& head) {
    out_.about.title = trim(head.child("title").text().get());
    for (const auto& m : head.children("meta")) {
      const std::string_view name = m.attribute("name").value();
      const std::string value{trim(m.attribute("content").value())};
      if (value.empty()) continue;
      if (name == "Author") out_.about.authors = {value};
      if (name == "Subject") out_.about.description = value;
      if (name == "CreationDate") out_.about.published = html::find_date(value);
    }
  }

  /// The size that most letters have, and the larger ones in which short lines stand.
  void learn_sizes() {
    std::map<long, size_t> letters;
    for (const auto& p : pages_)
      for (const auto& b : p.blocks)
        for (const auto& l : b.lines)
          letters[size_of(l)] += l.text().size();
    size_t most = 0;
    for (const auto& [size, n] : letters)
      if (n > most) {
        most = n;
        body_ = size;
      }
    std::vector<long> larger_sizes;
    for (const auto& [size, n] : letters)
      if (static_cast<double>(size) > larger * static_cast<double>(body_)) larger_sizes.push_back(size);
    std::sort(larger_sizes.rbegin(), larger_sizes.rend());
    for (size_t i = 0; i < larger_sizes.size(); ++i)
      levels_[larger_sizes[i]] = static_cast<long>(std::min(i, most_heading_sizes - 1)) + 1;
  }

  long heading_level(const line& l) const {
    const auto it = levels_.find(size_of(l));
    return it == levels_.end() ? 0 : it->second;
  }

  void page(const pdf_page& p, size_t number) {
    documents::page out;
    for (size_t i = 0; i <= p.blocks.size(); ++i) {
      for (const auto& t : p.tables)
        if (std::min(t.before, p.blocks.size()) == i) table(t, out);
      if (i < p.blocks.size()) block_lines(p.blocks[i], out);
    }
    const auto markdown = out.markdown(limits_);
    if (markdown.empty()) return;
    if (number > 1) out_.markdown += "\n\n<!-- page " + std::to_string(number) + " -->\n\n";
    out_.markdown += markdown;
  }

  static void table(const pdf_table& t, documents::page& out) {
    auto* table = out.table(out.root());
    for (const auto& cells : t.rows) {
      auto* row = out.add(tag::tr, table);
      for (const auto& c : cells)
        out.text(c, out.add(row == table->first ? tag::th : tag::td, row));
    }
  }

  void block_lines(const block& b, documents::page& out) const {
    if (is_numbered_heading(b)) {
      const auto text = b.lines[0].text();
      const auto number = text.substr(0, section_number_of(text));
      const auto dots = std::count(number.begin(), number.end(), '.') - (number.ends_with(". ") ? 1 : 0);
      return out.text(text, out.heading(2 + dots, out.root()));
    }
    list_writer list{out, out.root()};
    html::node* open = nullptr;
    long level = 0;
    for (const auto& l : b.lines) {
      const auto text = l.text();
      const auto wanted = text.size() <= longest_heading && has_letters(text) ? heading_level(l) : 0;
      const auto bullet = bullet_of(text);
      const auto numeral = bullet ? 0 : numeral_of(text);
      if (wanted > 0) {
        if (!open || level != wanted)
          open = out.heading(wanted, out.root());
        else
          out.text(" ", open);
        out.text(text, open);
      } else if (bullet || numeral) {
        open = list.item(0, numeral > 0, numeral ? std::strtol(text.c_str(), nullptr, 10) : 1);
        out.text(std::string_view(text).substr(std::max(bullet, numeral)), open);
      } else {
        if (!open || level > 0) open = out.add(tag::p, out.root());
        join(text, open, out);
      }
      level = wanted;
    }
  }

  static void join(std::string_view text, html::node* to, documents::page& out) {
    if (to->last && to->last->is_text()) out.text(" ", to);
    out.text(text, to);
  }

  const reading_limits& limits_;
  reading out_;
  std::vector<pdf_page> pages_;
  long body_ = 0;
  std::map<long, long> levels_;
};

} // namespace

result<reading> read_pdf(std::string_view layout, const reading_limits& limits) {
  pugi::xml_document document;
  // Poppler's own output, whose document type says nothing; what is cut off at a limit is used as it is.
  document.load_buffer(layout.data(), layout.size(), pugi::parse_default);
  if (!document.document_element()) return fail(errc::parse_failed, "the PDF cannot be laid out");
  auto out = pdf_document(limits).read(document);
  if (out && out->markdown.empty()) return fail(errc::no_text);
  return out;
}

} // namespace troupe::documents
