#include "parse/documents/book.hpp"

#include "model/text.hpp"
#include "parse/documents/package.hpp"
#include "parse/html/markdown.hpp"
#include "parse/html/prepass.hpp"
#include "parse/text/charset.hpp"

namespace troupe::documents {
namespace {

using html::tag;
constexpr size_t most_documents = 5'000;

/// The path in a reference, without its fragment.
std::string decode_path(std::string_view href) {
  return percent_decode(href.substr(0, href.find('#')));
}

class publication {
public:
  publication(package& from, const reading_limits& limits)
      : from_(from)
      , limits_(limits)
      , shelf_(from, limits, out_.images) {}

  result<reading> read() {
    const auto container = from_.part("META-INF/container.xml");
    if (!container) return container.error();
    const std::string place{attr(find(**container, "rootfile"), "full-path")};
    const auto opf = from_.part(place);
    if (!opf) return opf.error();
    const auto root = (*opf)->document_element();
    about(child(root, "metadata"));
    std::map<std::string, std::string, std::less<>> items;
    for (const auto& i : child(root, "manifest").children())
      // The table of contents says again what follows.
      if (attr(i, "properties").find("nav") == std::string_view::npos)
        items.emplace(attr(i, "id"), resolve_part(place, decode_path(attr(i, "href"))));
    size_t count = 0;
    for (const auto& ref : child(root, "spine").children()) {
      const auto it = items.find(attr(ref, "idref"));
      if (it == items.end() || !from_.has(it->second) || ++count > most_documents) continue;
      if (auto f = chapter(it->second); f.code == errc::too_large || f.code == errc::encrypted) return f;
    }
    out_.method = "epub";
    return std::move(out_);
  }

private:
  void about(const pugi::xml_node& metadata) {
    for (const auto& m : metadata.children()) {
      const std::string value{trim(m.text().get())};
      const auto name = local(m);
      if (value.empty()) continue;
      if (name == "title" && out_.about.title.empty()) out_.about.title = value;
      if (name == "creator") out_.about.authors.push_back(value);
      if (name == "language" && out_.about.language.empty()) out_.about.language = value;
      if (name == "description") out_.about.description = value;
      if (name == "date" && out_.about.published.empty()) out_.about.published = html::find_date(value);
      if (name == "publisher") out_.about.site = value;
    }
  }

  failure chapter(const std::string& part) {
    const auto data = from_.bytes(part);
    if (!data) return data.error();
    const auto text = to_utf8(*data, detect_charset(*data, {}, true));
    const auto tree = html::parse(html::tame(text));
    auto* body = tree->find(tag::body) ? tree->find(tag::body) : tree->root();
    for (auto* n = body; n; n = html::following(n, body)) {
      if (n->kind != tag::img) continue;
      const auto target = shelf_.link_to(resolve_part(part, decode_path(n->get("src"))));
      const std::string alternative{n->get("alt")};
      n->attributes = nullptr;
      tree->add_attribute(n, "src", target);
      tree->add_attribute(n, "alt", alternative);
    }
    if (out_.markdown.size() < limits_.max_markdown_bytes) {
      const auto markdown = html::to_markdown(body, {{}, limits_.max_markdown_bytes - out_.markdown.size()});
      if (!markdown.empty()) out_.markdown += (out_.markdown.empty() ? "" : "\n\n") + markdown;
    }
    return fail(errc::none);
  }

  package& from_;
  const reading_limits& limits_;
  reading out_;
  image_shelf shelf_;
};

} // namespace

result<reading> read_book(std::string_view data, const reading_limits& limits) {
  auto parts = package::open(data);
  if (!parts) return parts.error();
  return publication(*parts, limits).read();
}

} // namespace troupe::documents
