#pragma once
/// A document tree for extraction: HTML as libxml2's parser sees it, in one arena.

#include <cstdint>
#include <memory>
#include <memory_resource>
#include <string>
#include <string_view>

namespace troupe::html {

/// Elements that extraction knows by name. `other` is any element besides.
enum class tag : uint8_t {
  text,
  other,
  a,
  abbr,
  address,
  article,
  aside,
  audio,
  b,
  blockquote,
  body,
  br,
  button,
  caption,
  center,
  cite,
  code,
  col,
  colgroup,
  dd,
  del,
  details,
  dialog,
  dfn,
  div,
  dl,
  dt,
  em,
  embed,
  fieldset,
  figcaption,
  figure,
  font,
  footer,
  form,
  frame,
  h1,
  h2,
  h3,
  h4,
  h5,
  h6,
  head,
  header,
  hgroup,
  hr,
  html,
  i,
  iframe,
  img,
  input,
  ins,
  kbd,
  label,
  legend,
  li,
  link,
  main,
  map,
  mark,
  math,
  menu,
  meta,
  nav,
  noscript,
  object,
  ol,
  option,
  p,
  picture,
  pre,
  q,
  s,
  samp,
  script,
  section,
  select,
  small,
  source,
  span,
  strike,
  strong,
  style,
  sub,
  summary,
  sup,
  svg,
  table,
  tbody,
  td,
  textarea,
  tfoot,
  th,
  thead,
  time,
  title,
  tr,
  tt,
  u,
  ul,
  var,
  video,
};

struct attribute {
  std::string_view name;
  std::string_view value;
  const attribute* next = nullptr;
};

/// An element or a text; lives as long as its tree.
struct node {
  tag kind = tag::other;
  /// In the order in which the tree's nodes were made, from 0.
  uint32_t number = 0;
  node* parent = nullptr;
  node* first = nullptr;
  node* last = nullptr;
  node* next = nullptr;
  node* prev = nullptr;
  /// The text of a text node, the lower-case name of an element.
  std::string_view text;
  const attribute* attributes = nullptr;

  bool is_text() const { return kind == tag::text; }
  /// The attribute's value; empty when there is none.
  std::string_view get(std::string_view name) const;
  bool has(std::string_view name) const;
  /// Takes the node and all below it out of the tree.
  void remove();
};

/// The next node in document order below `top`; null at the end. `skip` passes over what is below `n`.
node* following(node* n, const node* top, bool skip = false);

class tree {
public:
  tree();
  tree(const tree&) = delete;
  tree& operator=(const tree&) = delete;

  node* root() { return root_; }
  /// The first element of this kind, or null.
  node* find(tag kind) const;
  node* new_element(tag kind, std::string_view name, node* parent);
  node* new_text(std::string_view text, node* parent);
  void add_attribute(node* n, std::string_view name, std::string_view value);

private:
  std::string_view keep(std::string_view s);
  node* new_node();
  template <class T>
  T* make();
  std::pmr::monotonic_buffer_resource arena_;
  uint32_t nodes_ = 0;
  node* root_;
};

/// Parses UTF-8 that `tame` (prepass.hpp) has passed. Never fails: HTML has no errors, only surprises.
std::unique_ptr<tree> parse(std::string_view html);

tag tag_of(std::string_view lower_case_name);

bool is_heading(tag t);
/// Elements that stand in a line of text.
bool is_inline(tag t);

} // namespace troupe::html
