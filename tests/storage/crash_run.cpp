#include "tests/storage/crash_run.hpp"

#include "tests/support/unsynced_fs.hpp"

#include <algorithm>
#include <sstream>

namespace troupe::test {
namespace {

constexpr notebook_id notebooks[] = {notebook_id{1}, notebook_id{2}};

class lying_engine final : public engine {
public:
  explicit lying_engine(std::unique_ptr<engine> inner)
      : inner_(std::move(inner)) {}
  std::unique_ptr<write_set> new_write_set() override { return inner_->new_write_set(); }
  failure write(write_set& changes, bool) override { return inner_->write(changes, false); }
  std::unique_ptr<view> snapshot() const override { return inner_->snapshot(); }
  std::optional<std::string> get(table t, std::string_view key) const override { return inner_->get(t, key); }

private:
  std::unique_ptr<engine> inner_;
};

template <class... Words>
std::string line(const Words&... words) {
  std::ostringstream out;
  ((out << words << ' '), ...);
  return out.str();
}

} // namespace

crashing_store::crashing_store(const std::string& root, bool honest)
    : fs(make_unsynced_file_system(root)) {
  // Small buffers, so that memory is often written out in between.
  db = std::move(open_rocksdb({root + "/db", 256 << 10, 1 << 20, fs}).value());
  if (!honest) db = std::make_unique<lying_engine>(std::move(db));
  files = std::move(file_store::open(root + "/files", fs).value());
  writer = std::move(ledger::open(*db, *files, {0, 8'000}).value());
  reader = std::make_unique<catalog>(*db, *files);
}

crash_run::crash_run(crashing_store& s, unsigned seed, std::function<void(const std::string&)> report)
    : s_(s)
    , random_(seed)
    , report_(std::move(report)) {
  for (const auto& b : s_.reader->open_batches())
    for (uint32_t first = 0; first < b.counts.total;)
      for (const auto& x : s_.reader->open_items(b, first, 100))
        open_.push_back(x.row.key);
  uint64_t total = 0;
  for (const auto n : notebooks)
    for (const auto& x : s_.reader->sources(n, 100, 0, total))
      sources_.push_back(x.row.id);
}

void crash_run::go() {
  for (;;)
    step();
}

void crash_run::step() {
  switch (below(16)) {
  case 0: return accept();
  case 1: return below(6) ? end_one() : cancel();
  case 2: return below(3) ? end_one() : remove();
  case 3:
  case 4: return flush();
  default: return open_.size() < 5 ? accept() : end_one();
  }
}

void crash_run::accept() {
  const auto id = s_.writer->begin(notebooks[below(2)], job_type::url_parse, {});
  uint32_t total = 0;
  for (auto parts = 1 + below(3); parts > 0; --parts) {
    std::vector<item_spec> items(1 + below(20));
    for (auto& x : items)
      x.url = "https://a.example/" + std::to_string(below(1'000));
    items[0].upload_id = std::to_string(raw(id)) + "-" + std::to_string(parts);
    if (s_.writer->add(id, items).code != errc::none) throw std::runtime_error("a part was refused");
    total += static_cast<uint32_t>(items.size());
    if (below(10) == 0) return s_.writer->abandon(id);
  }
  s_.writer->accept(id, {});
  staged_.push_back(line("batch", raw(id), total));
  for (uint32_t i = 0; i < total; ++i)
    open_.push_back({id, i});
}

std::shared_ptr<const finding> crash_run::random_finding() {
  finding f;
  // Few different texts, so that duplicates come; some large enough for a blob of its own.
  const auto n = below(400);
  f.text = {.markdown = "text " + std::to_string(n) + std::string(n % 7 ? 100 : 6'000, 'm'), .title = "t"};
  const auto size = below(4) ? 500u : 9'000u;
  std::string original = "original " + std::to_string(n) + std::string(size, 'o');
  if (size == 500u) {
    f.original.body = make_content(std::move(original));
    return std::make_shared<const finding>(std::move(f));
  }
  const auto spool = std::move(s_.files->create().value());
  (void)spool->append(original);
  const auto closed = spool->close().value();
  f.original.body = {sha256(original), original.size(), nullptr, closed.path, closed.keeper};
  return std::make_shared<const finding>(std::move(f));
}

ending crash_run::random_ending(const item& row) {
  ending e{.key = row.key,
           .token = {s_.writer->epoch(), row.attempts + 1},
           .started = now(),
           .to = static_cast<item_state>(1 + below(5)),
           .error = fail(errc::http_5xx)};
  if (below(3)) e.to = item_state::succeeded;
  if (e.to != item_state::succeeded) return e;
  e.error = fail(errc::none);
  e.found = random_finding();
  return e;
}

void crash_run::end_one() {
  if (open_.empty()) return;
  std::swap(open_[below(static_cast<unsigned>(open_.size()))], open_.back());
  const auto row = s_.reader->find_item(open_.back());
  const auto b = s_.reader->find_batch(open_.back().batch);
  // Still staged: its turn comes after the flush.
  if (!row || !b) return;
  const auto done = s_.writer->end(random_ending(*row)).value();
  if (terminal(done.row.state)) open_.pop_back();
  if (!done.applied) return;
  staged_.push_back(line("item", raw(done.row.key.batch), done.row.key.index,
                         static_cast<int>(done.row.state), done.row.attempts, raw(done.row.source)));
  if (done.row.source != source_id{} && !done.row.duplicate) sources_.push_back(done.row.source);
}

void crash_run::cancel() {
  if (open_.empty()) return;
  const auto id = open_[below(static_cast<unsigned>(open_.size()))].batch;
  if (!s_.writer->cancel(id)) return;
  s_.writer->end_items(id, 0, 1'000, item_state::cancelled);
  std::erase_if(open_, [&](const item_key& k) { return k.batch == id; });
}

void crash_run::remove() {
  if (sources_.empty()) return;
  flush();
  std::swap(sources_[below(static_cast<unsigned>(sources_.size()))], sources_.back());
  // Death may come between the removal's commit and its report: from here on the source may be gone.
  report_(line("removing", raw(sources_.back())));
  if (s_.writer->remove(notebooks[0], sources_.back(), true).value())
    report_(line("removed", raw(sources_.back())));
  sources_.pop_back();
}

void crash_run::flush() {
  std::vector<event> events;
  if (s_.writer->flush(events).code != errc::none) throw std::runtime_error("a flush failed");
  if (!events.empty()) report_(line("event", raw(events.back().number)));
  for (const auto& fact : staged_)
    report_(fact);
  staged_.clear();
}

void reported_facts::add(const std::string& text) {
  std::istringstream in(text);
  std::string kind;
  uint64_t id = 0;
  in >> kind >> id;
  if (kind == "batch")
    in >> batches_[batch_id{id}];
  else if (kind == "removing")
    may_be_gone_.insert(source_id{id});
  else if (kind == "removed")
    removed_.insert(source_id{id});
  else if (kind == "event")
    newest_event_ = std::max(newest_event_, id);
  else {
    uint32_t index = 0;
    int state = 0;
    uint64_t made = 0;
    item_fact fact;
    in >> index >> state >> fact.attempts >> made;
    fact.state = static_cast<item_state>(state);
    fact.source = source_id{made};
    items_[{batch_id{id}, index}] = fact;
  }
}

std::vector<std::string> reported_facts::missing(const catalog& reader) const {
  std::vector<std::string> out;
  for (const auto& [id, total] : batches_)
    if (const auto b = reader.find_batch(id); !b || b->counts.total != total)
      out.push_back(line("batch", raw(id)));
  for (const auto& [k, fact] : items_) {
    const auto row = reader.find_item(k);
    // What was not final may have moved on without a report.
    const bool there = row && row->attempts >= fact.attempts &&
                       (!terminal(fact.state) || (row->state == fact.state && row->source == fact.source));
    if (!there) out.push_back(line("item", raw(k.batch), k.index));
    if (fact.source != source_id{} && !may_be_gone_.contains(fact.source) && there && !row->duplicate &&
        !reader.find_source(fact.source))
      out.push_back(line("source", raw(fact.source)));
  }
  for (const auto s : removed_)
    if (reader.find_source(s)) out.push_back(line("removal of source", raw(s)));
  if (newest_event_ && reader.events(event_number{newest_event_ - 1}, 1).empty())
    out.push_back(line("event", newest_event_));
  return out;
}

} // namespace troupe::test
