#include "parse/html/extract.hpp"

#include "parse/html/boilerplate.hpp"
#include "parse/html/measure.hpp"

#include <algorithm>
#include <cmath>
#include <unordered_map>
#include <vector>

namespace troupe::html {
namespace {

constexpr unsigned least_content = 200;

bool is_block(const node* n) {
  switch (n->kind) {
  case tag::div:
  case tag::section:
  case tag::ul:
  case tag::ol:
  case tag::table:
  case tag::dl:
  case tag::fieldset:
  case tag::form:
  case tag::aside:
  case tag::header:
  case tag::footer:
  case tag::figure:
  case tag::details: return true;
  default: return false;
  }
}

/// True when an element says by name, role or property that it is the content.
bool says_content(const node* n) {
  return n->kind == tag::article || n->kind == tag::main || n->get("role") == "main" ||
         n->get("role") == "article" || hint_of(n) == hint::content;
}

class chooser {
public:
  explicit chooser(tree& t)
      : root_(t.root())
      , sizes_(root_) {
    body_ = t.find(tag::body);
    if (!body_) body_ = root_;
  }

  extraction choose() {
    if (auto* n = by_name()) return {n, "article"};
    if (auto* n = by_score()) return {n, "paragraphs"};
    return {body_, "body"};
  }

private:
  /// The smallest element that says it is the content and holds most of the page's prose.
  node* by_name() {
    const auto all = sizes_.of(body_).prose;
    node* best = nullptr;
    double best_value = 0;
    for (node* n = body_; n; n = following(n, body_)) {
      if (n->is_text() || n == body_ || !says_content(n)) continue;
      const auto& m = sizes_.of(n);
      if (m.text < least_content) continue;
      const double recall = all ? double(m.prose) / all : 0;
      const double precision = m.text ? 1 - 0.7 * m.link_density() : 0;
      const double value = recall * precision;
      if (recall >= 0.55 && value >= best_value * 0.97) {
        best = n;
        best_value = std::max(best_value, value);
      }
    }
    return best;
  }

  node* by_score() {
    std::unordered_map<node*, double> scores;
    for (node* n = body_; n; n = following(n, body_))
      credit(n, scores);
    node* best = nullptr;
    double best_score = 0;
    for (const auto& [n, score] : scores) {
      const double adjusted = score * (1 - sizes_.of(n).link_density());
      if (adjusted > best_score) {
        best = n;
        best_score = adjusted;
      }
    }
    if (!best) return nullptr;
    const auto all = sizes_.of(body_).prose;
    // Step outward while the parent holds clearly more of the prose.
    for (node* up = best; up && up != body_; up = up->parent) {
      best = up;
      if (sizes_.of(up).prose >= 0.75 * all) break;
    }
    return sizes_.of(best).prose >= 0.75 * all && sizes_.of(best).text >= least_content ? best : nullptr;
  }

  void credit(node* n, std::unordered_map<node*, double>& scores) {
    if (n->kind != tag::p && n->kind != tag::pre && n->kind != tag::blockquote && n->kind != tag::td) return;
    const auto& m = sizes_.of(n);
    if (m.text < 25) return;
    const double score = 1 + m.commas + std::min(m.text / 100.0, 3.0);
    unsigned level = 0;
    for (node* up = n->parent; up && up != root_ && level < 4; up = up->parent, ++level)
      scores[up] += score / (level == 0 ? 1 : level == 1 ? 2 : level * 3);
  }

  node* root_;
  node* body_;
  measures sizes_;
};

/// Removes blocks of the content that are lists of links, forms or crumbs of text between them.
class pruner {
public:
  explicit pruner(node* top)
      : top_(top)
      , sizes_(top) {}

  void run() {
    for (node* n = top_->first; n;) {
      const bool drop = !n->is_text() && ((is_block(n) && sparse(n)) || is_reference(n));
      node* const next = following(n, top_, drop);
      if (drop) n->remove();
      n = next;
    }
    drop_empty_headings();
  }

private:
  /// A paragraph of running prose that is nothing but a link: a pointer to another page.
  bool is_reference(const node* n) const {
    if (n->kind != tag::p && !is_heading(n->kind)) return false;
    const auto& m = sizes_.of(n);
    return sizes_.of(top_).prose > 1'500 && m.text > 20 && m.text < 200 && m.link_density() > 0.8 &&
           m.images == 0;
  }

  /// A heading with nothing under it before the next of its rank, or before the end.
  void drop_empty_headings() {
    node* bare = nullptr;
    for (node* n = top_->first; n;) {
      node* const next = following(n, top_);
      if (is_heading(n->kind)) {
        if (bare && bare->kind >= n->kind && bare->kind != tag::h1) bare->remove();
        bare = n;
      } else if (bare && carries_text(n) && !is_below(n, bare)) {
        bare = nullptr;
      }
      n = next;
    }
    if (bare && bare->kind != tag::h1) bare->remove();
  }
  static bool carries_text(const node* n) {
    return n->kind == tag::img || (n->is_text() && visible_length(n->text) > 0);
  }
  static bool is_below(const node* n, const node* top) {
    for (; n; n = n->parent)
      if (n == top) return true;
    return false;
  }

  bool sparse(const node* n) const {
    const auto& m = sizes_.of(n);
    const auto& all = sizes_.of(top_);
    if (m.text == 0) return m.images == 0;
    if (m.plain() > 0.5 * all.plain()) return false;
    const double density = m.link_density();
    if (n->kind == tag::table) return density > 0.8 && m.links > 3;
    if (m.links >= 3 && density > 0.6 && m.prose < 200) return true;
    if (density > 0.85 && m.links >= 2) return true;
    return m.inputs > 2 && m.prose < 100;
  }

  node* top_;
  measures sizes_;
};

} // namespace

extraction extract(tree& t) {
  remove_boilerplate(t, false);
  auto chosen = chooser(t).choose();
  if (chosen.content) pruner(chosen.content).run();
  return chosen;
}

} // namespace troupe::html
