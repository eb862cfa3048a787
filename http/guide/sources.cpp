/// What finished items left: files of a notebook, their content, the knowledge base.
#include "http/callback.hpp"
#include "http/guide/guide.hpp"
#include "http/guide/render.hpp"
#include "http/json_tree.hpp"
#include "http/query.hpp"

namespace troupe::http {
namespace {

constexpr uint64_t usual_page = 50;
constexpr uint64_t longest_page = 1'000;
constexpr uint64_t longest_offset = 10'000'000;

struct page_range {
  uint64_t limit = usual_page;
  uint64_t offset = 0;
};

result<page_range> range_of(const exchange& x) {
  const auto limit = query_number(x, "limit", usual_page, longest_page);
  if (!limit) return limit.error();
  const auto offset = query_number(x, "offset", 0, longest_offset);
  if (!offset) return offset.error();
  return page_range{*limit, *offset};
}

/// A source by its outside names: `f_<number>`, or the number alone.
source_id source_named(std::string_view id) {
  uint64_t number = 0;
  return parse_id(id, number) ? source_id{number} : parse_file_id(id);
}

failure no_file(const std::string& id) {
  return fail(errc::not_found, "there is no file \"" + id + "\"");
}

asio::awaitable<response> list_files(exchange& x) {
  const auto n = notebook_of(x);
  if (!n) co_return error_response(n.error());
  const auto range = range_of(x);
  if (!range) co_return error_response(range.error());
  co_return co_await callback<response>(x, [&](auto done) {
    x.server.to.ask().sources(*n, range->limit, range->offset, [=, range = *range](result<source_page> page) {
      done(page ? json_response(200, render_files(*page, range.limit, range.offset))
                : error_response(page.error()));
    });
  });
}

asio::awaitable<response> list_knowledge(exchange& x) {
  const auto n = notebook_of(x);
  if (!n) co_return error_response(n.error());
  const auto range = range_of(x);
  if (!range) co_return error_response(range.error());
  source_filter filter;
  if (const auto type = x.query.find("content_type"); type != x.query.end())
    filter.content_type = type->second;
  if (x.who.key) filter.notebooks = x.who.key->notebooks;
  co_return co_await callback<response>(x, [&](auto done) {
    x.server.to.ask().all_sources(
        *n, range->limit + 1, range->offset, filter, [=, range = *range](result<source_page> page) {
          done(page ? json_response(200, render_knowledge(*page, range.limit, range.offset))
                    : error_response(page.error()));
        });
  });
}

asio::awaitable<response> content(exchange& x) {
  const auto id = source_named(x.arguments[0]);
  const auto text =
      co_await callback<result<source_text>>(x, [&](auto done) { x.server.to.ask().text(id, done); });
  if (!text) co_return error_response(text.error());
  // To a key that may not see the notebook, the file is not there.
  if (!x.who.may_see(text->row.home)) co_return error_response(no_file(x.arguments[0]));
  co_return json_response(200, render_content(*text));
}

asio::awaitable<response> raw_of(exchange& x, const std::string& id) {
  const auto b = co_await callback<result<source_bytes>>(
      x, [&](auto done) { x.server.to.ask().original(source_named(id), done); });
  if (!b) co_return error_response(b.error());
  if (!x.who.may_see(b->row.home)) co_return error_response(no_file(id));
  co_return bytes_response(*b);
}

asio::awaitable<response> raw_file(exchange& x) {
  co_return co_await raw_of(x, x.arguments[0]);
}

asio::awaitable<response> image(exchange& x) {
  const auto b = co_await callback<result<source_bytes>>(
      x, [&](auto done) { x.server.to.ask().image(source_named(x.arguments[0]), x.arguments[1], done); });
  if (!b) co_return error_response(b.error());
  if (!x.who.may_see(b->row.home)) co_return error_response(no_file(x.arguments[0]));
  co_return bytes_response(*b);
}

asio::awaitable<response> raw_in_notebook(exchange& x) {
  const auto n = notebook_of(x);
  if (!n) co_return error_response(n.error());
  const auto held = co_await callback<result<held_source>>(
      x, [&](auto done) { x.server.to.ask().find_source(*n, source_named(x.arguments[1]), done); });
  if (!held) co_return error_response(held.error());
  co_return co_await raw_of(x, x.arguments[1]);
}

response gone() {
  response r;
  r.status = 204;
  return r;
}

asio::awaitable<response> remove(exchange& x, notebook_id n, source_id s, bool force, const std::string& id) {
  const auto removed =
      co_await callback<result<bool>>(x, [&](auto done) { x.server.to.remove(n, s, force, done); });
  if (!removed) co_return error_response(removed.error());
  co_return *removed ? gone() : error_response(no_file(id));
}

/// Dropping a source from everywhere is for those who may write where it is at home; others take it out.
asio::awaitable<response> remove_as_allowed(exchange& x, notebook_id n, source_id s, bool force,
                                            const std::string& id) {
  if (force) {
    const auto text =
        co_await callback<result<source_text>>(x, [&](auto done) { x.server.to.ask().text(s, done); });
    if (!text) co_return error_response(text.error());
    force = x.who.may_write(text->row.home);
  }
  co_return co_await remove(x, n, s, force, id);
}

/// A file, knowledge item or upload. An upload that has not ended is cancelled; what a failed one kept goes.
asio::awaitable<response> delete_file(exchange& x) {
  const auto n = notebook_of(x);
  if (!n) co_return error_response(n.error());
  const auto& id = x.arguments[1];
  const bool force = x.query.contains("force") && x.query.at("force") == "true";
  if (const auto s = source_named(id); s != source_id{})
    co_return co_await remove_as_allowed(x, *n, s, force, id);
  const auto v = co_await callback<result<item_view>>(
      x, [&](auto done) { x.server.to.ask().find_upload(*n, id, done); });
  if (!v) co_return error_response(v.error());
  if (v->row.source != source_id{}) co_return co_await remove_as_allowed(x, *n, v->row.source, force, id);
  if (terminal(v->row.state)) {
    const auto dropped =
        co_await callback<result<bool>>(x, [&](auto done) { x.server.to.drop_upload(v->row.key, done); });
    co_return dropped ? gone() : error_response(dropped.error());
  }
  const auto ended =
      co_await callback<result<bool>>(x, [&](auto done) { x.server.to.cancel_item(v->row.key, done); });
  co_return ended ? gone() : error_response(ended.error());
}

/// `{"knowledge_base_item_id", "notes"}`.
struct knowledge_request {
  source_id item{};
  std::string notes;
};

result<knowledge_request> read_knowledge(const exchange& x) {
  if (x.body.spooled()) return fail(errc::invalid_request, "the body: too long");
  nlohmann::json body;
  if (read_json_value(x.body.text(), body).code != errc::none || !body.is_object())
    return fail(errc::invalid_request, "the body: expected a JSON object");
  const auto id = body.find("knowledge_base_item_id");
  if (id == body.end()) return fail(errc::invalid_request, "knowledge_base_item_id: missing");
  const auto text = id->is_string() ? id->get<std::string>() : id->dump();
  knowledge_request out{source_named(text),
                        body.contains("notes") && body["notes"].is_string() ? body["notes"] : ""};
  if (out.item == source_id{})
    return fail(errc::invalid_request, "knowledge_base_item_id: expected a number");
  return out;
}

/// A knowledge item that a request names, where the caller may see it, and for which notebook.
struct named_knowledge {
  notebook_id into{};
  source item;
  std::string notes;
};

asio::awaitable<result<named_knowledge>> find_knowledge(exchange& x) {
  const auto n = notebook_of(x);
  if (!n) co_return n.error();
  const auto request = read_knowledge(x);
  if (!request) co_return request.error();
  const auto text = co_await callback<result<source_text>>(
      x, [&](auto done) { x.server.to.ask().text(request->item, done); });
  if (!text) co_return text.error();
  if (!x.who.may_see(text->row.home)) co_return no_file(file_id(request->item));
  co_return named_knowledge{*n, text->row, request->notes};
}

asio::awaitable<response> link_knowledge(exchange& x) {
  const auto k = co_await find_knowledge(x);
  if (!k) co_return error_response(k.error());
  const auto linked = co_await callback<result<bool>>(
      x, [&](auto done) { x.server.to.link(k->into, k->item.id, k->notes, done); });
  if (!linked) co_return error_response(linked.error());
  if (!*linked) co_return error_response(no_file(file_id(k->item.id)));
  const nlohmann::ordered_json body{
      {"success", true}, {"knowledge_item_id", raw(k->item.id)}, {"file_id", file_id(k->item.id)}};
  co_return json_response(200, body.dump());
}

asio::awaitable<response> delete_knowledge(exchange& x) {
  const auto k = co_await find_knowledge(x);
  if (!k) co_return error_response(k.error());
  if (!x.who.may_write(k->item.home))
    co_return error_response(403, "forbidden", "the key may not delete what is at home in another notebook");
  co_return co_await remove(x, k->item.home, k->item.id, true, file_id(k->item.id));
}

} // namespace

void add_source_routes(std::vector<route>& into) {
  into.push_back({"GET", "/api/v1/notebooks/{}/files/", scope::read, list_files});
  into.push_back({"GET", "/api/v1/notebooks/files/{}/content/", scope::keyed, content});
  into.push_back({"GET", "/api/v1/notebooks/files/{}/raw/", scope::keyed, raw_file});
  into.push_back({"GET", "/api/v1/notebooks/files/{}/images/{}", scope::keyed, image});
  into.push_back({"GET", "/api/v1/notebooks/{}/files/{}/raw/", scope::read, raw_in_notebook});
  into.push_back({"DELETE", "/api/v1/notebooks/{}/files/{}/", scope::write, delete_file});
  into.push_back({"GET", "/api/v1/notebooks/{}/knowledge-base/", scope::read, list_knowledge});
  into.push_back({"POST", "/api/v1/notebooks/{}/knowledge-base/", scope::write, link_knowledge});
  into.push_back({"DELETE", "/api/v1/notebooks/{}/knowledge-base/", scope::write, delete_knowledge});
}

} // namespace troupe::http
