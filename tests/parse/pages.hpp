#pragma once
/// Short ways to parse pages, for tests.

#include "model/text.hpp"
#include "parse/html/dom.hpp"
#include "parse/html/extract.hpp"
#include "parse/html/markdown.hpp"
#include "parse/html/metadata.hpp"
#include "parse/html/prepass.hpp"
#include "parse/parser.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

namespace troupe::test {

inline std::string repeated(std::string_view what, size_t times) {
  std::string out;
  out.reserve(what.size() * times);
  for (size_t i = 0; i < times; ++i)
    out += what;
  return out;
}

inline size_t count_of(std::string_view text, std::string_view what) {
  size_t n = 0;
  for (auto at = text.find(what); at != text.npos; at = text.find(what, at + what.size()))
    ++n;
  return n;
}

inline bool contains(std::string_view text, std::string_view what) {
  return text.find(what) != text.npos;
}

inline std::unique_ptr<html::tree> dom_of(std::string_view page) {
  return html::parse(html::tame(page));
}

/// Everything on the page as Markdown, nothing left out.
inline std::string markdown_of(std::string_view page, std::string_view base = "http://example.com/dir/page") {
  const auto t = dom_of(page);
  const auto* body = t->find(html::tag::body);
  return html::to_markdown(body ? body : t->root(), {std::string(base)});
}

/// The content of the page as Markdown.
inline std::string content_of(std::string_view page) {
  const auto t = dom_of(page);
  const auto found = html::extract(*t);
  return found.content ? html::to_markdown(found.content, {}) : std::string{};
}

/// Levels of elements, without recursion.
inline size_t depth_of(html::tree& t) {
  size_t deepest = 0;
  for (auto* n = t.root(); n; n = html::following(n, t.root())) {
    if (n->first) continue;
    size_t depth = 0;
    for (const auto* up = n->parent; up; up = up->parent)
      ++depth;
    deepest = std::max(deepest, depth);
    // One leaf tells enough of a tree that is far too deep.
    if (deepest > 10'000) break;
  }
  return deepest;
}

inline result<document> parse_page(std::string_view data, std::string_view type = "text/html",
                                   std::string_view url = "http://example.com/dir/page") {
  return parse_document({.data = data, .url = url, .content_type = type});
}

inline document parsed(std::string_view data, std::string_view type = "text/html",
                       std::string_view url = "http://example.com/dir/page") {
  auto outcome = parse_page(data, type, url);
  BOOST_REQUIRE_MESSAGE(outcome, "parse_document fails with " << info(outcome.error().code).name);
  return std::move(*outcome);
}

inline std::string code_of(const result<document>& x) {
  return std::string(info(x ? errc::none : x.error().code).name);
}

/// Prose of about so many characters; every number gives another one.
inline std::string prose(size_t number, size_t length = 300) {
  std::string out = "Paragraph " + std::to_string(number) + " tells";
  while (out.size() < length)
    out += ", as the story goes on, of rivers and of hills beyond them";
  return out + ".";
}

} // namespace troupe::test
