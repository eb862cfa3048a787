/// What the store alone does with the commits of a batch: ceiling_store accept|noop ITEMS PER_COMMIT. Prints
/// items/s.
///
/// The ledger works on a store in memory that writes down every change it is given; then the same changes go
/// to RocksDB, in the same write batches with the same syncs, and that alone is timed.
///   accept  the acceptance of a batch of so many URLs, in parts as the front hands them over
///   noop    that, then the end of every item, so many in each commit, all with the same text
#include "config/settings.hpp"
#include "storage/file_store.hpp"
#include "storage/ledger.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>

using namespace troupe;

namespace {

/// As the front sends them: the first part has half as many.
const auto items_in_a_part = static_cast<uint32_t>(settings{}.limits.accept_chunk);

struct change {
  table in;
  bool erases;
  std::string key;
  std::string value;
};
struct commit {
  bool sync;
  std::vector<change> changes;
};

class noted_set final : public write_set {
public:
  explicit noted_set(std::unique_ptr<write_set> in)
      : inner(std::move(in)) {}
  void put(table t, std::string_view key, std::string_view value) override {
    inner->put(t, key, value);
    changes.push_back({t, false, std::string(key), std::string(value)});
  }
  void erase(table t, std::string_view key) override {
    inner->erase(t, key);
    changes.push_back({t, true, std::string(key), {}});
  }
  void erase_range(table, std::string_view, std::string_view) override {
    throw std::logic_error("no range is erased here");
  }
  bool empty() const override { return inner->empty(); }

  std::unique_ptr<write_set> inner;
  std::vector<change> changes;
};

/// In memory, with a note of every write.
class noting_engine final : public engine {
public:
  std::unique_ptr<write_set> new_write_set() override {
    return std::make_unique<noted_set>(memory_->new_write_set());
  }
  failure write(write_set& changes, bool sync) override {
    auto& set = static_cast<noted_set&>(changes);
    notes.push_back({sync, std::move(set.changes)});
    set.changes.clear();
    return memory_->write(*set.inner, sync);
  }
  std::unique_ptr<view> snapshot() const override { return memory_->snapshot(); }
  std::optional<std::string> get(table t, std::string_view key) const override {
    return memory_->get(t, key);
  }

  std::vector<commit> notes;

private:
  std::unique_ptr<engine> memory_ = make_memory_engine();
};

void must(const failure& f) {
  if (f.code != errc::none) throw std::runtime_error(std::string(f.text()));
}

batch accept(ledger& l, uint32_t items) {
  const auto id = l.begin(notebook_id{1}, job_type::url_parse, {});
  uint32_t to = 0;
  for (uint32_t from = 0; from < items; from = to) {
    to = std::min(items, from + (from == 0 ? (items_in_a_part + 1) / 2 : items_in_a_part));
    std::vector<item_spec> part;
    for (uint32_t i = from; i < to; ++i)
      part.push_back({.url = "http://127.0.0.1:1/" + std::to_string(i)});
    must(l.add(id, part));
  }
  auto row = l.accept(id, {});
  std::vector<event> events;
  must(l.flush(events));
  return row;
}

void end_all(ledger& l, const batch& b, uint32_t items, uint32_t per_commit) {
  const auto text = make_content("nothing\n");
  std::vector<event> events;
  for (uint32_t i = 0; i < items; ++i) {
    finding f;
    f.original = {.http_status = 200,
                  .final_url = "http://127.0.0.1:1/" + std::to_string(i),
                  .content_type = "text/plain",
                  .body = text};
    f.text = {.markdown = "nothing\n", .content_type = "text/plain", .extraction_method = "text/plain"};
    const auto ended = l.end({.key = {b.id, i},
                              .token = {l.epoch(), 1},
                              .started = now(),
                              .to = item_state::succeeded,
                              .found = std::make_shared<const finding>(std::move(f))});
    if (!ended) must(ended.error());
    if ((i + 1) % per_commit == 0) must(l.flush(events));
  }
  must(l.flush(events));
}

double replay(const std::vector<commit>& all, const std::string& directory) {
  const auto db = open_rocksdb({.directory = directory});
  if (!db) must(db.error());
  const auto set = (*db)->new_write_set();
  const auto start = std::chrono::steady_clock::now();
  for (const auto& c : all) {
    for (const auto& x : c.changes)
      if (x.erases)
        set->erase(x.in, x.key);
      else
        set->put(x.in, x.key, x.value);
    must((*db)->write(*set, c.sync));
  }
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

} // namespace

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  const auto items = static_cast<uint32_t>(std::atoll(argv[2]));
  char folder[] = "/tmp/troupe-ceiling-XXXXXX";
  const std::string directory = mkdtemp(folder);
  noting_engine notes;
  {
    auto files = file_store::open(directory + "/files", nullptr);
    if (!files) must(files.error());
    auto l = ledger::open(notes, **files, {});
    if (!l) must(l.error());
    const auto b = accept(**l, items);
    if (std::string_view(argv[1]) == "noop")
      end_all(**l, b, items, static_cast<uint32_t>(std::atoll(argv[3])));
  }
  const auto seconds = replay(notes.notes, directory + "/db");
  std::filesystem::remove_all(directory);
  std::printf("%.0f\n", items / seconds);
}
