#include "media/work.hpp"

#include "media/file.hpp"
#include "media/left_file.hpp"
#include "media/site.hpp"

namespace troupe::media {
namespace {

constexpr size_t block = 1u << 20;

/// Hands a file of the programs' folder over to the store.
result<content_ref> keep(const std::string& path, const spool_factory& make_spool) {
  auto made = make_spool();
  if (!made) return made.error();
  auto in = left_file::open(path);
  if (!in) return in.error();
  hasher hash;
  content_ref out;
  for (auto piece = in->read(block); !piece.empty(); piece = in->read(block)) {
    if (auto f = (*made)->append(piece); f.code != errc::none) return f;
    hash.update(piece);
    out.size += piece.size();
  }
  auto closed = (*made)->close();
  if (!closed) return closed.error();
  out.hash = hash.finish();
  out.path = std::move(closed->path);
  out.keeper = std::move(closed->keeper);
  return out;
}

failure take_captions(const std::string& path, programs& with, transcript& out) {
  auto file = left_file::open(path);
  if (!file) return file.error();
  auto text = file->read_all(static_cast<uint64_t>(with.options().parse.max_markdown_bytes));
  if (!text) return text.error();
  out.name = name_of_captions(*text);
  out.content_type = out.name.ends_with(".vtt") ? "text/vtt" : "application/x-subrip";
  out.method = "media/captions";
  out.text = make_content(std::move(*text));
  out.original = out.text;
  return fail(errc::none);
}

failure listen(const content_ref& media, programs& with, transcript& out) {
  const auto file = document_file::open(media);
  if (!file) return file.error();
  auto words = words_of_file(with, *file, out.about, out.content_type);
  if (!words) return words.error();
  out.name = std::move(words->name);
  out.method = std::move(words->method);
  out.text = make_content(std::move(words->text));
  return fail(errc::none);
}

} // namespace

failure work_on(const media_order& order, programs& with, const spool_factory& make_spool, transcript& out) {
  if (!order.body.empty()) return listen(order.body, with, out);
  const auto found = find_on_site(with, order.url, out.about);
  if (!found) return found.error();
  if (found->captions) return take_captions(found->path, with, out);
  auto kept = keep(found->path, make_spool);
  if (!kept) return kept.error();
  out.original = *kept;
  return listen(*kept, with, out);
}

} // namespace troupe::media
