#include "media/work.hpp"

#include "media/file.hpp"
#include "media/site.hpp"

#include <filesystem>
#include <fstream>

namespace troupe::media {
namespace {

constexpr size_t block = 1u << 20;

/// Hands a file of the programs' folder over to the store.
result<content_ref> keep(const std::string& path, const spool_factory& make_spool) {
  auto made = make_spool();
  if (!made) return made.error();
  std::ifstream in{path, std::ios::binary};
  hasher hash;
  content_ref out;
  for (std::string piece(block, '\0'); in;) {
    in.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    const std::string_view got{piece.data(), static_cast<size_t>(in.gcount())};
    if (auto f = (*made)->append(got); f.code != errc::none) return f;
    hash.update(got);
    out.size += got.size();
  }
  auto closed = (*made)->close();
  if (!closed) return closed.error();
  out.hash = hash.finish();
  out.path = std::move(closed->path);
  out.keeper = std::move(closed->keeper);
  return out;
}

result<std::string> read_captions(const std::string& path, uint64_t most) {
  std::error_code error;
  if (const auto size = std::filesystem::file_size(path, error); error || size > most)
    return fail(errc::too_large, "the captions are longer than parse.max_markdown_bytes");
  std::ifstream in{path, std::ios::binary};
  return std::string{std::istreambuf_iterator<char>(in), {}};
}

failure take_captions(const std::string& path, programs& with, transcript& out) {
  auto text = read_captions(path, static_cast<uint64_t>(with.options().parse.max_markdown_bytes));
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
