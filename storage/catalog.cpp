#include "storage/catalog.hpp"

#include "config/log.hpp"

#include <algorithm>

namespace troupe {
namespace {

namespace key = layout::key;

/// Rows looked at by one call of `open_items`, so that readers are free again soon.
constexpr uint32_t most_rows = 50'000;

template <class Row>
std::optional<Row> read(const view& at, table t, std::string_view k) {
  const auto bytes = at.get(t, k);
  Row row;
  if (!bytes || !layout::decode(*bytes, row)) return std::nullopt;
  return row;
}

/// A row that cannot be read stands as pending with `corrupt_row`: the supervisor ends it as failed.
item read_item(const item_key& k, std::string_view bytes) {
  item row;
  if (!layout::decode(bytes, row)) {
    row = {};
    row.error = fail(errc::corrupt_row);
  }
  row.key = k;
  return row;
}

std::optional<item> item_at(const view& at, const item_key& k) {
  const auto bytes = at.get(table::items, key::item(k));
  if (!bytes) return std::nullopt;
  return read_item(k, *bytes);
}

std::optional<item_key> key_of(const view& at, item_id id) {
  const auto found = at.last(table::index, "r", key::item_range(item_id{raw(id) + 1}));
  layout::item_range range;
  if (!found || !layout::decode(found->second, range)) return std::nullopt;
  const auto offset = raw(id) - key::number_at(found->first, 1);
  if (offset >= range.count) return std::nullopt;
  return item_key{range.batch, static_cast<uint32_t>(range.first + offset)};
}

std::optional<held_source> held(const view& at, notebook_id n, source_id s) {
  const auto link = read<layout::source_link>(at, table::index, key::link(n, s));
  auto row = read<source>(at, table::sources, key::number(raw(s)));
  if (!link || !row) return std::nullopt;
  return held_source{std::move(*row), true, link->notes, link->linked};
}

} // namespace

bool catalog::has_notebook(notebook_id n) const {
  return db_.get(table::index, key::notebook(n)).has_value();
}

std::vector<uint64_t> catalog::notebooks() const {
  std::vector<uint64_t> out;
  const auto at = db_.snapshot();
  const auto first = key::notebook(notebook_id{0});
  for (auto rows = at->scan(table::index, first, key::after(first.substr(0, 1))); rows->valid(); rows->next())
    out.push_back(key::number_at(rows->key(), 1));
  return out;
}

std::optional<batch> catalog::find_batch(batch_id id) const {
  return read<batch>(*db_.snapshot(), table::batches, key::number(raw(id)));
}

std::optional<batch> catalog::find_batch_in_memory(batch_id id) const {
  const auto bytes = db_.get_in_memory(table::batches, key::number(raw(id)));
  batch row;
  if (!bytes || !layout::decode(*bytes, row)) return std::nullopt;
  row.id = id;
  return row;
}

std::optional<batch_reading> catalog::read_batch(batch_id id, uint32_t first, uint32_t limit,
                                                 const std::vector<uint32_t>& also,
                                                 std::vector<item>& also_items) const {
  const auto at = db_.snapshot();
  auto row = read<batch>(*at, table::batches, key::number(raw(id)));
  if (!row) return std::nullopt;
  batch_reading out{std::move(*row), {}};
  const auto end = key::after(key::number(raw(id)));
  for (auto i = at->scan(table::items, key::item({id, first}), end); limit && i->valid(); i->next(), --limit)
    out.items.push_back(read_item({id, key::index_of(i->key())}, i->value()));
  for (const auto index : also)
    if (auto x = item_at(*at, {id, index})) also_items.push_back(std::move(*x));
  return out;
}

namespace {

open_item open_of(const view& at, const batch& b, item row) {
  open_item x{std::move(row), std::nullopt, std::nullopt};
  if (!x.row.url.empty()) x.known = read<known_url>(at, table::index, key::url(b.home, b.job, x.row.url));
  // A URL whose source was dropped is fetched as if it were new.
  if (x.known && !at.get(table::index, key::link(b.home, x.known->source))) x.known.reset();
  if (x.row.same_as) x.original = item_at(at, {b.id, *x.row.same_as});
  return x;
}

} // namespace

std::vector<open_item> catalog::open_items(const batch& b, uint32_t& first, uint32_t limit) const {
  const auto at = db_.snapshot();
  std::vector<open_item> out;
  const auto end = key::after(key::number(raw(b.id)));
  auto i = at->scan(table::items, key::item({b.id, first}), end);
  for (uint32_t rows = 0; i->valid() && out.size() < limit && rows < most_rows; i->next(), ++rows) {
    first = key::index_of(i->key()) + 1;
    auto row = read_item({b.id, first - 1}, i->value());
    if (!terminal(row.state)) out.push_back(open_of(*at, b, std::move(row)));
  }
  if (!i->valid()) first = std::max(first, b.counts.total);
  return out;
}

std::vector<open_item> catalog::urgent_items(const batch& b, std::string& position, uint32_t limit) const {
  const auto at = db_.snapshot();
  std::vector<open_item> out;
  const auto prefix = key::urgent({b.id, 0}, highest_priority).substr(0, 9);
  auto i = at->scan(table::index, position.empty() ? prefix : position, key::after(prefix));
  for (uint32_t rows = 0; i->valid() && out.size() < limit && rows < most_rows; i->next(), ++rows) {
    auto row = item_at(*at, {b.id, key::number4_at(i->key(), 10)});
    if (row && !terminal(row->state)) out.push_back(open_of(*at, b, std::move(*row)));
  }
  position = i->valid() ? std::string(i->key()) : std::string{};
  return out;
}

std::vector<item> catalog::ended_items(batch_id id, end_position& position, uint32_t limit) const {
  const auto at = db_.snapshot();
  std::vector<item> out;
  const auto first = key::finished({id, static_cast<uint32_t>(position.index)}, position.event);
  const auto prefix = first.substr(0, 9);
  auto i = at->scan(table::index, first, key::after(prefix));
  for (uint32_t rows = 0; i->valid() && out.size() < limit && rows < most_rows; i->next(), ++rows) {
    const item_key k{id, key::number4_at(i->key(), 17)};
    position = {event_number{key::number_at(i->key(), 9)}, uint64_t{k.index} + 1};
    auto row = item_at(*at, k);
    if (row && terminal(row->state) && row->finished == position.event) out.push_back(std::move(*row));
  }
  return out;
}

std::vector<batch> catalog::batches(batch_id& before, uint32_t limit,
                                    const std::function<bool(const batch&)>& wanted) const {
  const auto at = db_.snapshot();
  std::vector<batch> out;
  for (uint32_t rows = 0; rows < most_rows && out.size() < limit; ++rows) {
    const auto found = at->last(table::batches, {}, key::number(raw(before)));
    before = found ? batch_id{key::number_at(found->first, 0)} : batch_id{};
    if (!found) break;
    if (batch b; layout::decode(found->second, b) && wanted(b)) out.push_back(std::move(b));
  }
  return out;
}

std::vector<item> catalog::items(const batch& b, uint32_t& first, uint32_t limit,
                                 const std::function<bool(const item&)>& wanted) const {
  const auto at = db_.snapshot();
  std::vector<item> out;
  auto i = at->scan(table::items, key::item({b.id, first}), key::after(key::number(raw(b.id))));
  for (uint32_t rows = 0; i->valid() && out.size() < limit && rows < most_rows; i->next(), ++rows) {
    first = key::index_of(i->key()) + 1;
    if (auto x = read_item({b.id, first - 1}, i->value()); wanted(x)) out.push_back(std::move(x));
  }
  if (!i->valid()) first = b.counts.total;
  return out;
}

std::optional<item> catalog::find_item(item_key k) const {
  return item_at(*db_.snapshot(), k);
}

std::optional<item> catalog::find_item(item_id id) const {
  const auto at = db_.snapshot();
  const auto k = key_of(*at, id);
  // An item whose batch has no row is being accepted, or was not.
  if (!k || !at->get(table::batches, key::number(raw(k->batch)))) return std::nullopt;
  return item_at(*at, *k);
}

std::optional<item> catalog::find_upload(notebook_id n, std::string_view upload_id) const {
  const auto at = db_.snapshot();
  auto k = read<item_key>(*at, table::index, key::upload(n, upload_id));
  if (!k)
    if (const auto id = parse_upload_id(upload_id); id != item_id{}) k = key_of(*at, id);
  const auto b = k ? read<batch>(*at, table::batches, key::number(raw(k->batch))) : std::nullopt;
  if (!b || b->home != n) return std::nullopt;
  return item_at(*at, *k);
}

bool catalog::was_removed(batch_id id) const {
  return db_.get(table::index, key::removed(id)).has_value();
}

bool catalog::was_removed(item_id id) const {
  const auto k = key_of(*db_.snapshot(), id);
  return k && was_removed(k->batch);
}

std::vector<attempt> catalog::attempts(item_key k) const {
  const auto at = db_.snapshot();
  std::vector<attempt> out;
  const auto prefix = key::item(k);
  for (auto i = at->scan(table::attempts, prefix, key::after(prefix)); i->valid(); i->next())
    if (attempt a; layout::decode(i->value(), a)) out.push_back(std::move(a));
  return out;
}

std::vector<batch> catalog::open_batches() const {
  const auto at = db_.snapshot();
  std::vector<batch> out;
  for (auto i = at->scan(table::index, "o", "p"); i->valid(); i->next()) {
    if (auto b = read<batch>(*at, table::batches, i->key().substr(1)))
      out.push_back(std::move(*b));
    else
      log::error("the row of an open batch cannot be read", {batch_id{key::number_at(i->key(), 1)}});
  }
  return out;
}

std::optional<source> catalog::find_source(source_id s) const {
  return read<source>(*db_.snapshot(), table::sources, key::number(raw(s)));
}

std::optional<held_source> catalog::find_source(notebook_id n, source_id s) const {
  return held(*db_.snapshot(), n, s);
}

std::vector<held_source> catalog::sources(notebook_id n, uint64_t limit, uint64_t offset,
                                          uint64_t& total) const {
  const auto at = db_.snapshot();
  const auto prefix = key::link(n, source_id{}).substr(0, 9);
  std::vector<source_id> ids;
  for (auto i = at->scan(table::index, prefix, key::after(prefix)); i->valid(); i->next())
    ids.push_back(source_id{key::number_at(i->key(), 9)});
  total = ids.size();
  std::vector<held_source> out;
  for (auto i = offset; i < ids.size() && out.size() < limit; ++i)
    if (auto x = held(*at, n, ids[ids.size() - 1 - i])) out.push_back(std::move(*x));
  return out;
}

std::vector<held_source> catalog::all_sources(notebook_id n, uint64_t limit, uint64_t offset,
                                              const std::function<bool(const source&)>& wanted) const {
  const auto at = db_.snapshot();
  std::vector<held_source> out;
  auto before = key::number(~uint64_t{0});
  while (out.size() < limit) {
    auto found = at->last(table::sources, {}, before);
    if (!found) break;
    before = found->first;
    source row;
    if (!layout::decode(found->second, row) || !wanted(row)) continue;
    if (offset) {
      --offset;
      continue;
    }
    const auto link = read<layout::source_link>(*at, table::index, key::link(n, row.id));
    const layout::source_link shown = link.value_or(layout::source_link{});
    out.push_back({std::move(row), link.has_value(), shown.notes, shown.linked});
  }
  return out;
}

std::optional<source_image> catalog::find_image(source_id s, std::string_view name) const {
  return read<source_image>(*db_.snapshot(), table::index, key::image(s, name));
}

std::optional<content_ref> catalog::content(const digest& hash, uint64_t size) const {
  content_ref ref{hash, size, nullptr, {}};
  if (auto bytes = db_.get(table::content, hash.view()))
    ref.bytes = std::make_shared<const std::string>(std::move(*bytes));
  else if (files_.holds(hash))
    ref.path = files_.path_of(hash);
  else
    return std::nullopt;
  return ref;
}

std::vector<event> catalog::events(event_number& after, size_t limit,
                                   const std::function<bool(const event&)>& wanted) const {
  const auto at = db_.snapshot();
  std::vector<event> out;
  auto i = at->scan(table::events, key::number(raw(after) + 1), key::number(~uint64_t{0}));
  for (uint32_t rows = 0; i->valid() && out.size() < limit && rows < most_rows; i->next(), ++rows) {
    after = event_number{key::number_at(i->key(), 0)};
    if (event e; layout::decode(i->value(), e) && wanted(e)) out.push_back(std::move(e));
  }
  return out;
}

/// The number that the next event gets.
event_number catalog::next_event(const view& at) const {
  layout::counters next;
  const auto row = at.get(table::meta, key::next);
  if (row) layout::decode(*row, next);
  return event_number{next.event};
}

event_number catalog::newest_event() const {
  return event_number{raw(next_event(*db_.snapshot())) - 1};
}

event_number catalog::oldest_event() const {
  const auto at = db_.snapshot();
  const auto i = at->scan(table::events, {}, key::number(~uint64_t{0}));
  return i->valid() ? event_number{key::number_at(i->key(), 0)} : next_event(*at);
}

std::vector<event> catalog::events(event_number after, size_t limit) const {
  const auto at = db_.snapshot();
  std::vector<event> out;
  for (auto i = at->scan(table::events, key::number(raw(after) + 1), key::number(~uint64_t{0}));
       i->valid() && out.size() < limit; i->next())
    if (event e; layout::decode(i->value(), e)) out.push_back(std::move(e));
  return out;
}

std::optional<event> catalog::find_event(event_number n) const {
  return read<event>(*db_.snapshot(), table::events, key::number(raw(n)));
}

} // namespace troupe
