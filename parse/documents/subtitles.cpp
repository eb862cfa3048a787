#include "parse/documents/subtitles.hpp"

#include "model/text.hpp"
#include "parse/html/markdown_text.hpp"

#include <algorithm>

namespace troupe::documents {
namespace {

std::string_view take_line(std::string_view& rest) {
  const auto end = std::min(rest.find('\n'), rest.size());
  const auto line = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return trim(line);
}

/// The text of a cue without its tags (`<v Name>`, `<i>`, `{\an8}`); the speaker of a voice tag before it.
std::string cue_text(std::string_view line) {
  std::string out;
  for (size_t i = 0; i < line.size(); ++i) {
    const auto end = line[i] == '<'                      ? line.find('>', i)
                     : line.substr(i).starts_with("{\\") ? line.find('}', i)
                                                         : line.npos;
    if (end == line.npos) {
      out += line[i];
      continue;
    }
    if (line.substr(i).starts_with("<v ")) out.append(line.substr(i + 3, end - i - 3)).append(": ");
    i = end;
  }
  return out;
}

std::string replace_entities(std::string text) {
  for (const auto& [name, value] : {std::pair{"&lt;", "<"}, {"&gt;", ">"}, {"&nbsp;", " "}, {"&amp;", "&"}})
    for (auto at = text.find(name); at != text.npos; at = text.find(name, at + 1))
      text.replace(at, std::string_view(name).size(), value);
  return text;
}

/// The text of `[00:00:01.000 --> 00:00:04.000]  text`, a cue of one line as transcribers print it.
std::string bracketed_text(std::string_view timing) {
  const auto end = timing.starts_with("[") ? timing.find(']') : timing.npos;
  return end == timing.npos ? std::string{} : std::string(trim(timing.substr(end + 1)));
}

/// `00:01:02` of `00:01:02.345 --> …`.
std::string start_of(std::string_view timing) {
  if (timing.starts_with("[")) timing.remove_prefix(1);
  auto time = trim(timing.substr(0, timing.find("-->")));
  time = time.substr(0, time.find_first_of(".,"));
  return std::count(time.begin(), time.end(), ':') == 1 ? "00:" + std::string(time) : std::string(time);
}

} // namespace

result<reading> read_subtitles(std::string_view utf8, const reading_limits& limits) {
  reading out;
  std::string before;
  while (!utf8.empty() && out.markdown.size() < limits.max_markdown_bytes) {
    const auto timing = take_line(utf8);
    if (timing.find("-->") == timing.npos) continue;
    std::string text = bracketed_text(timing);
    while (!timing.starts_with("[")) {
      const auto line = take_line(utf8);
      if (line.empty()) break;
      text += (text.empty() ? "" : " ") + cue_text(line);
    }
    text = replace_entities(std::move(text));
    if (trim(text).empty() || text == before) continue;
    before = text;
    out.markdown += (out.markdown.empty() ? "" : "\n\n") + ("**" + start_of(timing) + "** ") +
                    html::escape_markdown(trim(text));
  }
  out.method = "subtitles";
  return out;
}

} // namespace troupe::documents
