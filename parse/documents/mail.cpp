#include "parse/documents/mail.hpp"

#include "model/text.hpp"
#include "parse/documents/page.hpp"
#include "parse/html/markdown.hpp"
#include "parse/html/markdown_text.hpp"
#include "parse/html/prepass.hpp"
#include "parse/text/charset.hpp"

#include <gmime/gmime.h>
#include <iconv.h>

#include <memory>

namespace troupe::documents {
namespace {

constexpr int deepest = 20;
constexpr size_t most_attachments = 1'000;

struct unref {
  void operator()(void* object) const { g_object_unref(object); }
};
template <class T>
using owned = std::unique_ptr<T, unref>;

std::string take_string(char* s) {
  std::string out{s ? s : ""};
  g_free(s);
  return out;
}

std::string text_or_empty(const char* s) {
  return s ? std::string(trim(s)) : std::string{};
}

class message_reader {
public:
  explicit message_reader(const reading_limits& limits)
      : limits_(limits) {}

  result<reading> read(std::string_view data) {
    warm_up_mail();
    const owned<GMimeStream> stream{g_mime_stream_mem_new_with_buffer(data.data(), data.size())};
    const owned<GMimeParser> parser{g_mime_parser_new_with_stream(stream.get())};
    const owned<GMimeMessage> message{g_mime_parser_construct_message(parser.get(), nullptr)};
    if (!message) return fail(errc::parse_failed, "the content is no message");
    out_.about.title = text_or_empty(g_mime_message_get_subject(message.get()));
    out_.method = "eml";
    write(message.get(), 0);
    return std::move(out_);
  }

private:
  void add(std::string block) {
    if (block.empty() || out_.markdown.size() > limits_.max_markdown_bytes) return;
    out_.markdown += (out_.markdown.empty() ? "" : "\n\n") + std::move(block);
  }

  void write(GMimeMessage* m, int depth) {
    const auto subject = text_or_empty(g_mime_message_get_subject(m));
    if (!subject.empty()) add("# " + html::escape_markdown(subject));
    if (depth == 0) about(m);
    if (auto* body = g_mime_message_get_mime_part(m)) part(body, depth + 1);
  }

  void about(GMimeMessage* m) {
    out_.about.authors = addresses(g_mime_message_get_from(m));
    if (auto to = addresses(g_mime_message_get_to(m)); !to.empty()) out_.about.more["to"] = std::move(to);
    if (auto cc = addresses(g_mime_message_get_cc(m)); !cc.empty()) out_.about.more["cc"] = std::move(cc);
    if (auto* date = g_mime_message_get_date(m)) {
      out_.about.published = take_string(g_date_time_format(date, "%Y-%m-%d"));
      out_.about.more["date"] = {take_string(g_date_time_format(date, "%Y-%m-%dT%H:%M:%S%:z"))};
    }
  }
  static std::vector<std::string> addresses(InternetAddressList* list) {
    std::vector<std::string> out;
    for (int i = 0; list && i < internet_address_list_length(list); ++i)
      out.push_back(take_string(
          internet_address_to_string(internet_address_list_get_address(list, i), nullptr, FALSE)));
    return out;
  }

  void part(GMimeObject* o, int depth) {
    if (depth > deepest) return;
    if (GMIME_IS_MESSAGE_PART(o)) {
      if (auto* inner = g_mime_message_part_get_message(GMIME_MESSAGE_PART(o))) write(inner, depth);
    } else if (GMIME_IS_MULTIPART(o)) {
      multipart(GMIME_MULTIPART(o), depth);
    } else if (GMIME_IS_PART(o)) {
      leaf(GMIME_PART(o));
    }
  }

  void multipart(GMimeMultipart* m, int depth) {
    const auto* type = g_mime_object_get_content_type(GMIME_OBJECT(m));
    const auto count = g_mime_multipart_get_count(m);
    if (g_mime_content_type_is_type(const_cast<GMimeContentType*>(type), "multipart", "alternative") &&
        count > 0)
      return part(best_alternative(m, count), depth + 1);
    for (int i = 0; i < count; ++i)
      part(g_mime_multipart_get_part(m, i), depth + 1);
  }

  /// Plain text, unless there is none: the others say the same with more around it.
  static GMimeObject* best_alternative(GMimeMultipart* m, int count) {
    for (int i = 0; i < count; ++i) {
      auto* o = g_mime_multipart_get_part(m, i);
      if (g_mime_content_type_is_type(g_mime_object_get_content_type(o), "text", "plain")) return o;
    }
    return g_mime_multipart_get_part(m, count - 1);
  }

  void leaf(GMimePart* p) {
    auto* type = g_mime_object_get_content_type(GMIME_OBJECT(p));
    const auto* name = g_mime_part_get_filename(p);
    const bool text = g_mime_content_type_is_type(type, "text", "*");
    if (!text || g_mime_part_is_attachment(p)) return attachment(p, type, text_or_empty(name));
    const auto bytes = bytes_of(p);
    const auto* charset = g_mime_object_get_content_type_parameter(GMIME_OBJECT(p), "charset");
    const auto header = charset ? "text/plain; charset=" + std::string(charset) : std::string{};
    const bool is_html = g_mime_content_type_is_type(type, "text", "html");
    auto utf8 = to_utf8(bytes, detect_charset(bytes, header, is_html));
    if (is_html) {
      const auto tree = html::parse(html::tame(utf8));
      return add(html::to_markdown(tree->find(html::tag::body) ? tree->find(html::tag::body) : tree->root(),
                                   {{}, limits_.max_markdown_bytes}));
    }
    std::erase(utf8, '\r');
    add(std::string(trim(utf8)));
  }

  static std::string bytes_of(GMimePart* p) {
    auto* content = g_mime_part_get_content(p);
    if (!content) return {};
    const owned<GMimeStream> out{g_mime_stream_mem_new()};
    g_mime_data_wrapper_write_to_stream(content, out.get());
    auto* bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(out.get()));
    return {reinterpret_cast<const char*>(bytes->data), bytes->len};
  }

  void attachment(GMimePart* p, GMimeContentType* type, const std::string& name) {
    auto& listed = out_.about.more["attachments"];
    if (listed.size() >= most_attachments) return;
    listed.push_back((name.empty() ? "unnamed" : name) + " (" +
                     take_string(g_mime_content_type_get_mime_type(type)) + ", " +
                     std::to_string(bytes_of(p).size()) + " bytes)");
  }

  const reading_limits& limits_;
  reading out_;
};

struct closes_encoding {
  void operator()(void* open) const { iconv_close(open); }
};
using open_encoding = std::unique_ptr<void, closes_encoding>;

} // namespace

void warm_up_mail() {
  // The C library loads each encoding from a file when it is first used, and keeps it while it is open: for
  // as long as the process lives.
  static const auto encodings = [] {
    g_mime_init();
    std::vector<open_encoding> open;
    for (const auto* charset : {"ISO-8859-1", "ISO-8859-2", "ISO-8859-15", "WINDOWS-1250", "WINDOWS-1251",
                                "WINDOWS-1252", "WINDOWS-1255", "WINDOWS-1256", "KOI8-R", "GB18030", "GBK",
                                "GB2312", "BIG5", "EUC-JP", "SHIFT_JIS", "ISO-2022-JP", "EUC-KR"})
      if (const auto one = iconv_open("UTF-8", charset); one != iconv_t(-1)) open.emplace_back(one);
    return open;
  }();
}

result<reading> read_mail(std::string_view data, const reading_limits& limits) {
  return message_reader(limits).read(data);
}

} // namespace troupe::documents
