#include "parse/documents/sheets.hpp"

#include "parse/documents/grid.hpp"
#include "parse/documents/package.hpp"

#include <cmath>
#include <cstdio>

namespace troupe::documents {
namespace {

using html::tag;
using pugi::xml_node;

constexpr size_t most_sheets = 500;

/// Builtin formats 14 to 22 and 45 to 47 are dates and times (ECMA-376 part 1, 18.8.30).
bool is_builtin_date(long id) {
  return (id >= 14 && id <= 22) || (id >= 45 && id <= 47);
}

/// True when a format's code names a day, month, year, hour or second outside of quotes and brackets.
bool is_date_format(std::string_view code) {
  bool quoted = false;
  for (size_t i = 0; i < code.size(); ++i) {
    if (code[i] == '"') quoted = !quoted;
    if (code[i] == '\\') ++i;
    if (!quoted && code[i] == '[') i = std::min(code.find(']', i), code.size() - 1);
    if (!quoted && i < code.size() && std::string_view("dmyhsDMYHS").find(code[i]) != std::string_view::npos)
      return true;
  }
  return false;
}

/// A serial date as ISO 8601; days count from 1899-12-30, or from 1904-01-01.
std::string date_text(double serial, bool from_1904) {
  if (serial < 0 || serial > 3'000'000) return {};
  const auto seconds = std::llround(serial * 86'400);
  const auto day = seconds / 86'400;
  const auto time = seconds % 86'400;
  const std::chrono::year_month_day date{
      std::chrono::sys_days{std::chrono::days{day + (from_1904 ? -24'107 : -25'569)}}};
  char out[32];
  if (day == 0)
    std::snprintf(out, sizeof out, "%02d:%02d:%02d", int(time / 3600), int(time / 60 % 60), int(time % 60));
  else if (time == 0)
    std::snprintf(out, sizeof out, "%04d-%02u-%02u", int(date.year()), unsigned(date.month()),
                  unsigned(date.day()));
  else
    std::snprintf(out, sizeof out, "%04d-%02u-%02u %02d:%02d:%02d", int(date.year()), unsigned(date.month()),
                  unsigned(date.day()), int(time / 3600), int(time / 60 % 60), int(time % 60));
  return out;
}

/// As a spreadsheet shows it: 15 digits at most.
std::string number_text(const std::string& value) {
  char* end = nullptr;
  const double x = std::strtod(value.c_str(), &end);
  if (end == value.c_str() || *end) return value;
  char out[40];
  std::snprintf(out, sizeof out, "%.15g", x);
  return out;
}

class workbook {
public:
  workbook(package& from, const reading_limits& limits)
      : from_(from)
      , limits_(limits) {}

  result<reading> read() {
    const auto part = from_.main_part("officeDocument", "xl/workbook.xml");
    const auto book = from_.part(part);
    if (!book) return book.error();
    const auto root = (*book)->document_element();
    from_1904_ = attr(child(root, "workbookPr"), "date1904") == "1";
    const auto all = from_.relations_of(part);
    for (const auto& [id, r] : all) {
      if (r.type == "sharedStrings") read_strings(r.target);
      if (r.type == "styles") read_formats(r.target);
    }
    size_t count = 0;
    for (const auto& s : child(root, "sheets").children()) {
      const auto r = all.find(s.attribute("r:id").value());
      if (r == all.end() || ++count > most_sheets) continue;
      if (auto f = sheet(attr(s, "name"), r->second.target); f.code == errc::too_large) return f;
    }
    out_.about = from_.properties();
    out_.markdown = page_.markdown(limits_);
    out_.method = "xlsx";
    return std::move(out_);
  }

private:
  void read_strings(const std::string& part) {
    const auto document = from_.part(part);
    if (!document) return;
    for (const auto& si : (*document)->document_element().children()) {
      if (local(si) != "si") continue;
      std::string text;
      for (const auto& n : si.children())
        if (local(n) == "t" || local(n) == "r")
          text += local(n) == "t" ? n.text().get() : child(n, "t").text().get();
      strings_.push_back(std::move(text));
    }
  }

  void read_formats(const std::string& part) {
    const auto document = from_.part(part);
    if (!document) return;
    const auto root = (*document)->document_element();
    std::map<long, bool> custom;
    for (const auto& f : child(root, "numFmts").children())
      custom[number(attr(f, "numFmtId"))] = is_date_format(attr(f, "formatCode"));
    for (const auto& x : child(root, "cellXfs").children()) {
      const auto id = number(attr(x, "numFmtId"));
      const auto it = custom.find(id);
      dates_.push_back(it == custom.end() ? is_builtin_date(id) : it->second);
    }
  }

  failure sheet(std::string_view name, const std::string& part) {
    const auto document = from_.part(part);
    if (!document) return document.error();
    grid cells{limits_};
    size_t row_number = 0;
    for (const auto& r : child((*document)->document_element(), "sheetData").children()) {
      const auto given = attr(r, "r");
      row_number = given.empty() ? row_number + 1 : static_cast<size_t>(std::max(1L, number(given, 1)));
      size_t column = 0;
      for (const auto& c : r.children()) {
        const auto at = column_of(attr(c, "r"));
        column = at > 0 ? at : column + 1;
        cells.set(row_number, column, value_of(c));
      }
    }
    if (cells.empty()) return fail(errc::none);
    page_.text(name, page_.heading(2, page_.root()));
    cells.write(page_, page_.root());
    return fail(errc::none);
  }

  std::string value_of(const xml_node& c) const {
    const auto type = attr(c, "t");
    if (type == "inlineStr") return text_of(child(c, "is"));
    const std::string value = child(c, "v").text().get();
    if (type == "s") {
      const auto i = static_cast<size_t>(number(value, -1));
      return i < strings_.size() ? strings_[i] : std::string{};
    }
    if (type == "b") return value == "1" ? "TRUE" : "FALSE";
    if (type == "str" || type == "e" || type == "d" || value.empty()) return value;
    const auto style = static_cast<size_t>(number(attr(c, "s"), -1));
    if (style < dates_.size() && dates_[style])
      if (auto date = date_text(std::strtod(value.c_str(), nullptr), from_1904_); !date.empty()) return date;
    return number_text(value);
  }

  package& from_;
  const reading_limits& limits_;
  reading out_;
  page page_;
  std::vector<std::string> strings_;
  /// By cell style: shows a date.
  std::vector<bool> dates_;
  bool from_1904_ = false;
};

} // namespace

result<reading> read_sheets(std::string_view data, const reading_limits& limits) {
  auto parts = package::open(data);
  if (!parts) return parts.error();
  return workbook(*parts, limits).read();
}

} // namespace troupe::documents
