#include "actors/stored_answers.hpp"

#include "config/log.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>

namespace troupe {
namespace {

constexpr unsigned reader_threads = 2;
constexpr int64_t most_waiting_questions = 10'000;

failure no_notebook(notebook_id n) {
  return fail(errc::not_found, "there is no notebook " + std::to_string(raw(n)));
}

} // namespace

stored_answers::stored_answers(const catalog& store, const hub& listeners)
    : catalog_(store)
    , hub_(listeners)
    , threads_(reader_threads) {}

void stored_answers::close() {
  threads_.join();
}

template <class T, class Work>
void stored_answers::read(answer<T> done, Work work) {
  if (++waiting_ > most_waiting_questions) {
    --waiting_;
    return done(fail(errc::overloaded, "too many questions are waiting"));
  }
  boost::asio::post(threads_, [this, done = std::move(done), work = std::move(work)] {
    --waiting_;
    try {
      done(work());
    } catch (const std::exception& e) {
      log::error("the store cannot be read", {{"reason", e.what()}});
      done(fail(errc::storage_error, "the store cannot be read"));
    }
  });
}

void stored_answers::batch_status(notebook_id n, batch_id id, uint32_t offset, uint32_t limit,
                                  answer<batch_view> done) {
  read<batch_view>(std::move(done), [=, this] { return read_status(n, id, offset, limit); });
}
void stored_answers::find_upload(notebook_id n, std::string upload_id, answer<item_view> done) {
  read<item_view>(std::move(done), [=, this]() -> result<item_view> {
    auto row = catalog_.find_upload(n, upload_id);
    if (!row) return fail(errc::not_found, "there is no upload \"" + upload_id + "\" in this notebook");
    item_view v{std::move(*row)};
    for (const auto& w : hub_.in_work(v.row.key.batch))
      if (w.index == v.row.key.index && !terminal(v.row.state)) {
        v.now = w.now;
        v.percent = w.percent;
      }
    return v;
  });
}
void stored_answers::sources(notebook_id n, uint64_t limit, uint64_t offset, answer<source_page> done) {
  read<source_page>(std::move(done), [=, this]() -> result<source_page> {
    if (!catalog_.has_notebook(n)) return no_notebook(n);
    source_page page;
    page.sources = catalog_.sources(n, limit, offset, page.total);
    return page;
  });
}
void stored_answers::all_sources(notebook_id n, uint64_t limit, uint64_t offset, source_filter f,
                                 answer<source_page> done) {
  read<source_page>(std::move(done), [=, this]() -> result<source_page> {
    if (!catalog_.has_notebook(n)) return no_notebook(n);
    source_page page;
    page.sources = catalog_.all_sources(n, limit, offset, [&](const source& s) {
      return (f.content_type.empty() || s.content_type == f.content_type) &&
             (f.notebooks.empty() || std::count(f.notebooks.begin(), f.notebooks.end(), raw(s.home)));
    });
    return page;
  });
}
void stored_answers::text(source_id s, answer<source_text> done) {
  read<source_text>(std::move(done), [=, this]() -> result<source_text> {
    auto row = catalog_.find_source(s);
    if (!row) return fail(errc::not_found, "there is no file " + file_id(s));
    const auto content = catalog_.content(row->markdown, row->markdown_size);
    if (!content || !content->bytes)
      return fail(errc::storage_error, "the text of " + file_id(s) + " is missing");
    return source_text{std::move(*row), std::string(content->view())};
  });
}
void stored_answers::original(source_id s, answer<source_bytes> done) {
  read<source_bytes>(std::move(done), [=, this]() -> result<source_bytes> {
    auto row = catalog_.find_source(s);
    if (!row) return fail(errc::not_found, "there is no file " + file_id(s));
    auto content = catalog_.content(row->original, row->original_size);
    if (!content) return fail(errc::not_found, "the original of " + file_id(s) + " is gone");
    return source_bytes{std::move(*row), std::move(*content)};
  });
}
void stored_answers::image(source_id s, std::string name, answer<source_bytes> done) {
  read<source_bytes>(std::move(done), [=, this]() -> result<source_bytes> {
    auto row = catalog_.find_source(s);
    const auto found = row ? catalog_.find_image(s, name) : std::nullopt;
    auto content = found ? catalog_.content(found->hash, found->size) : std::nullopt;
    if (!content) return fail(errc::not_found, "file " + file_id(s) + " has no image \"" + name + "\"");
    row->content_type = found->type;
    return source_bytes{std::move(*row), std::move(*content)};
  });
}
void stored_answers::find_source(notebook_id n, source_id s, answer<held_source> done) {
  read<held_source>(std::move(done), [=, this]() -> result<held_source> {
    auto found = catalog_.find_source(n, s);
    if (!found)
      return fail(errc::not_found, "notebook " + std::to_string(raw(n)) + " has no file " + file_id(s));
    return std::move(*found);
  });
}

/// The supervisor's items in work, laid over a snapshot of the rows that is newer than they are: an item
/// that has ended since is shown as ended.
result<batch_view> stored_answers::read_status(notebook_id n, batch_id id, uint32_t offset,
                                               uint32_t limit) const {
  if (!catalog_.has_notebook(n)) return no_notebook(n);
  const auto working = hub_.in_work(id);
  std::vector<uint32_t> indexes;
  for (const auto& w : working)
    indexes.push_back(w.index);
  std::vector<item> rows;
  auto reading = catalog_.read_batch(id, offset, limit, indexes, rows);
  if (!reading || reading->row.home != n)
    return fail(errc::not_found,
                "notebook " + std::to_string(raw(n)) + " has no batch " + std::to_string(raw(id)));
  batch_view v;
  v.row = std::move(reading->row);
  std::unordered_map<uint32_t, item_in_work> open;
  for (size_t i = 0, w = 0; i < rows.size(); ++i) {
    while (working[w].index != rows[i].key.index)
      ++w;
    if (!terminal(rows[i].state)) open.emplace(rows[i].key.index, working[w]);
  }
  v.processing = static_cast<uint32_t>(open.size());
  for (auto& row : reading->items) {
    const auto it = open.find(row.key.index);
    const auto now = it == open.end() ? item_in_work{} : it->second;
    v.items.push_back({std::move(row), now.now, now.percent});
  }
  return v;
}

} // namespace troupe
