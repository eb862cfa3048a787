/// Batches: made, and added to.
#include "http/accepting.hpp"
#include "http/callback.hpp"
#include "http/cluster/forwarder.hpp"
#include "http/json_text.hpp"
#include "http/query.hpp"
#include "http/upload_body.hpp"
#include "http/v1/render.hpp"
#include "http/v1/submission.hpp"
#include "http/v1/v1.hpp"

#include "model/text.hpp"

#include <future>

namespace troupe::http {
namespace {

using json = nlohmann::ordered_json;

bool is_lines(std::string_view type) {
  const auto t = ascii_lower(type.substr(0, type.find(';')));
  return t == "application/x-ndjson" || t == "application/ndjson" || t == "application/jsonl";
}

/// Work on a body: at once when it is in memory, on a worker's thread when it is a file or may have to wait.
template <class T, class Work>
asio::awaitable<T> on_body(exchange& x, bool may_block, Work work) {
  if (!may_block) co_return work();
  co_return co_await callback<T>(
      x, [&](auto done) { asio::post(x.server.workers, [&work, done] { done(work()); }); });
}

/// Bytes sent ahead by somebody who may be seen by the caller.
find_original originals_for(exchange& x) {
  return [&x](const std::string& name) -> result<stored_original> {
    const auto missing = fail(errc::not_found, "there is no original \"" + name + '"');
    uint64_t id = 0;
    if (!name.starts_with("org_") || !parse_id(std::string_view(name).substr(4), id)) return missing;
    auto answered = std::make_shared<std::promise<result<record>>>();
    auto waiting = answered->get_future();
    x.server.to.ask().find_record(stored_original{}, std::to_string(id),
                                  [answered](result<record> r) { answered->set_value(std::move(r)); });
    const auto found = waiting.get();
    if (!found) return found.error().code == errc::not_found ? missing : found.error();
    const auto& o = std::get<stored_original>(*found);
    // Who is bound to notebooks sees what was brought for those alone.
    const bool everywhere = !x.who.key || x.who.key->notebooks.empty();
    const bool visible = everywhere || (!o.notebooks.empty() &&
                                        std::all_of(o.notebooks.begin(), o.notebooks.end(),
                                                    [&](auto n) { return x.who.may_see(notebook_id{n}); }));
    if (!visible) return missing;
    return o;
  };
}

item_reading reading_for(exchange& x, accepting& batch, on_item next) {
  return {.into = batch.items,
          .next = std::move(next),
          .original = originals_for(x),
          .longest_text = static_cast<uint64_t>(x.server.options.limits.text_bytes)};
}

failure verdict_on(bool strict, bool may_be_empty, const intake& items) {
  if (items.count() == 0 && !may_be_empty) return fail(errc::invalid_request, "items: is empty");
  if (items.refused() == 0) return fail(errc::none);
  const auto& first = items.refusals().front();
  const auto at = "items[" + std::to_string(first.index) + "]: " + std::string(first.reason.text());
  if (items.usable() == 0) return fail(errc::invalid_request, at + " (none of them can be used)");
  return strict ? fail(errc::invalid_request, at + " (strict)") : fail(errc::none);
}

json rejected_json(const intake& items) {
  auto out = json::array();
  for (const auto& r : items.refusals())
    out.push_back({{"index", r.index}, {"url", r.url}, {"error", v1_json(r.reason)}});
  return out;
}

/// The answer to an acceptance. It may be made twice: for who waits, and for who asks again.
receipt answer_of(const batch& row, const json& rejected, const std::optional<webhook>& told = std::nullopt) {
  auto body = v1_json(batch_view{row});
  body["rejected"] = rejected;
  // Its secret is told once: what is kept to be answered again has none.
  if (told) body["webhook"] = {{"url", told->url}, {"secret", told->secret}};
  receipt r;
  r.status = 202;
  r.location = "/v1/batches/" + batch_name(row.id);
  r.content_type = "application/json";
  r.body = dump(body);
  return r;
}

std::shared_ptr<const receipt_plan> plan_of(const receipt& kept_as, const json& rejected) {
  const auto answer = [rejected](const troupe::batch& row) { return answer_of(row, rejected); };
  return std::make_shared<const receipt_plan>(receipt_plan{kept_as.key, kept_as.fingerprint, answer});
}

asio::awaitable<response> complete(exchange& x, accepting& batch) {
  const auto rejected = rejected_json(batch.items);
  if (x.kept_as) {
    batch.receipt = plan_of(*x.kept_as, rejected);
    x.receipt_kept = true;
  }
  const auto r = co_await batch.complete(x);
  if (r.error.code != errc::none) co_return error_response(r.error);
  auto made = answer_of(r.row, rejected, batch.told);
  auto out = json_response(made.status, std::move(made.body));
  out.headers.emplace_back("Location", std::move(made.location));
  co_return out;
}

void take_head(const v1_submission& head, accepting& into) {
  into.options = head.options;
  into.held = head.held;
  into.told = head.told;
  if (into.told) into.told->notebooks = {raw(head.home)};
}

/// Reads the items of the body into the batch, sending parts of it meanwhile when the body is long.
asio::awaitable<failure> read_items(exchange& x, accepting& batch, bool lines) {
  const bool parts = x.body.spooled();
  const on_item next = [&batch, parts] { return parts ? batch.send_if_full() : fail(errc::none); };
  auto how = reading_for(x, batch, next);
  if (batch.adds()) how.limit = "limits.append_items";
  const auto work = [&x, &how, &batch, lines] {
    auto f = lines ? read_v1_lines(x.body, how) : read_v1_items(x.body, how);
    return f.code == errc::none ? batch.settle() : f;
  };
  co_return co_await on_body<failure>(x, may_name_originals(x.body), work);
}

// -- making one ----------------------------------------------------------------------------------------

asio::awaitable<response> create_of_files(exchange& x, const std::string& boundary) {
  auto head = read_v1_query(x.query);
  if (!head) co_return error_response(head.error());
  if (auto no = v1_refuse_write(x, head->home)) co_return std::move(*no);
  auto there = co_await x.server.others.to_home(x, head->home);
  if (there) co_return std::move(*there);
  accepting batch{x.server, head->home, job_type::file_upload};
  take_head(*head, batch);
  upload_body body{x.server, boundary, batch};
  auto no = co_await receive_upload(x, body, head->home);
  if (no) co_return std::move(*no);
  if (auto f = verdict_on(head->strict, false, batch.items); f.code != errc::none)
    co_return error_response(f);
  co_return co_await complete(x, batch);
}

asio::awaitable<response> create(exchange& x) {
  const auto boundary = boundary_of(x.content_type);
  if (!boundary.empty()) co_return co_await create_of_files(x, boundary);
  auto no = co_await read_whole_body(x);
  if (no) co_return std::move(*no);
  const bool lines = is_lines(x.content_type);
  const auto read_head = [&x, lines] { return lines ? read_v1_query(x.query) : read_v1_head(x.body, false); };
  const auto head = co_await on_body<result<v1_submission>>(x, x.body.spooled(), read_head);
  if (!head) co_return error_response(head.error());
  if (auto refused = v1_refuse_write(x, head->home)) co_return std::move(*refused);
  auto there = co_await x.server.others.to_home(x, head->home);
  if (there) co_return std::move(*there);
  accepting batch{x.server, head->home, head->job};
  take_head(*head, batch);
  auto f = co_await read_items(x, batch, lines);
  if (f.code == errc::none) f = verdict_on(head->strict, head->held, batch.items);
  if (f.code != errc::none) co_return error_response(f);
  co_return co_await complete(x, batch);
}

// -- adding to one -------------------------------------------------------------------------------------

asio::awaitable<response> append(exchange& x) {
  const auto b = co_await v1_batch(x);
  if (!b) co_return error_response(b.error());
  if (auto refused = v1_refuse_write(x, b->row.home)) co_return std::move(*refused);
  const bool lines = is_lines(x.content_type);
  const auto strict = x.query.find("strict");
  accepting batch{x.server, b->row};
  auto f = co_await read_items(x, batch, lines);
  if (f.code == errc::none)
    f = verdict_on(strict != x.query.end() && strict->second == "true", false, batch.items);
  const auto room = static_cast<uint64_t>(x.server.options.limits.items_per_batch);
  if (f.code == errc::none && b->row.counts.total + batch.items.count() > room)
    f = fail(errc::invalid_request, "items: more than limits.items_per_batch");
  if (f.code != errc::none) co_return error_response(f);
  co_return co_await complete(x, batch);
}

// -- one item, waited for ------------------------------------------------------------------------------

/// Seconds that `Prefer: wait=N` (RFC 7240 section 4.3) asks for; `http.single_item_wait_ms` at most.
milliseconds wait_of(const exchange& x) {
  const auto most = x.server.options.http.single_item_wait;
  const auto it = x.headers.find("Prefer");
  if (it == x.headers.end()) return milliseconds{0};
  const auto at = it->second.find("wait=");
  if (at == it->second.npos) return milliseconds{0};
  const auto digits = it->second.substr(at + 5, it->second.find_first_not_of("0123456789", at + 5) - at - 5);
  uint64_t seconds = 0;
  if (!parse_id(digits, seconds)) return milliseconds{0};
  return std::min<milliseconds>(most, std::chrono::seconds(std::min<uint64_t>(seconds, 3'600)));
}

asio::awaitable<response> parse_one(exchange& x) {
  const auto body = v1_object(x);
  if (!body) co_return error_response(body.error());
  const auto head = read_v1_members(*body);
  if (!head) co_return error_response(head.error());
  if (auto refused = v1_refuse_write(x, head->home)) co_return std::move(*refused);
  auto there = co_await x.server.others.to_home(x, head->home);
  if (there) co_return std::move(*there);
  accepting batch{x.server, head->home, head->job};
  take_head(*head, batch);
  const auto how = reading_for(x, batch, [] { return fail(errc::none); });
  const auto read = [&] { return read_v1_item(*body, how); };
  auto f = co_await on_body<failure>(x, body->contains("original"), read);
  if (f.code == errc::none && batch.items.refused() > 0) f = batch.items.refusals().front().reason;
  if (f.code != errc::none) co_return error_response(f);
  const auto wait = wait_of(x);
  if (wait.count() == 0) co_return co_await complete(x, batch);
  // Kept with the acceptance; the answer that comes of the wait takes its place.
  if (x.kept_as) batch.receipt = plan_of(*x.kept_as, json::array());
  const auto r = co_await batch.complete(x);
  if (r.error.code != errc::none) co_return error_response(r.error);
  const auto v = co_await wait_for_single(x, r.row.id, wait);
  if (!v) co_return error_response(v.error());
  if (!terminal(v->batch.row.state)) {
    auto later = json_response(202, dump(v1_json(v->batch)));
    later.headers.emplace_back("Location", "/v1/batches/" + batch_name(r.row.id));
    co_return later;
  }
  const auto& row = v->batch.items.front().row;
  if (row.state != item_state::succeeded)
    co_return error_response(422, info(row.error.code).name, row.error.text());
  co_return v1_item_result(x, row, v->text);
}

} // namespace

void add_v1_create_routes(std::vector<route>& into) {
  into.push_back({"POST", "/v1/batches", scope::keyed, create, true});
  into.push_back({"POST", "/v1/batches/{}/items", scope::keyed, append});
  into.push_back({"POST", "/v1/parse", scope::keyed, parse_one});
}

} // namespace troupe::http
