#include "parse/html/metadata.hpp"

#include "parse/html/links.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>

namespace troupe::html {
namespace {

using nlohmann::json;

constexpr size_t longest_field = 2'000;
constexpr int deepest_linked_data = 6;
constexpr size_t most_authors = 50;
constexpr size_t longest_author = 200;

std::string clean(std::string_view s) {
  std::string out;
  for (size_t i = 0; i < s.size() && out.size() < longest_field; ++i) {
    if (static_cast<uint8_t>(s[i]) > ' ')
      out += s[i];
    else if (!out.empty() && out.back() != ' ')
      out += ' ';
  }
  while (!out.empty() && out.back() == ' ')
    out.pop_back();
  return out;
}

std::string text_below(const node* top) {
  std::string out;
  for (node* n = top ? top->first : nullptr; n; n = following(n, top))
    if (n->is_text()) out.append(n->text).append(" ");
  return clean(out);
}

/// What schema.org objects on the page say.
class linked_data {
public:
  explicit linked_data(const tree& t) {
    for (node* n = const_cast<tree&>(t).root(); n; n = following(n, const_cast<tree&>(t).root())) {
      if (n->kind != tag::script || n->get("type").find("ld+json") == std::string_view::npos || !n->first)
        continue;
      const auto parsed = json::parse(n->first->text, nullptr, false);
      if (!parsed.is_discarded()) visit(parsed, 0);
    }
  }
  std::string title, published, description, site, image;
  std::vector<std::string> authors;

private:
  static std::string text_of(const json& x) {
    if (x.is_string()) return clean(x.get_ref<const std::string&>());
    if (x.is_array() && !x.empty()) return text_of(x.front());
    if (!x.is_object()) return {};
    for (const char* key : {"name", "url", "@value"})
      if (x.contains(key) && x[key].is_string()) return clean(x[key].get_ref<const std::string&>());
    return {};
  }
  static bool is_article(const json& type) {
    const auto one = [](const std::string& s) {
      return s.ends_with("Article") || s.ends_with("Posting") || s == "Report" || s == "WebPage" ||
             s == "Product" || s == "Recipe" || s == "NewsMediaOrganization" || s == "VideoObject" ||
             s == "Event";
    };
    if (type.is_string()) return one(type.get<std::string>());
    return type.is_array() &&
           std::any_of(type.begin(), type.end(), [&](const json& t) { return t.is_string() && one(t); });
  }
  static void set(std::string& field, const json& x, const char* key) {
    if (field.empty() && x.contains(key)) field = text_of(x[key]);
  }
  void visit(const json& x, int depth) {
    if (depth > deepest_linked_data) return;
    if (x.is_array())
      for (const auto& e : x)
        visit(e, depth + 1);
    if (!x.is_object()) return;
    if (x.contains("@graph")) visit(x["@graph"], depth + 1);
    if (!x.contains("@type") || !is_article(x["@type"])) return;
    set(title, x, "headline");
    set(published, x, "datePublished");
    set(description, x, "description");
    set(site, x, "publisher");
    set(image, x, "image");
    if (authors.empty() && x.contains("author")) add_authors(x["author"]);
  }
  void add_authors(const json& x) {
    if (x.is_array()) {
      for (const auto& e : x)
        add_authors(e);
    } else if (auto name = text_of(x);
               !name.empty() && !name.starts_with("http") && authors.size() < most_authors) {
      authors.push_back(name.substr(0, longest_author));
    }
  }
};

/// The meta elements, by name or property, lower case; the first of a name counts.
std::map<std::string, std::string> meta_elements(const tree& t) {
  std::map<std::string, std::string> out;
  for (node* n = const_cast<tree&>(t).root(); n; n = following(n, const_cast<tree&>(t).root())) {
    if (n->kind != tag::meta) continue;
    for (const char* attribute : {"property", "name", "itemprop", "http-equiv"}) {
      std::string key{n->get(attribute)};
      std::transform(key.begin(), key.end(), key.begin(), [](unsigned char c) { return std::tolower(c); });
      if (!key.empty()) out.try_emplace(std::move(key), clean(n->get("content")));
    }
  }
  return out;
}

class page {
public:
  page(const tree& t, std::string_view url)
      : tree_(const_cast<tree&>(t))
      , data_(t)
      , meta_(meta_elements(t))
      , links_(url) {}

  metadata read() {
    metadata m;
    m.title = first(
        {meta("og:title"), data_.title, meta("twitter:title"), meta("dc.title"), heading(), title_element()});
    m.authors = authors();
    m.published = published();
    m.language = language();
    m.description =
        first({data_.description, meta("og:description"), meta("description"), meta("twitter:description")});
    m.site = first({meta("og:site_name"), data_.site, meta("application-name")});
    m.image = links_.resolve(first({meta("og:image"), data_.image, meta("twitter:image")}));
    m.canonical_url = links_.resolve(first({canonical(), meta("og:url")}));
    return m;
  }

private:
  static std::string first(std::initializer_list<std::string> of) {
    for (const auto& s : of)
      if (!s.empty()) return s;
    return {};
  }
  std::string meta(const std::string& name) const {
    const auto it = meta_.find(name);
    return it == meta_.end() ? std::string{} : it->second;
  }
  std::string heading() const { return text_below(tree_.find(tag::h1)); }
  std::string title_element() const {
    auto text = text_below(tree_.find(tag::title));
    // "Headline | Site": the longer part is the page's.
    for (const std::string_view bar : {" | ", " - ", " \xe2\x80\x93 ", " \xc2\xbb "}) {
      const auto at = text.rfind(bar);
      if (at != text.npos && at > text.size() / 2) return text.substr(0, at);
    }
    return text;
  }
  std::string language() const {
    const auto* html = tree_.find(tag::html);
    auto found = html ? clean(html->get("lang")) : std::string{};
    if (found.empty()) found = first({meta("content-language"), meta("og:locale"), meta("language")});
    std::replace(found.begin(), found.end(), '_', '-');
    return found.substr(0, 35);
  }
  std::string canonical() const {
    for (node* n = tree_.root(); n; n = following(n, tree_.root()))
      if (n->kind == tag::link && n->get("rel") == "canonical") return std::string(n->get("href"));
    return {};
  }
  std::vector<std::string> authors() const {
    if (!data_.authors.empty()) return data_.authors;
    for (const char* name :
         {"author", "article:author", "dc.creator", "parsely-author", "sailthru.author", "byl"})
      if (auto found = meta(name); !found.empty() && !found.starts_with("http")) return {without_by(found)};
    for (node* n = tree_.root(); n; n = following(n, tree_.root())) {
      if (n->is_text() ||
          (n->get("rel") != "author" && n->get("itemprop") != "author" && !names_author(n->get("class"))))
        continue;
      if (auto found = without_by(text_below(n)); !found.empty() && found.size() < 60) return {found};
    }
    return {};
  }
  static bool names_author(std::string_view classes) {
    for (const std::string_view name :
         {"byline", "author-name", "author__name", "entry-author", "post-author"})
      if (classes.find(name) != classes.npos) return true;
    return classes == "author";
  }
  static std::string without_by(std::string s) {
    if (s.size() > 3 && (s.starts_with("By ") || s.starts_with("by "))) s.erase(0, 3);
    return s;
  }
  std::string published() const {
    for (const auto& text : {data_.published, meta("article:published_time"), meta("datepublished"),
                             meta("date"), meta("pubdate"), meta("publishdate"), meta("dc.date"),
                             meta("dc.date.issued"), meta("sailthru.date"), meta("parsely-pub-date"),
                             meta("og:published_time"), meta("dcterms.created")})
      if (auto found = find_date(text); !found.empty()) return found;
    for (node* n = tree_.root(); n; n = following(n, tree_.root())) {
      if (n->kind != tag::time && n->get("itemprop") != "datePublished") continue;
      if (auto found = find_date(
              first({std::string(n->get("datetime")), std::string(n->get("content")), text_below(n)}));
          !found.empty())
        return found;
    }
    return visible_date();
  }
  std::string visible_date() const {
    for (node* n = tree_.root(); n; n = following(n, tree_.root())) {
      const auto classes = n->is_text() ? std::string_view{} : n->get("class");
      if (classes.find("date") == classes.npos && classes.find("publish") == classes.npos &&
          classes.find("time") == classes.npos)
        continue;
      if (auto found = find_date(text_below(n)); !found.empty()) return found;
    }
    return {};
  }

  tree& tree_;
  linked_data data_;
  std::map<std::string, std::string> meta_;
  link_resolver links_;
};

} // namespace

metadata read_metadata(const tree& t, std::string_view url) {
  return page(t, url).read();
}

std::string to_json(const metadata& m) {
  nlohmann::ordered_json out = nlohmann::ordered_json::object();
  const auto put = [&](const char* key, const std::string& value) {
    if (!value.empty()) out[key] = value;
  };
  if (!m.authors.empty()) out["authors"] = m.authors;
  put("published", m.published);
  put("language", m.language);
  put("description", m.description);
  put("canonical_url", m.canonical_url);
  put("site", m.site);
  put("image", m.image);
  for (const auto& [name, values] : m.more)
    out[name] = values;
  return out.dump(-1, ' ', false, json::error_handler_t::replace);
}

} // namespace troupe::html
