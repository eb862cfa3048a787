#include "parse/html/boilerplate.hpp"

#include "model/text.hpp"
#include "parse/html/measure.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace troupe::html {
namespace {

/// Words of a class or id, as they stand between separators or capitals.
std::vector<std::string> words_of(std::string_view s) {
  std::vector<std::string> words;
  std::string word;
  char before = ' ';
  const auto end = [&] {
    if (!word.empty()) words.push_back(std::move(word));
    word.clear();
  };
  for (const char c : s) {
    const bool upper = c >= 'A' && c <= 'Z';
    const bool letter = upper || (c >= 'a' && c <= 'z');
    if (!letter || (upper && before >= 'a' && before <= 'z')) end();
    if (letter) word += upper ? static_cast<char>(c + 32) : c;
    before = c;
  }
  end();
  return words;
}

template <size_t N>
bool has_word(const std::vector<std::string>& words, const std::string_view (&list)[N]) {
  return std::any_of(words.begin(), words.end(), [&](const std::string& w) {
    return std::binary_search(std::begin(list), std::end(list), std::string_view{w});
  });
}

/// Sorted. Words that name what surrounds content.
constexpr std::string_view surroundings[] = {
    "ad",
    "ads",
    "adsbygoogle",
    "advert",
    "advertisement",
    "advertising",
    "advertorial",
    "alert",
    "also",
    "author",
    "authorbox",
    "banner",
    "bio",
    "breadcrumb",
    "breadcrumbs",
    "byline",
    "bylines",
    "consent",
    "cookie",
    "cookies",
    "copyright",
    "credit",
    "credits",
    "crumbs",
    "cta",
    "dateline",
    "disclaimer",
    "donate",
    "donation",
    "dropdown",
    "feedback",
    "flyout",
    "footer",
    "gdpr",
    "hidden",
    "hide",
    "invisible",
    "legal",
    "login",
    "logo",
    "mailchimp",
    "masthead",
    "megamenu",
    "menu",
    "meta",
    "metabar",
    "metadata",
    "modal",
    "nav",
    "navbar",
    "navi",
    "navigation",
    "newsletter",
    "noprint",
    "offcanvas",
    "outbrain",
    "overlay",
    "pager",
    "pagination",
    "paging",
    "paywall",
    "poll",
    "popular",
    "popup",
    "posted",
    "postmeta",
    "prev",
    "promo",
    "promos",
    "promotion",
    "pubdate",
    "published",
    "rail",
    "rating",
    "readmore",
    "recirc",
    "recommend",
    "recommendation",
    "recommendations",
    "recommended",
    "related",
    "rss",
    "screenreader",
    "share",
    "sharebar",
    "sharedaddy",
    "sharing",
    "shoutbox",
    "sidebar",
    "sidenav",
    "signin",
    "signup",
    "skip",
    "skiplink",
    "skyscraper",
    "social",
    "sponsor",
    "sponsored",
    "subnav",
    "subscribe",
    "subscription",
    "taboola",
    "tagcloud",
    "taglist",
    "tags",
    "taxonomy",
    "teaser",
    "teasers",
    "timestamp",
    "toc",
    "toolbar",
    "tooltip",
    "topbar",
    "trending",
    "upsell",
    "widget",
    "widgets",
};
constexpr std::string_view discussion[] = {"comment", "commentlist", "comments", "commentsection",
                                           "disqus",  "replies",     "respond"};

bool contains_any(std::string_view s, std::initializer_list<std::string_view> parts) {
  return std::any_of(parts.begin(), parts.end(), [&](auto p) { return s.find(p) != std::string_view::npos; });
}

bool says_content(const std::string& label) {
  return contains_any(label, {"articlebody",
                              "article-body",
                              "article_body",
                              "article__body",
                              "article-content",
                              "article_content",
                              "article__content",
                              "articlecontent",
                              "entry-content",
                              "entry_content",
                              "post-content",
                              "post_content",
                              "postcontent",
                              "post-body",
                              "post_body",
                              "postbody",
                              "story-body",
                              "storybody",
                              "story-content",
                              "content-body",
                              "content__body",
                              "body-content",
                              "main-content",
                              "maincontent",
                              "main_content",
                              "page-content",
                              "page_content",
                              "markdown-body",
                              "post-text",
                              "article-text",
                              "articletext",
                              "story_body",
                              "rich-text",
                              "richtext",
                              "wysiwyg",
                              "mw-parser-output",
                              "single-content",
                              "blog-content",
                              "blog-post-content",
                              "entry-body",
                              "prose"});
}

bool never_content(const node* n) {
  switch (n->kind) {
  case tag::script:
  case tag::style:
  case tag::noscript:
  case tag::nav:
  case tag::dialog:
  case tag::menu:
  case tag::select:
  case tag::textarea:
  case tag::input:
  case tag::button:
  case tag::iframe:
  case tag::embed:
  case tag::object:
  case tag::svg:
  case tag::link:
  case tag::meta:
  case tag::title:
  case tag::option:
  case tag::map:
  case tag::audio:
  case tag::frame:
  case tag::head:
  case tag::legend: return true;
  default: return false;
  }
}

bool inside(const node* n, tag kind) {
  for (n = n->parent; n; n = n->parent)
    if (n->kind == kind) return true;
  return false;
}

bool is_landmark(const node* n) {
  const auto role = n->get("role");
  return role == "navigation" || role == "banner" || role == "contentinfo" || role == "complementary" ||
         role == "search" || role == "dialog" || role == "alertdialog" || role == "menu" ||
         role == "menubar" || role == "tooltip";
}

class remover {
public:
  remover(tree& t, bool keep_comments)
      : root_(t.root())
      , sizes_(t.root())
      , all_(sizes_.of(t.root()).plain())
      , keep_comments_(keep_comments) {}

  void run() {
    for (node* n = root_->first; n;) {
      const bool drop = !n->is_text() && unwanted(n);
      node* const next = following(n, root_, drop);
      if (drop) n->remove();
      n = next;
    }
  }

private:
  bool holds_most(const node* n, double share) const { return sizes_.of(n).plain() > share * all_; }

  bool unwanted(node* n) const {
    if (n->kind == tag::html || n->kind == tag::body) return false;
    if (never_content(n)) return true;
    if (is_hidden(n)) return !holds_most(n, 0.6);
    if (n->kind == tag::footer) return !inside(n, tag::blockquote) && !holds_most(n, 0.5);
    if (n->kind == tag::aside || is_landmark(n)) return !holds_most(n, 0.4);
    if (n->kind == tag::header)
      return !inside(n, tag::article) && !inside(n, tag::main) && !sizes_.of(n).headings &&
             !holds_most(n, 0.2);
    if (n->kind == tag::article || n->kind == tag::main || n->kind == tag::pre || n->kind == tag::code ||
        is_heading(n->kind))
      return false;
    switch (hint_of(n)) {
    case hint::boilerplate: return !holds_most(n, 0.4);
    case hint::comments: return !keep_comments_ && !holds_most(n, 0.5);
    default: return false;
    }
  }

  node* root_;
  measures sizes_;
  unsigned all_;
  bool keep_comments_;
};

} // namespace

hint hint_of(const node* n) {
  const auto classes = n->get("class");
  const auto id = n->get("id");
  const auto prop = n->get("itemprop");
  if (prop == "articleBody" || prop == "text" || prop == "description") return hint::content;
  if (classes.empty() && id.empty()) return hint::none;
  const auto label = ascii_lower(classes) + " " + ascii_lower(id);
  if (says_content(label)) return hint::content;
  auto words = words_of(classes);
  const auto more = words_of(id);
  words.insert(words.end(), more.begin(), more.end());
  if (has_word(words, surroundings)) return hint::boilerplate;
  if (has_word(words, discussion)) return hint::comments;
  return hint::none;
}

bool is_hidden(const node* n) {
  if (n->has("hidden") || n->get("aria-hidden") == "true") return true;
  const auto style = n->get("style");
  if (style.empty()) return false;
  std::string packed = ascii_lower(style);
  packed.erase(std::remove(packed.begin(), packed.end(), ' '), packed.end());
  return packed.find("display:none") != std::string::npos ||
         packed.find("visibility:hidden") != std::string::npos;
}

void remove_boilerplate(tree& t, bool keep_comments) {
  remover(t, keep_comments).run();
}

} // namespace troupe::html
