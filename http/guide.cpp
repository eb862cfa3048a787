#include "http/guide.hpp"

#include "http/callback.hpp"

#include <nlohmann/json.hpp>

namespace troupe::http {
namespace {

asio::awaitable<response> health(exchange& x) {
  const auto h = x.server.to.health();
  const nlohmann::ordered_json body{{"status", h.draining ? "draining" : "ok"},
                                    {"version", TROUPE_VERSION},
                                    {"open_batches", h.open_batches},
                                    {"transfers", h.transfers}};
  co_return json_response(200, body.dump());
}

} // namespace

result<notebook_id> notebook_of(const exchange& x) {
  uint64_t n = 0;
  if (!parse_id(x.arguments.front(), n))
    return fail(errc::invalid_request,
                "notebook: expected a whole number below 2^53, not \"" + x.arguments.front() + "\"");
  return notebook_id{n};
}

result<uint64_t> query_number(const exchange& x, const std::string& name, uint64_t initial, uint64_t most) {
  const auto it = x.query.find(name);
  if (it == x.query.end()) return initial;
  uint64_t n = 0;
  if (!parse_id(it->second, n) || n > most)
    return fail(errc::invalid_request, name + ": expected a whole number up to " + std::to_string(most));
  return n;
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
