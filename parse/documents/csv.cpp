#include "parse/documents/grid.hpp"
#include "parse/documents/sheets.hpp"

#include <algorithm>
#include <array>

namespace troupe::documents {
namespace {

constexpr size_t sampled_lines = 20;

/// The separator that stands equally often in the first lines, most often of those that do.
char separator_of(std::string_view text) {
  char best = ',';
  size_t best_score = 0;
  for (const char candidate : {',', ';', '\t', '|'}) {
    size_t lines = 0, first = 0, same = 0, count = 0;
    bool quoted = false;
    for (size_t i = 0; i <= text.size() && lines < sampled_lines; ++i) {
      if (i < text.size() && text[i] == '"') quoted = !quoted;
      if (i == text.size() || (text[i] == '\n' && !quoted)) {
        if (lines++ == 0) first = count;
        same += count == first && count > 0;
        count = 0;
      } else {
        count += !quoted && text[i] == candidate;
      }
    }
    const auto score = first * same;
    if (score > best_score) {
      best_score = score;
      best = candidate;
    }
  }
  return best;
}

/// Reads a field from `at` on; leaves `at` behind its separator or line end. True: the line goes on.
bool take_field(std::string_view text, size_t& at, char separator, std::string& field) {
  field.clear();
  if (at < text.size() && text[at] == '"') {
    for (++at; at < text.size(); ++at) {
      if (text[at] != '"') {
        field += text[at];
      } else if (at + 1 < text.size() && text[at + 1] == '"') {
        field += '"';
        ++at;
      } else {
        ++at;
        break;
      }
    }
  }
  while (at < text.size() && text[at] != separator && text[at] != '\n')
    field += text[at++];
  if (at >= text.size()) return false;
  return text[at++] == separator;
}

} // namespace

result<reading> read_csv(std::string_view utf8, const reading_limits& limits) {
  const char separator = separator_of(utf8);
  grid cells{limits};
  std::string field;
  for (size_t at = 0, row = 0; at < utf8.size(); ++row) {
    size_t column = 0;
    bool more = true;
    while (more) {
      more = take_field(utf8, at, separator, field);
      cells.set(row, column++, field);
    }
  }
  page out;
  cells.write(out, out.root());
  reading r;
  r.markdown = out.markdown(limits);
  r.method = "csv";
  return r;
}

} // namespace troupe::documents
