#include "http/upload_body.hpp"

#include "http/callback.hpp"

namespace troupe::http {
namespace {

constexpr size_t longest_field = 1'024;

bool is_file_field(std::string_view name) {
  return name == "file" || name == "files" || (name.starts_with("files[") && name.ends_with("]"));
}

multipart_limits limits_of(const settings& s) {
  // Beside the files, a few fields.
  return {.parts = static_cast<size_t>(s.limits.files_per_request) + 16};
}

} // namespace

upload_body::upload_body(const server_context& server, std::string_view boundary, accepting& into)
    : server_(server)
    , into_(into)
    , parser_(boundary, limits_of(server.options),
              {[this](part_head head) { return begin(std::move(head)); },
               [this](std::string_view bytes) { return data(bytes); }, [this] { return end(); }}) {}

failure upload_body::feed(std::string_view bytes) {
  return parser_.feed(bytes);
}

failure upload_body::finish(notebook_id expected) {
  if (auto f = parser_.finish(); f.code != errc::none) return f;
  if (!notebook_.empty() && notebook_ != std::to_string(raw(expected)))
    return fail(errc::invalid_request, "notebook: is not the one in the path");
  if (files_ == 0) return fail(errc::invalid_request, "file: there is none");
  if (single_ && files_ > 1)
    return fail(errc::invalid_request, "file: only one; several files go into the field \"files\"");
  if (!upload_id_.empty() && files_ > 1)
    return fail(errc::invalid_request, "upload_file_id: names one file, there are several");
  return add_pending(upload_id_);
}

failure upload_body::begin(part_head head) {
  field_ = std::move(head.name);
  value_.clear();
  file_.reset();
  return head.filename || is_file_field(field_) ? begin_file(head) : fail(errc::none);
}

failure upload_body::begin_file(const part_head& head) {
  if (!is_file_field(field_))
    return fail(errc::invalid_request, field_ + ": files go into the field \"file\" or \"files\"");
  if (++files_ > static_cast<size_t>(server_.options.limits.files_per_request))
    return fail(errc::too_large, "files: more than limits.files_per_request");
  single_ = single_ || field_ == "file";
  if (auto f = add_pending({}); f.code != errc::none) return f;
  file_ = std::make_unique<file>(server_);
  file_->name = clean_filename(head.filename.value_or(""));
  return fail(errc::none);
}

failure upload_body::data(std::string_view bytes) {
  if (file_) return write(bytes);
  if (value_.size() + bytes.size() > longest_field)
    return fail(errc::too_large, field_ + ": is longer than " + std::to_string(longest_field) + " bytes");
  value_ += bytes;
  return fail(errc::none);
}

failure upload_body::write(std::string_view bytes) {
  auto& f = *file_;
  f.size += bytes.size();
  if (f.refused.code != errc::none) return fail(errc::none);
  if (f.size > static_cast<uint64_t>(server_.options.limits.file_bytes)) {
    f.refused = fail(errc::too_large, "the file is larger than limits.file_bytes");
    f.bytes.reset();
    return fail(errc::none);
  }
  return f.bytes->append(bytes);
}

failure upload_body::end() {
  if (!file_) {
    if (field_ == "notebook") notebook_ = value_;
    if (field_ == "upload_file_id") upload_id_ = value_;
    return fail(errc::none);
  }
  auto name = file_->name;
  auto content =
      file_->refused.code == errc::none ? file_->bytes->close() : result<content_ref>{file_->refused};
  if (!content && file_->refused.code == errc::none) return content.error();
  pending_.emplace(std::move(name), std::move(content));
  file_.reset();
  return fail(errc::none);
}

failure upload_body::add_pending(std::string_view upload_id) {
  if (!pending_) return fail(errc::none);
  auto [name, content] = std::move(*pending_);
  pending_.reset();
  const bool room = content ? into_.items.add_file(std::move(name), std::move(*content), upload_id)
                            : into_.items.refuse_file(std::move(name), 0, content.error());
  if (!room) return fail(errc::too_large, "files: more than limits.items_per_batch");
  auto f = into_.send_if_full();
  // The next is not gathered beside it: files are long.
  return f.code == errc::none ? into_.settle() : f;
}

asio::awaitable<std::optional<response>> receive_upload(exchange& x, upload_body& body,
                                                        notebook_id expected) {
  for (;;) {
    auto piece = co_await x.incoming->next();
    if (piece.refused) co_return std::move(piece.refused);
    const bool last = piece.data.empty();
    const auto work = [&body, &piece, last, expected] {
      return last ? body.finish(expected) : body.feed(piece.data);
    };
    const auto f = co_await callback<failure>(
        x, [&](auto done) { asio::post(x.server.workers, [&work, done] { done(work()); }); });
    if (f.code != errc::none) co_return error_response(f);
    if (last) co_return std::nullopt;
  }
}

} // namespace troupe::http
