#include "http/guide/guide.hpp"

#include "http/accepting.hpp"
#include "http/callback.hpp"
#include "http/guide/render.hpp"

#include <nlohmann/json.hpp>

namespace troupe::http {
namespace {

asio::awaitable<response> health(exchange& x) {
  const auto h = x.server.to.health();
  const nlohmann::ordered_json body{{"status", h.ready      ? "ok"
                                               : h.draining ? "draining"
                                                            : "starting"},
                                    {"version", TROUPE_VERSION},
                                    {"open_batches", h.open_batches},
                                    {"transfers", h.transfers}};
  co_return json_response(200, body.dump());
}

} // namespace

asio::awaitable<response> answer_single(exchange& x, batch_id id) {
  const auto v = co_await wait_for_single(x, id, x.server.options.http.single_item_wait);
  if (!v) co_return error_response(v.error());
  const auto& it = v->batch.items.front();
  if (!terminal(it.row.state)) co_return json_response(202, render_waiting(it));
  if (it.row.state != item_state::succeeded)
    co_return error_response(422, info(it.row.error.code).name, it.row.error.text());
  if (!v->text) co_return error_response(v->text.error());
  co_return json_response(201, render_single(it, *v->text));
}

std::vector<route> guide_routes() {
  std::vector<route> out;
  out.push_back({"GET", "/api/v1/health/", scope::open, health});
  add_submission_routes(out);
  add_file_routes(out);
  add_upload_routes(out);
  add_source_routes(out);
  return out;
}

} // namespace troupe::http
