#include "parse/html/dom.hpp"

#include <libxml/HTMLparser.h>
#include <libxml/parserInternals.h>

#include <algorithm>
#include <cstring>
#include <unordered_map>

namespace troupe::html {
namespace {

constexpr size_t first_arena_block = 128 * 1024;
/// Whatever the parser makes of a document: those who walk the tree recurse as deep.
constexpr unsigned deepest = 512;

const std::unordered_map<std::string_view, tag>& names() {
  static const std::unordered_map<std::string_view, tag> map = {
      {"a", tag::a},
      {"abbr", tag::abbr},
      {"acronym", tag::abbr},
      {"address", tag::address},
      {"article", tag::article},
      {"aside", tag::aside},
      {"audio", tag::audio},
      {"b", tag::b},
      {"blockquote", tag::blockquote},
      {"body", tag::body},
      {"br", tag::br},
      {"button", tag::button},
      {"caption", tag::caption},
      {"center", tag::center},
      {"cite", tag::cite},
      {"code", tag::code},
      {"col", tag::col},
      {"colgroup", tag::colgroup},
      {"dd", tag::dd},
      {"del", tag::del},
      {"details", tag::details},
      {"dialog", tag::dialog},
      {"dfn", tag::dfn},
      {"dir", tag::ul},
      {"div", tag::div},
      {"dl", tag::dl},
      {"dt", tag::dt},
      {"em", tag::em},
      {"embed", tag::embed},
      {"fieldset", tag::fieldset},
      {"figcaption", tag::figcaption},
      {"figure", tag::figure},
      {"font", tag::font},
      {"footer", tag::footer},
      {"form", tag::form},
      {"frame", tag::frame},
      {"h1", tag::h1},
      {"h2", tag::h2},
      {"h3", tag::h3},
      {"h4", tag::h4},
      {"h5", tag::h5},
      {"h6", tag::h6},
      {"head", tag::head},
      {"header", tag::header},
      {"hgroup", tag::hgroup},
      {"hr", tag::hr},
      {"html", tag::html},
      {"i", tag::i},
      {"iframe", tag::iframe},
      {"img", tag::img},
      {"input", tag::input},
      {"ins", tag::ins},
      {"kbd", tag::kbd},
      {"label", tag::label},
      {"legend", tag::legend},
      {"li", tag::li},
      {"link", tag::link},
      {"main", tag::main},
      {"map", tag::map},
      {"mark", tag::mark},
      {"math", tag::math},
      {"menu", tag::menu},
      {"meta", tag::meta},
      {"nav", tag::nav},
      {"noscript", tag::noscript},
      {"object", tag::object},
      {"ol", tag::ol},
      {"option", tag::option},
      {"p", tag::p},
      {"picture", tag::picture},
      {"pre", tag::pre},
      {"listing", tag::pre},
      {"q", tag::q},
      {"s", tag::s},
      {"samp", tag::samp},
      {"script", tag::script},
      {"section", tag::section},
      {"select", tag::select},
      {"small", tag::small},
      {"source", tag::source},
      {"span", tag::span},
      {"strike", tag::strike},
      {"strong", tag::strong},
      {"style", tag::style},
      {"sub", tag::sub},
      {"summary", tag::summary},
      {"sup", tag::sup},
      {"svg", tag::svg},
      {"table", tag::table},
      {"tbody", tag::tbody},
      {"td", tag::td},
      {"textarea", tag::textarea},
      {"tfoot", tag::tfoot},
      {"th", tag::th},
      {"thead", tag::thead},
      {"time", tag::time},
      {"title", tag::title},
      {"tr", tag::tr},
      {"tt", tag::tt},
      {"u", tag::u},
      {"ul", tag::ul},
      {"var", tag::var},
      {"video", tag::video},
  };
  return map;
}

/// Turns the parser's events into nodes.
class builder {
public:
  explicit builder(tree& t)
      : tree_(t)
      , at_(t.root()) {}

  void start(std::string_view name, const xmlChar** attributes) {
    flush();
    auto* n = tree_.new_element(tag_of(name), name, at_);
    for (; attributes && attributes[0]; attributes += 2)
      tree_.add_attribute(n, text(attributes[0]), attributes[1] ? text(attributes[1]) : std::string_view{});
    if (depth_ >= deepest) {
      ++beyond_;
      return;
    }
    at_ = n;
    ++depth_;
  }
  void end(std::string_view name) {
    flush();
    if (beyond_ > 0) {
      --beyond_;
      return;
    }
    unsigned up = 1;
    for (node* n = at_; n->parent; n = n->parent, ++up)
      if (n->text == name) {
        at_ = n->parent;
        depth_ -= up;
        return;
      }
  }
  void characters(std::string_view s) { pending_ += s; }
  void flush() {
    if (pending_.empty()) return;
    tree_.new_text(pending_, at_);
    pending_.clear();
  }

  static std::string_view text(const xmlChar* s) { return reinterpret_cast<const char*>(s); }

private:
  tree& tree_;
  node* at_;
  unsigned depth_ = 0;
  unsigned beyond_ = 0;
  std::string pending_;
};

void on_start(void* to, const xmlChar* name, const xmlChar** attributes) {
  static_cast<builder*>(to)->start(builder::text(name), attributes);
}
void on_end(void* to, const xmlChar* name) {
  static_cast<builder*>(to)->end(builder::text(name));
}
void on_characters(void* to, const xmlChar* s, int length) {
  static_cast<builder*>(to)->characters({reinterpret_cast<const char*>(s), static_cast<size_t>(length)});
}

htmlSAXHandler handler() {
  htmlSAXHandler h;
  std::memset(&h, 0, sizeof h);
  h.startElement = on_start;
  h.endElement = on_end;
  h.characters = on_characters;
  h.cdataBlock = on_characters;
  h.ignorableWhitespace = on_characters;
  return h;
}

} // namespace

std::string_view node::get(std::string_view wanted) const {
  for (const auto* a = attributes; a; a = a->next)
    if (a->name == wanted) return a->value;
  return {};
}

bool node::has(std::string_view wanted) const {
  for (const auto* a = attributes; a; a = a->next)
    if (a->name == wanted) return true;
  return false;
}

void node::remove() {
  if (!parent) return;
  (prev ? prev->next : parent->first) = next;
  (next ? next->prev : parent->last) = prev;
  parent = prev = next = nullptr;
}

node* following(node* n, const node* top, bool skip) {
  if (n->first && !skip) return n->first;
  while (n != top) {
    if (n->next) return n->next;
    n = n->parent;
    if (!n) return nullptr;
  }
  return nullptr;
}

tree::tree()
    : arena_(first_arena_block)
    , root_(new_node()) {
  root_->kind = tag::other;
}

template <class T>
T* tree::make() {
  return new (arena_.allocate(sizeof(T), alignof(T))) T{};
}

std::string_view tree::keep(std::string_view s) {
  auto* copy = static_cast<char*>(arena_.allocate(s.size() + 1, 1));
  std::copy(s.begin(), s.end(), copy);
  return {copy, s.size()};
}

node* tree::new_node() {
  auto* n = make<node>();
  n->number = nodes_++;
  return n;
}

node* tree::new_element(tag kind, std::string_view name, node* parent) {
  auto* n = new_node();
  n->kind = kind;
  n->text = keep(name);
  n->parent = parent;
  n->prev = parent->last;
  (parent->last ? parent->last->next : parent->first) = n;
  parent->last = n;
  return n;
}

node* tree::new_text(std::string_view text, node* parent) {
  return new_element(tag::text, text, parent);
}

void tree::add_attribute(node* n, std::string_view name, std::string_view value) {
  auto* a = make<attribute>();
  *a = {keep(name), keep(value), n->attributes};
  n->attributes = a;
}

node* tree::find(tag kind) const {
  for (node* n = root_; n; n = following(n, root_))
    if (n->kind == kind) return n;
  return nullptr;
}

std::unique_ptr<tree> parse(std::string_view html) {
  auto out = std::make_unique<tree>();
  if (html.empty()) return out;
  builder into{*out};
  auto events = handler();
  auto* context = htmlCreateMemoryParserCtxt(html.data(), static_cast<int>(html.size()));
  if (!context) return out;
  htmlCtxtUseOptions(context, HTML_PARSE_RECOVER | HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING |
                                  HTML_PARSE_NONET | HTML_PARSE_IGNORE_ENC);
  auto* own = context->sax;
  context->sax = &events;
  context->userData = &into;
  xmlSwitchEncoding(context, XML_CHAR_ENCODING_UTF8);
  htmlParseDocument(context);
  into.flush();
  context->sax = own;
  xmlFreeDoc(context->myDoc);
  context->myDoc = nullptr;
  htmlFreeParserCtxt(context);
  return out;
}

tag tag_of(std::string_view name) {
  const auto it = names().find(name);
  return it == names().end() ? tag::other : it->second;
}

bool is_heading(tag t) {
  return t >= tag::h1 && t <= tag::h6;
}

bool is_inline(tag t) {
  switch (t) {
  case tag::text:
  case tag::a:
  case tag::abbr:
  case tag::b:
  case tag::br:
  case tag::cite:
  case tag::code:
  case tag::del:
  case tag::dfn:
  case tag::em:
  case tag::font:
  case tag::i:
  case tag::img:
  case tag::ins:
  case tag::kbd:
  case tag::label:
  case tag::mark:
  case tag::picture:
  case tag::q:
  case tag::s:
  case tag::samp:
  case tag::small:
  case tag::span:
  case tag::strike:
  case tag::strong:
  case tag::sub:
  case tag::sup:
  case tag::time:
  case tag::tt:
  case tag::u:
  case tag::var:
  case tag::math:
  case tag::input:
  case tag::button:
  // Elements not known by name, as wbr and bdi, stand in a line unless they hold blocks.
  case tag::other: return true;
  default: return false;
  }
}

} // namespace troupe::html
