/// The part of the catalog that checks the store against itself, row by row.
#include "storage/catalog.hpp"

#include <map>

namespace troupe {
namespace {

namespace key = layout::key;

void count(item_counts& c, item_state s) {
  ++c.total;
  if (terminal(s))
    ++(s == item_state::succeeded   ? c.succeeded
       : s == item_state::cancelled ? c.cancelled
       : s == item_state::expired   ? c.expired
                                    : c.failed);
}

item_counts count_rows(const view& at, batch_id id, const std::function<void(const item&)>& each) {
  item_counts c;
  const auto prefix = key::number(raw(id));
  for (auto i = at.scan(table::items, prefix, key::after(prefix)); i->valid(); i->next()) {
    item row;
    if (!layout::decode(i->value(), row)) row = {};
    row.key = {id, key::index_of(i->key())};
    count(c, row.state);
    each(row);
  }
  return c;
}

class audit {
public:
  audit(const view& at, const file_store& files)
      : at_(at)
      , files_(files) {}

  std::vector<std::string> run() {
    batches();
    stray_items();
    sources();
    images();
    contents();
    return std::move(lines_);
  }

private:
  void say(std::string line) { lines_.push_back(std::move(line)); }

  void batches() {
    for (auto i = at_.scan(table::batches, {}, key::number(~uint64_t{0})); i->valid(); i->next()) {
      const batch_id id{key::number_at(i->key(), 0)};
      const auto label = "batch " + std::to_string(raw(id));
      batch b;
      if (!layout::decode(i->value(), b)) {
        say(label + ": its row cannot be read");
        continue;
      }
      const auto counted = count_rows(at_, id, [&](const item& row) { check_item(label, row); });
      if (!(counted == b.counts)) say(label + ": counts differ from its rows");
      const bool may_stay_open = b.held || b.retry.next != 0;
      const bool ended = counted.open() == 0;
      if (terminal(b.state) ? !ended : ended && !may_stay_open)
        say(label + ": its state contradicts its items");
      if (terminal(b.state) == at_.get(table::index, key::open_batch(id)).has_value())
        say(label + ": the index of open batches disagrees");
    }
  }
  void check_item(const std::string& label, const item& row) {
    const auto of = label + " item " + std::to_string(row.key.index);
    if (row.state == item_state::succeeded && row.source == source_id{})
      say(of + ": succeeded without a source");
    if (terminal(row.state) && row.state != item_state::succeeded && row.error.code == errc::none)
      say(of + ": ended without a reason");
    if (!row.input.empty() && !at_.get(table::content, row.input.view()) && !files_.holds(row.input))
      say(of + ": its upload is missing");
    // Tried again, it has what it left before.
    if (row.source == source_id{} || row.duplicate) return;
    if (!made_.emplace(row.source, row.id).second && row.state == item_state::succeeded)
      say(of + ": its source was made by another item too");
  }
  void stray_items() {
    batch_id checked{};
    for (auto i = at_.scan(table::items, {}, key::number(~uint64_t{0})); i->valid(); i->next()) {
      const batch_id id{key::number_at(i->key(), 0)};
      if (id != checked && !at_.get(table::batches, key::number(raw(id))) &&
          !at_.get(table::index, key::acceptance(id)) && !at_.get(table::index, key::removed(id)))
        say("batch " + std::to_string(raw(id)) + ": items without a batch");
      checked = id;
    }
  }
  void sources() {
    for (auto i = at_.scan(table::sources, {}, key::number(~uint64_t{0})); i->valid(); i->next()) {
      source row;
      const auto label = "source " + std::to_string(key::number_at(i->key(), 0));
      if (!layout::decode(i->value(), row)) {
        say(label + ": its row cannot be read");
        continue;
      }
      const auto maker = made_.find(row.id);
      if ((maker == made_.end() || maker->second != row.item) && !was_removed(row.item))
        say(label + ": no item ended with it");
      if (!at_.get(table::content, row.markdown.view())) say(label + ": its Markdown is missing");
      if (!row.original.empty() && !at_.get(table::content, row.original.view()) &&
          !files_.holds(row.original))
        say(label + ": its original is missing");
      // Taken out of its notebook, a source stays in the knowledge base, and its text may come again.
      const bool held = at_.get(table::index, key::link(row.home, row.id)).has_value();
      if (held && !texts_.emplace(std::pair{raw(row.home), row.markdown.hex()}, row.id).second)
        say(label + ": another source of its notebook has the same text");
    }
  }
  void images() {
    for (auto i = at_.scan(table::index, "m", "n"); i->valid(); i->next()) {
      source_image row;
      const source_id s{key::number_at(i->key(), 1)};
      const bool sound = layout::decode(i->value(), row) && at_.get(table::content, row.hash.view()) &&
                         at_.get(table::sources, key::number(raw(s)));
      if (!sound)
        say("source " + std::to_string(raw(s)) + ": an image of it is missing, or belongs to no source");
    }
  }
  /// Its batch is not there any more.
  bool was_removed(item_id x) const {
    const auto found = at_.last(table::index, "r", key::item_range(item_id{raw(x) + 1}));
    layout::item_range range;
    if (!found || !layout::decode(found->second, range)) return true;
    return raw(x) - key::number_at(found->first, 1) >= range.count ||
           !at_.get(table::batches, key::number(raw(range.batch)));
  }
  /// Or noted as to be erased: the next start does.
  bool accounted_for(const digest& hash) const {
    const auto prefix = std::string("c").append(hash.view());
    return at_.scan(table::index, prefix, key::after(prefix))->valid() ||
           at_.get(table::index, key::released(hash)).has_value();
  }
  void contents() {
    for (auto i = at_.scan(table::content, {}, std::string(33, '\xff')); i->valid(); i->next())
      if (!accounted_for(key::digest_at(i->key(), 0))) say("a content belongs to no source");
    for (const auto& hash : files_.contents())
      if (!accounted_for(hash)) say("file " + hash.hex() + " belongs to no source");
  }

  const view& at_;
  const file_store& files_;
  std::vector<std::string> lines_;
  std::map<source_id, item_id> made_;
  std::map<std::pair<uint64_t, std::string>, source_id> texts_;
};

} // namespace

item_counts catalog::recount(batch_id id) const {
  return count_rows(*db_.snapshot(), id, [](const item&) {});
}

std::vector<std::string> catalog::verify() const {
  const auto at = db_.snapshot();
  return audit{*at, files_}.run();
}

} // namespace troupe
