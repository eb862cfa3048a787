/// What a batch has left, as it comes: lines of JSON, or an archive of Markdown files.
#include "http/archive_stream.hpp"
#include "http/callback.hpp"
#include "http/json_text.hpp"
#include "http/signal.hpp"
#include "http/v1/render.hpp"
#include "http/v1/v1.hpp"

#include "model/text.hpp"

#include <stdexcept>

namespace troupe::http {
namespace {

using json = nlohmann::ordered_json;

constexpr uint32_t items_at_once = 100;
constexpr size_t longest_index = 4u << 20;

/// `e<event>.<index>`, as `next_cursor` and the lines have it.
std::string cursor_of(const end_position& p) {
  return "e" + std::to_string(raw(p.event)) + "." + std::to_string(p.index);
}

result<end_position> position_of(const exchange& x) {
  const auto it = x.query.find("cursor");
  if (it == x.query.end()) return end_position{};
  const std::string_view text{it->second};
  const auto dot = text.find('.');
  uint64_t event = 0;
  uint64_t index = 0;
  if (!text.starts_with("e") || dot == text.npos || !parse_id(text.substr(1, dot - 1), event) ||
      !parse_id(text.substr(dot + 1), index) || index > ~uint32_t{0})
    return fail(errc::invalid_request, "cursor: expected the cursor of an earlier line");
  return end_position{event_number{event}, index};
}

/// Ends the connection in the middle of the body: what is cut must not look whole.
std::runtime_error cut_short(const failure& f) {
  return std::runtime_error("results were cut short: " + std::string(f.text()));
}

/// Goes through the items of a batch in the order of their ends, their texts with them.
class export_of {
public:
  export_of(exchange& x, batch_id id, end_position from)
      : x_(x)
      , id_(id)
      , at_(from) {}

  /// The next items; empty at the present end. A failure: the store cannot be read, or the batch is gone.
  asio::awaitable<result<result_page>> next() {
    auto page = co_await callback<result<result_page>>(
        x_, [&](auto done) { x_.server.to.ask().results(id_, at_, items_at_once, done); });
    if (page) at_ = page->reached;
    co_return page;
  }
  /// None: the item left none, or it is gone.
  asio::awaitable<std::optional<source_text>> text_of(const item& row) {
    if (row.state != item_state::succeeded) co_return std::nullopt;
    auto text = co_await callback<result<source_text>>(
        x_, [&](auto done) { x_.server.to.ask().text(row.source, done); });
    if (!text && text.error().code != errc::not_found) throw cut_short(text.error());
    if (!text) co_return std::nullopt;
    co_return std::move(*text);
  }

private:
  exchange& x_;
  batch_id id_;
  end_position at_;
};

std::string line_of(const item& row, const std::optional<source_text>& text) {
  auto body = text ? v1_result_json(row, *text) : v1_json(item_view{row});
  if (!text) body["item"] = item_name(row.id);
  body["state"] = name(row.state);
  body["cursor"] = cursor_of({row.finished, uint64_t{row.key.index} + 1});
  return dump(body) + "\n";
}

/// One object a line for each item that has ended. With `follow` it goes on until the batch has ended.
asio::awaitable<void> write_lines(exchange& x, batch_id id, end_position from, bool follow,
                                  stream_writer& to) {
  export_of all{x, id, from};
  const auto changes = std::make_shared<signal>(x.executor);
  const auto watching = x.server.to.watch(id, news::events, [changes] { changes->notify(); });
  for (;;) {
    const auto page = co_await all.next();
    if (!page) throw cut_short(page.error());
    if (page->ended) co_return;
    for (const auto& row : page->items) {
      const auto text = co_await all.text_of(row);
      const auto line = line_of(row, text);
      const bool sent = co_await to.write(line);
      if (!sent) co_return;
    }
    if (!page->items.empty()) continue;
    if (!follow) co_return;
    const auto until = std::chrono::steady_clock::now() + x.server.options.http.heartbeat;
    co_await changes->wait(until);
    if (std::chrono::steady_clock::now() < until) continue;
    // An empty line is no object: it tells whether the client is still there.
    const std::string alive = "\n";
    const bool there = co_await to.write(alive);
    if (!there) co_return;
  }
}

/// `items.ndjson`, `items-2.ndjson`, …
std::string index_name(unsigned before) {
  return before == 0 ? "items.ndjson" : "items-" + std::to_string(before + 1) + ".ndjson";
}

/// The Markdown of each item that succeeded, and `items.ndjson` with a line for each that has ended.
asio::awaitable<void> write_archive(exchange& x, batch_id id, stream_writer& to) {
  export_of all{x, id, {}};
  archive_stream zip{archive_stream::format::zip};
  std::string index;
  unsigned indexes = 0;
  for (;;) {
    const auto page = co_await all.next();
    if (!page) throw cut_short(page.error());
    if (page->items.empty()) break;
    for (const auto& row : page->items) {
      const auto text = co_await all.text_of(row);
      auto about = v1_json(item_view{row});
      if (text) {
        const auto file = markdown_file_name(row.key.index, text->row.title);
        about["file"] = file;
        const auto bytes = zip.add(file, text->markdown);
        const bool sent = co_await to.write(bytes);
        if (!sent) co_return;
      }
      index += dump(about) + "\n";
      if (index.size() < longest_index) continue;
      const auto bytes = zip.add(index_name(indexes++), std::exchange(index, {}));
      const bool sent = co_await to.write(bytes);
      if (!sent) co_return;
    }
  }
  auto last = zip.add(index_name(indexes), index);
  last += zip.finish();
  co_await to.write(last);
}

asio::awaitable<response> results(exchange& x) {
  const auto b = co_await v1_batch(x);
  if (!b) co_return error_response(b.error());
  const auto from = position_of(x);
  if (!from) co_return error_response(from.error());
  const auto given = x.query.find("format");
  const auto format = given == x.query.end() ? std::string("ndjson") : given->second;
  const auto follow = x.query.find("follow");
  const bool to_end = follow != x.query.end() && follow->second == "true";
  const auto id = b->row.id;
  response r;
  if (format == "ndjson") {
    r.content_type = "application/x-ndjson";
    r.stream = [&x, id, from = *from, to_end](stream_writer& to) {
      return write_lines(x, id, from, to_end, to);
    };
  } else if (format == "zip") {
    r.content_type = "application/zip";
    r.headers.emplace_back("Content-Disposition", "attachment; filename=\"" + batch_name(id) + ".zip\"");
    r.stream = [&x, id](stream_writer& to) { return write_archive(x, id, to); };
  } else {
    co_return error_response(fail(errc::invalid_request, "format: expected ndjson or zip"));
  }
  co_return r;
}

} // namespace

void add_v1_result_routes(std::vector<route>& into) {
  into.push_back({"GET", "/v1/batches/{}/results", scope::keyed, results});
}

} // namespace troupe::http
