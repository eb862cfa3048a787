#pragma once
/// A document under construction: the tree from which the Markdown is written.

#include "parse/documents/reading.hpp"

namespace troupe::documents {

/// Marks of a run of text.
struct marks {
  bool bold = false;
  bool italic = false;
  bool strike = false;
  bool code = false;
  friend bool operator==(const marks&, const marks&) = default;
};

/// Adds elements to a tree. Blocks go below a node that the caller names; lists find their own place.
class page {
public:
  using node = html::node;

  node* root() { return tree_.root(); }
  node* add(html::tag kind, node* parent) { return tree_.new_element(kind, {}, parent); }
  node* heading(long level, node* parent);
  /// A table that is data, however it looks.
  node* table(node* parent);
  void text(std::string_view s, node* parent);
  /// Text inside elements for its marks.
  void text(std::string_view s, const marks& m, node* parent);
  node* link(std::string_view url, node* parent);
  void image(std::string_view target, std::string_view alternative, node* parent);
  void attribute(node* n, std::string_view name, std::string_view value) {
    tree_.add_attribute(n, name, value);
  }

  std::string markdown(const reading_limits& limits);

private:
  html::tree tree_;
};

/// Items of nested lists that come one after the other, each with its level.
class list_writer {
public:
  list_writer(page& to, html::node* parent)
      : to_(to)
      , parent_(parent) {}
  /// A new item; `number` is where a numbered list starts, 0 of bullets.
  html::node* item(long level, bool ordered, long number = 1);
  /// The item that is open, for what belongs to it; null outside a list.
  html::node* open() const { return lists_.empty() ? nullptr : lists_.back().list->last; }
  void end() { lists_.clear(); }

private:
  struct level {
    html::node* list;
    bool ordered;
  };
  page& to_;
  html::node* parent_;
  std::vector<level> lists_;
};

} // namespace troupe::documents
