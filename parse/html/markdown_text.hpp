#pragma once
/// Text as Markdown: what has to be escaped where (CommonMark 0.31, GFM 0.29).

#include <string>
#include <string_view>

namespace troupe::html {

/// `text` with the characters escaped that Markdown would take as markup inside a line.
std::string escape_markdown(std::string_view text);

/// A paragraph whose lines begin with nothing that would make them a heading, a list, a quote or a rule.
std::string guard_line_start(std::string paragraph);

/// A link's target, without parentheses that would end it.
std::string escape_target(const std::string& url);

/// `s` without the spaces at its end.
std::string trim_right(std::string s);

/// The length of the longest run of `of`.
size_t longest_run(std::string_view s, char of);

} // namespace troupe::html
