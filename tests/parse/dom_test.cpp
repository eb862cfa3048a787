#include "tests/parse/pages.hpp"

using namespace troupe;
using namespace troupe::test;
using html::tag;

namespace {

std::string text_below(html::node* top) {
  std::string out;
  for (auto* n = top; n; n = html::following(n, top))
    if (n->is_text()) out += n->text;
  return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(document_tree)

BOOST_AUTO_TEST_CASE(elements_texts_and_attributes_are_found) {
  const auto t =
      html::parse("<html lang=\"en\"><body><p class=\"a\" id=\"b\">Hello <b>world</b></p></body></html>");
  auto* p = t->find(tag::p);
  BOOST_REQUIRE(p);
  BOOST_TEST(p->text == "p");
  BOOST_TEST(p->get("class") == "a");
  BOOST_TEST(p->get("id") == "b");
  BOOST_TEST(p->get("href") == "");
  BOOST_TEST(p->has("id"));
  BOOST_TEST(!p->has("href"));
  BOOST_TEST(text_below(p) == "Hello world");
  BOOST_REQUIRE(t->find(tag::b));
  BOOST_TEST((t->find(tag::b)->parent == p));
  BOOST_TEST(t->find(tag::html)->get("lang") == "en");
  BOOST_TEST(!t->find(tag::table));
}

BOOST_AUTO_TEST_CASE(entities_are_decoded) {
  const auto t = html::parse("<p title=\"&quot;x&quot;\">a &amp; b &lt;c&gt; &eacute; &#8364; &#x20ac;</p>");
  BOOST_TEST(text_below(t->find(tag::p)) == "a & b <c> \xc3\xa9 \xe2\x82\xac \xe2\x82\xac");
  BOOST_TEST(t->find(tag::p)->get("title") == "\"x\"");
}

BOOST_AUTO_TEST_CASE(text_beyond_ascii_passes_whatever_the_page_claims) {
  const auto t = html::parse(
      "<html><head><meta charset=\"shift_jis\"></head><body><p>\xe6\x97\xa5\xe6\x9c\xac</p></body></html>");
  BOOST_TEST(text_below(t->find(tag::p)) == "\xe6\x97\xa5\xe6\x9c\xac");
}

BOOST_AUTO_TEST_CASE(missing_end_tags_are_supplied) {
  const auto t = html::parse("<ul><li>one<li>two</ul><p>a<p>b");
  auto* ul = t->find(tag::ul);
  BOOST_REQUIRE(ul);
  unsigned items = 0;
  for (auto* c = ul->first; c; c = c->next)
    items += c->kind == tag::li;
  BOOST_TEST(items == 2u);
}

BOOST_AUTO_TEST_CASE(nothing_gives_an_empty_tree) {
  const auto t = html::parse("");
  BOOST_REQUIRE(t->root());
  BOOST_TEST(!t->root()->first);
}

BOOST_AUTO_TEST_CASE(broken_markup_gives_some_tree) {
  for (const auto* page : {"<", "</", "<p", "<p a=", "<p a='", "</p></p>", "<b><i></b></i>", "&", "&#;",
                           "&#x110000;", "&#0;", "<table><p>x</table>", "<html><html><body><body>"})
    BOOST_TEST(html::parse(page)->root(), page);
}

BOOST_AUTO_TEST_CASE(a_removed_node_takes_its_children_along) {
  const auto t = html::parse("<body><p>a</p><div>b<i>c</i></div><p>d</p></body>");
  t->find(tag::div)->remove();
  BOOST_TEST(text_below(t->root()) == "ad");
  BOOST_TEST(!t->find(tag::div));
  BOOST_TEST(!t->find(tag::i));
}

BOOST_AUTO_TEST_CASE(the_first_and_the_last_child_can_be_removed) {
  const auto t = html::parse("<body><p>a</p><i>b</i><h1>c</h1></body>");
  auto* body = t->find(tag::body);
  t->find(tag::p)->remove();
  t->find(tag::h1)->remove();
  BOOST_TEST(text_below(body) == "b");
  BOOST_TEST((body->first == body->last));
  body->first->remove();
  BOOST_TEST(!body->first);
  BOOST_TEST(!body->last);
}

BOOST_AUTO_TEST_CASE(following_walks_in_document_order_and_stays_below) {
  const auto t = html::parse("<body><div><p>1</p><p>2</p></div><p>3</p></body>");
  auto* div = t->find(tag::div);
  BOOST_TEST(text_below(div) == "12");
  auto* first = t->find(tag::p);
  BOOST_TEST((html::following(first, div, true) == first->next));
  BOOST_TEST(!html::following(div->last->first, div));
}

BOOST_AUTO_TEST_CASE(trees_can_be_built_by_hand) {
  html::tree t;
  auto* p = t.new_element(tag::p, "p", t.root());
  t.new_text("hello", p);
  t.add_attribute(p, "id", "x");
  BOOST_TEST(text_below(t.root()) == "hello");
  BOOST_TEST(p->get("id") == "x");
}

BOOST_AUTO_TEST_CASE(names_are_tags) {
  BOOST_TEST((html::tag_of("h3") == tag::h3));
  BOOST_TEST((html::tag_of("x-custom") == tag::other));
  BOOST_TEST(html::is_heading(tag::h1));
  BOOST_TEST(html::is_heading(tag::h6));
  BOOST_TEST(!html::is_heading(tag::header));
  BOOST_TEST(html::is_inline(tag::em));
  BOOST_TEST(!html::is_inline(tag::div));
}

BOOST_AUTO_TEST_SUITE_END()
