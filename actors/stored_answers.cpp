#include "actors/stored_answers.hpp"

#include "actors/bulk.hpp"

#include "config/log.hpp"
#include "process/scheduling.hpp"

#include <pthread.h>

#include <boost/asio/post.hpp>

#include <algorithm>

namespace troupe {
namespace {

constexpr int64_t most_waiting_questions = 10'000;
constexpr uint32_t most_items_soon_read = 1'000;
constexpr int64_t most_waiting_long = 250;

failure no_notebook(notebook_id n) {
  return fail(errc::not_found, "there is no notebook " + std::to_string(raw(n)));
}

template <class T, class Work>
void answer_with(const answer<T>& done, Work work) {
  try {
    done(work());
  } catch (const std::exception& e) {
    log::error("the store cannot be read", {{"reason", e.what()}});
    done(fail(errc::storage_error, "the store cannot be read"));
  }
}

} // namespace

stored_answers::stored_answers(const catalog& store, const hub& listeners)
    : catalog_(store)
    , hub_(listeners)
    , long_{most_waiting_long}
    , short_{most_waiting_questions} {}

void stored_answers::close() {
  short_.threads.join();
  long_.threads.join();
}

template <class T, class Work>
void stored_answers::lane::read(answer<T> done, Work work) {
  if (++waiting > most_waiting) {
    --waiting;
    return done(fail(errc::overloaded, "too many questions are waiting"));
  }
  boost::asio::post(threads, [this, done = std::move(done), work = std::move(work)] {
    --waiting;
    // Once in each thread's life.
    thread_local const bool begun =
        (pthread_setname_np(pthread_self(), "store.readers"), schedule_promptly(), true);
    (void)begun;
    answer_with(done, work);
  });
}
template <class T, class Work>
void stored_answers::read(answer<T> done, Work work) {
  short_.read(std::move(done), std::move(work));
}

void stored_answers::batch_status(notebook_id n, batch_id id, uint32_t offset, uint32_t limit,
                                  answer<batch_view> done) {
  const auto status = [=, this] { return read_status(n, id, offset, limit); };
  if (limit <= most_items_soon_read) return read<batch_view>(std::move(done), status);
  const auto items_from_offset = [=, this]() -> result<uint32_t> {
    const auto row = catalog_.find_batch(id);
    return row ? row->counts.total - std::min(offset, row->counts.total) : 0;
  };
  read<uint32_t>(
      [=, this, done = std::move(done)](result<uint32_t> items) {
        if (!items) return done(items.error());
        if (*items > most_items_soon_read) return long_.read<batch_view>(done, status);
        answer_with(done, status);
      },
      items_from_offset);
}
void stored_answers::single(batch_id id, answer<single_view> done) {
  read<single_view>(std::move(done), [=, this]() -> result<single_view> {
    auto b = read_batch(id, 0, 1);
    if (!b) return b.error();
    if (b->items.empty()) return fail(errc::not_found, "the batch has no item");
    const auto& row = b->items.front().row;
    auto text = row.state == item_state::succeeded ? read_text(row.source) : fail(errc::not_found);
    return single_view{std::move(*b), std::move(text)};
  });
}
void stored_answers::find_upload(notebook_id n, std::string upload_id, answer<item_view> done) {
  read<item_view>(std::move(done), [=, this]() -> result<item_view> {
    auto row = catalog_.find_upload(n, upload_id);
    if (!row) return fail(errc::not_found, "there is no upload \"" + upload_id + "\" in this notebook");
    return seen(std::move(*row));
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
  read<source_text>(std::move(done), [=, this] { return read_text(s); });
}
result<source_text> stored_answers::read_text(source_id s) const {
  auto row = catalog_.find_source(s);
  if (!row) return fail(errc::not_found, "there is no file " + file_id(s));
  const auto content = catalog_.content(row->markdown, row->markdown_size);
  if (!content || !content->bytes)
    return fail(errc::storage_error, "the text of " + file_id(s) + " is missing");
  return source_text{std::move(*row), std::string(content->view())};
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

failure stored_answers::no_batch(batch_id id) const {
  if (catalog_.was_removed(id)) return fail(errc::gone, "the batch has been removed");
  return fail(errc::not_found, "there is no batch " + batch_name(id));
}

/// Without a look at the rows of items, when nothing has ended between the look at the hub and that at the
/// store.
std::optional<batch_view> stored_answers::read_counts(batch_id id) {
  const auto working = hub_.count_in_work(id);
  const auto view_of = [&](const batch& row) {
    return batch_view{row, std::min(working.items, row.counts.open()), {}};
  };
  {
    const std::lock_guard lock{seen_lock_};
    const auto it = seen_rows_.find(id);
    if (it != seen_rows_.end() && it->second.synced == working.synced) return view_of(it->second.row);
  }
  auto row = catalog_.find_batch_in_memory(id);
  if (!row || raw(row->last_event) > raw(working.told)) return std::nullopt;
  const std::lock_guard lock{seen_lock_};
  if (seen_rows_.size() >= most_seen_rows) seen_rows_.clear();
  return view_of((seen_rows_[id] = {working.synced, std::move(*row)}).row);
}

/// The supervisor's items in work, laid over a snapshot of the rows that is newer than they are: an item
/// that has ended since is shown as ended.
result<batch_view> stored_answers::read_batch(batch_id id, uint32_t offset, uint32_t limit) {
  if (limit == 0)
    if (auto v = read_counts(id)) return std::move(*v);
  const auto working = hub_.in_work(id);
  std::vector<uint32_t> indexes;
  for (const auto& w : working)
    indexes.push_back(w.index);
  std::vector<item> rows;
  auto reading = catalog_.read_batch(id, offset, limit, indexes, rows);
  if (!reading) return no_batch(id);
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

result<batch_view> stored_answers::read_status(notebook_id n, batch_id id, uint32_t offset, uint32_t limit) {
  if (!catalog_.has_notebook(n)) return no_notebook(n);
  auto v = read_batch(id, offset, limit);
  if (!v || v->row.home != n)
    return fail(errc::not_found,
                "notebook " + std::to_string(raw(n)) + " has no batch " + std::to_string(raw(id)));
  return v;
}

item_view stored_answers::seen(item row) const {
  item_view v{std::move(row)};
  if (terminal(v.row.state)) return v;
  for (const auto& w : hub_.in_work(v.row.key.batch))
    if (w.index == v.row.key.index) {
      v.now = w.now;
      v.percent = w.percent;
    }
  return v;
}

// -- the native API's questions ------------------------------------------------------------------------

void stored_answers::find_batch(batch_id id, answer<batch_view> done) {
  // Most asked for, and mostly at hand: no other thread is needed.
  if (auto v = read_counts(id)) return done(std::move(*v));
  read<batch_view>(std::move(done), [=, this] { return read_batch(id, 0, 0); });
}

void stored_answers::batches(batch_filter f, batch_id before, uint32_t limit, answer<batch_page> done) {
  read<batch_page>(std::move(done), [=, this, f = std::move(f)]() -> result<batch_page> {
    batch_page page{{}, before};
    const auto wanted = [&](const batch& x) { return matches(x, f); };
    // One more tells whether there are more.
    for (auto& b : catalog_.batches(page.next, limit + 1, wanted)) {
      if (page.batches.size() == limit) {
        page.next = page.batches.back().row.id;
        break;
      }
      const auto working = hub_.count_in_work(b.id).items;
      page.batches.push_back({std::move(b), std::min(working, b.counts.open()), {}});
    }
    return page;
  });
}

void stored_answers::items(batch_id id, item_filter f, uint32_t from, uint32_t limit,
                           answer<item_list> done) {
  read<item_list>(std::move(done), [=, this, f = std::move(f)] { return read_items(id, f, from, limit); });
}

result<item_list> stored_answers::read_items(batch_id id, const item_filter& f, uint32_t from,
                                             uint32_t limit) const {
  std::unordered_map<uint32_t, item_in_work> working;
  for (const auto& w : hub_.in_work(id))
    working.emplace(w.index, w);
  auto row = catalog_.find_batch(id);
  if (!row) return no_batch(id);
  item_list out{std::move(*row), {}, std::nullopt};
  const auto phase_of = [&](const item& x) {
    const auto it = terminal(x.state) ? working.end() : working.find(x.key.index);
    return it == working.end() ? item_in_work{} : it->second;
  };
  const auto wanted = [&](const item& x) {
    const auto now = phase_of(x).now;
    return matches(x, f) && (!f.state || now == phase::waiting) && (!f.now || now == *f.now);
  };
  for (auto& x : catalog_.items(out.row, from, limit, wanted)) {
    const auto now = phase_of(x);
    out.items.push_back({std::move(x), now.now, now.percent});
  }
  if (from < out.row.counts.total) out.next = from;
  return out;
}

void stored_answers::find_item(item_id id, answer<item_view> done) {
  read<item_view>(std::move(done), [=, this]() -> result<item_view> {
    auto row = catalog_.find_item(id);
    if (!row && catalog_.was_removed(id)) return fail(errc::gone, "the batch of the item has been removed");
    if (!row) return fail(errc::not_found, "there is no item " + item_name(id));
    return seen(std::move(*row));
  });
}

void stored_answers::attempts(item_key item, answer<std::vector<attempt>> done) {
  read<std::vector<attempt>>(std::move(done),
                             [=, this]() -> result<std::vector<attempt>> { return catalog_.attempts(item); });
}

void stored_answers::events(batch_id id, event_number after, uint32_t limit, answer<event_page> done) {
  read<event_page>(std::move(done), [=, this] { return read_events(id, after, limit); });
}

result<event_page> stored_answers::read_events(batch_id id, event_number after, uint32_t limit) const {
  const auto row = catalog_.find_batch(id);
  if (!row) return no_batch(id);
  event_page page;
  page.reached = std::max(after, event_number{raw(row->first_event) - 1});
  page.lost = raw(catalog_.oldest_event()) > raw(page.reached) + 1;
  page.events = catalog_.events(page.reached, limit, [&](const event& e) { return e.batch == id; });
  page.ended = terminal(row->state) && page.reached >= row->last_event;
  return page;
}

void stored_answers::results(batch_id id, end_position after, uint32_t limit, answer<result_page> done) {
  read<result_page>(std::move(done), [=, this]() -> result<result_page> {
    auto row = catalog_.find_batch(id);
    if (!row) return no_batch(id);
    result_page page{std::move(*row), {}, after};
    page.items = catalog_.ended_items(id, page.reached, limit);
    page.ended = terminal(page.row.state) && page.reached.event == after.event && page.items.empty();
    return page;
  });
}

void stored_answers::notebook_events(notebook_id n, std::optional<event_number> after, uint32_t limit,
                                     answer<event_page> done) {
  read<event_page>(std::move(done), [=, this]() -> result<event_page> {
    if (!catalog_.has_notebook(n)) return no_notebook(n);
    event_page page;
    page.reached = after.value_or(catalog_.newest_event());
    page.lost = after && *after != event_number{} && raw(catalog_.oldest_event()) > raw(page.reached) + 1;
    page.events = catalog_.events(page.reached, limit, [&](const event& e) { return e.home == n; });
    return page;
  });
}

void stored_answers::records(record kind, answer<std::vector<record>> done) {
  read<std::vector<record>>(std::move(done),
                            [=, this]() -> result<std::vector<record>> { return catalog_.records(kind); });
}

void stored_answers::find_record(record kind, std::string name, answer<record> done) {
  read<record>(std::move(done), [=, this]() -> result<record> {
    auto found = catalog_.find_record(kind, name);
    if (!found) return fail(errc::not_found, "there is no \"" + name + "\"");
    return std::move(*found);
  });
}

void stored_answers::find_receipt(digest k, answer<std::optional<receipt>> done) {
  read<std::optional<receipt>>(
      std::move(done), [=, this]() -> result<std::optional<receipt>> { return catalog_.find_receipt(k); });
}

void stored_answers::deliveries(uint64_t webhook, uint32_t limit, answer<std::vector<delivery>> done) {
  read<std::vector<delivery>>(std::move(done), [=, this]() -> result<std::vector<delivery>> {
    return catalog_.deliveries(webhook, limit);
  });
}

} // namespace troupe
