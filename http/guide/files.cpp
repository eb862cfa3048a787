/// Uploading files.
#include "http/accepting.hpp"
#include "http/callback.hpp"
#include "http/guide/guide.hpp"
#include "http/guide/render.hpp"
#include "http/query.hpp"
#include "http/upload_body.hpp"

namespace troupe::http {
namespace {

asio::awaitable<response> upload(exchange& x) {
  const auto n = notebook_of(x);
  if (!n) co_return error_response(n.error());
  const auto boundary = boundary_of(x.content_type);
  if (boundary.empty())
    co_return error_response(415, "unsupported_media_type", "expected multipart/form-data with a boundary");
  accepting batch{x.server, *n, job_type::file_upload};
  upload_body body{x.server, boundary, batch};
  auto no = co_await receive_upload(x, body, *n);
  if (no) co_return std::move(*no);
  if (body.single() && batch.items.refused() > 0)
    co_return error_response(batch.items.refusals().front().reason);
  const auto r = co_await batch.complete(x);
  if (r.error.code != errc::none) co_return error_response(r.error);
  if (body.single()) co_return co_await answer_single(x, r.row.id);
  co_return json_response(202, render_accepted(r.row, batch.items));
}

} // namespace

void add_file_routes(std::vector<route>& into) {
  into.push_back({"POST", "/api/v1/notebooks/{}/files/upload/", scope::write, upload, true});
}

} // namespace troupe::http
