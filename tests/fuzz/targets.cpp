#include "tests/fuzz/targets.hpp"

#include "fetch/robots.hpp"
#include "http/multipart.hpp"
#include "media/facts.hpp"
#include "media/proxy_request.hpp"
#include "parse/documents/archive.hpp"
#include "parse/documents/book.hpp"
#include "parse/documents/mail.hpp"
#include "parse/documents/odf.hpp"
#include "parse/documents/pdf.hpp"
#include "parse/documents/rtf.hpp"
#include "parse/documents/sheets.hpp"
#include "parse/documents/slides.hpp"
#include "parse/documents/subtitles.hpp"
#include "parse/documents/word.hpp"
#include "parse/html/prepass.hpp"
#include "parse/parser.hpp"
#include "parse/wire.hpp"
#include "tests/support/zip_writer.hpp"

#include <cstdlib>

namespace troupe::test {
namespace {

using namespace documents;

void must(bool holds) {
  if (!holds) std::abort();
}

/// Small, so that what grows without bound shows soon.
const reading_limits limits{.max_markdown_bytes = 1u << 20, .max_rows = 2'000, .max_columns = 100};

std::string rels(const std::string& type, const std::string& target) {
  return R"(<Relationships><Relationship Id="r1" Type="x/)" + type + "\" Target=\"" + target +
         "\"/></Relationships>";
}

/// The part that is fuzzed, in a container around it: a checksum would stop most bytes at the door.
std::string contained(const std::string& name, std::string_view part, std::vector<zip_entry> more = {}) {
  more.push_back({name, std::string(part)});
  return make_zip(more);
}

/// The first byte says in what pieces the rest comes.
void multipart(std::string_view data) {
  if (data.empty()) return;
  const size_t piece = 1 + static_cast<uint8_t>(data[0]) % 64;
  data.remove_prefix(1);
  size_t bytes = 0;
  bool open = false;
  http::multipart_parser p{"b",
                           {},
                           {[&](http::part_head) {
                              must(!open);
                              open = true;
                              return fail(errc::none);
                            },
                            [&](std::string_view d) {
                              must(open);
                              bytes += d.size();
                              return fail(errc::none);
                            },
                            [&] {
                              must(open);
                              open = false;
                              return fail(errc::none);
                            }}};
  auto f = fail(errc::none);
  for (size_t at = 0; at < data.size() && f.code == errc::none; at += piece)
    f = p.feed(data.substr(at, piece));
  must(bytes <= data.size() + 64);
  if (f.code == errc::none && p.finish().code == errc::none) must(!open);
  http::clean_filename(data.substr(0, 500));
  http::boundary_of(data.substr(0, 500));
}

void prepass(std::string_view data) {
  html::tame(data);
}

void page(std::string_view data) {
  (void)parse_document({.data = data, .content_type = "text/html", .limits = limits});
}

void container(std::string_view data) {
  auto a = archive::open(data, {.entries = 1'000, .entry_bytes = 1u << 20, .total_bytes = 4u << 20});
  if (!a) return;
  for (const auto name : a->names())
    (void)a->read(name);
}

void word(std::string_view data) {
  (void)read_word(contained("word/document.xml", data), limits);
}
void word_styles(std::string_view data) {
  (void)read_word(
      contained(
          "word/styles.xml", data,
          {{"word/document.xml",
            R"(<w:document xmlns:w="w"><w:body><w:p><w:pPr><w:pStyle w:val="a"/></w:pPr><w:r><w:t>x</w:t></w:r></w:p></w:body></w:document>)"},
           {"word/_rels/document.xml.rels", rels("styles", "styles.xml")}}),
      limits);
}
void slides(std::string_view data) {
  (void)read_slides(
      contained("ppt/s.xml", data,
                {{"ppt/presentation.xml", R"(<p xmlns:r="r"><sldIdLst><sldId r:id="r1"/></sldIdLst></p>)"},
                 {"ppt/_rels/presentation.xml.rels", rels("slide", "s.xml")}}),
      limits);
}
void sheets(std::string_view data) {
  (void)read_sheets(
      contained("xl/s.xml", data,
                {{"xl/workbook.xml", R"(<w xmlns:r="r"><sheets><sheet name="s" r:id="r1"/></sheets></w>)"},
                 {"xl/_rels/workbook.xml.rels", rels("worksheet", "s.xml")}}),
      limits);
}
void open_document(std::string_view data) {
  (void)read_open_document(
      contained("content.xml", data, {{"mimetype", "application/vnd.oasis.opendocument.text"}}), limits);
}
void book(std::string_view data) {
  (void)read_book(contained("c.opf", data,
                            {{"META-INF/container.xml", R"(<c><r><rootfile full-path="c.opf"/></r></c>)"},
                             {"1.xhtml", "<p>text</p>"}}),
                  limits);
}
void rtf(std::string_view data) {
  (void)read_rtf("{\\rtf1 " + std::string(data), limits);
}
void mail(std::string_view data) {
  (void)read_mail(data, limits);
}
void csv(std::string_view data) {
  (void)read_csv(data, limits);
}
void subtitles(std::string_view data) {
  (void)read_subtitles(data, limits);
}
void pdf_layout(std::string_view data) {
  (void)read_pdf(data, limits);
}
void robots_txt(std::string_view data) {
  const auto line = data.substr(0, data.find('\n'));
  const robots rules{std::string(data), "troupe"};
  (void)rules.allows(std::string("/").append(line));
}
void proxy_request(std::string_view data) {
  const auto r = media::read_proxy_request(data);
  // What is forwarded ends the connection, so that nothing can follow it to another host.
  must(!r || r->forwarded.empty() || r->forwarded.ends_with("Connection: close\r\n\r\n"));
}
/// What programs say of media.
void media_facts(std::string_view data) {
  (void)media::facts_of_site(data);
  (void)media::caption_languages(data);
  const auto c = media::contents_of_file(data);
  if (c) media::best_track(*c, {"en"});
}
/// What a parser process that has been taken over may say.
void wire_answer(std::string_view data) {
  const auto end = std::min(data.find('\n'), data.size());
  (void)wire::read_wish(data.substr(0, end));
  (void)wire::read_answer(data.substr(0, end), std::string(data.substr(end)));
}
/// Whatever it is, as a server meets it.
void any(std::string_view data) {
  (void)parse_document({.data = data, .limits = limits});
}

} // namespace

const std::map<std::string, fuzz_target, std::less<>>& fuzz_targets() {
  static const std::map<std::string, fuzz_target, std::less<>> all = {{"multipart", multipart},
                                                                      {"prepass", prepass},
                                                                      {"page", page},
                                                                      {"container", container},
                                                                      {"word", word},
                                                                      {"word_styles", word_styles},
                                                                      {"slides", slides},
                                                                      {"sheets", sheets},
                                                                      {"open_document", open_document},
                                                                      {"book", book},
                                                                      {"rtf", rtf},
                                                                      {"mail", mail},
                                                                      {"csv", csv},
                                                                      {"subtitles", subtitles},
                                                                      {"pdf_layout", pdf_layout},
                                                                      {"robots", robots_txt},
                                                                      {"proxy_request", proxy_request},
                                                                      {"media_facts", media_facts},
                                                                      {"wire", wire_answer},
                                                                      {"any", any}};
  return all;
}

} // namespace troupe::test
