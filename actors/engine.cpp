#include "actors/engine.hpp"

#include "actors/gate.hpp"
#include "actors/node.hpp"
#include "actors/workers.hpp"
#include "actors/writer.hpp"
#include "config/log.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

#include <condition_variable>
#include <filesystem>
#include <thread>

namespace troupe {
namespace {

constexpr milliseconds request_timeout{60'000};
constexpr unsigned reader_threads = 2;
constexpr int64_t most_waiting_questions = 10'000;
constexpr size_t actor_messages_at_once = 100;

class actor_config : public caf::actor_system_config {
public:
  explicit actor_config(const settings& s) {
    add_message_types<caf::id_block::troupe>();
    set("scheduler.policy", caf::atom("sharing"));
    set("scheduler.max-throughput", actor_messages_at_once);
    const auto threads = s.work.scheduler_threads > 0
                             ? static_cast<size_t>(s.work.scheduler_threads)
                             : std::max<size_t>(2, std::thread::hardware_concurrency());
    set("scheduler.max-threads", threads);
  }
};

/// Asks an actor from outside the actor system: a short-lived actor waits for the answer.
template <class Target, class Then, class... Args>
void ask(caf::actor_system& sys, const Target& target, Then then, std::function<void(failure)> otherwise,
         Args... args) {
  sys.spawn([=](caf::event_based_actor* self) {
    self->request(target, request_timeout, args...).then(then, [otherwise](const caf::error&) {
      otherwise(fail(errc::overloaded, "the node gives no answer: it is starting or shutting down"));
    });
  });
}

class whole_node final : public engine_gateway {
public:
  explicit whole_node(engine_options o)
      : options_(std::move(o))
      , config_(options_.s) {}

  ~whole_node() override { close(); }

  failure open() {
    const auto& s = options_.s;
    std::error_code ignored;
    std::filesystem::create_directories(s.store.directory, ignored);
    auto db = open_rocksdb({s.store.directory + "/db", static_cast<uint64_t>(s.store.write_buffer_bytes),
                            static_cast<uint64_t>(s.store.block_cache_bytes), options_.file_system});
    if (!db) return db.error();
    db_ = std::move(*db);
    auto files = file_store::open(s.store.directory + "/files", options_.file_system);
    if (!files) return files.error();
    files_ = std::move(*files);
    catalog_ = std::make_unique<catalog>(*db_, *files_);
    pool_ = std::make_unique<parser_pool>(s, options_.parser_program);
    const auto make_spool = [this] { return files_->create(); };
    media_ = std::make_unique<media_pool>(s, std::filesystem::absolute(s.store.directory) / "media", make_spool,
                                          options_.parser_program);
    transfers_ = std::make_unique<transfer_loop>(s, make_spool);
    system_ = std::make_unique<caf::actor_system>(config_);
    node_ = spawn_node(*system_, plan());
    watcher_ = std::thread([this] { watch_node(); });
    return fail(errc::none);
  }

  bool drain() override {
    if (watcher_.joinable()) {
      caf::anon_send(node_, drain_atom_v);
      watcher_.join();
    }
    return clean_;
  }
  void close() override {
    drain();
    questions_.join();
    node_ = nullptr;
    system_.reset();
    transfers_.reset();
    media_.reset();
    pool_.reset();
  }
  void on_failure(std::function<void()> call) override {
    const std::lock_guard lock{mutex_};
    on_failure_ = std::move(call);
  }
  bool wait_ready(milliseconds at_most) override {
    std::unique_lock lock{mutex_};
    changed_.wait_for(lock, at_most, [this] { return ready_ || ended_; });
    return ready_;
  }

  // -- gateway ----------------------------------------------------------------------------------------

  result<std::unique_ptr<spool>> new_spool() override { return files_->create(); }
  void submit(submission what, std::function<void(submitted)> done) override {
    ask(
        *system_, node_, [done](submitted& r) { done(std::move(r)); },
        [done](failure f) {
          done({std::move(f), {}});
        },
        submit_atom_v, std::move(what));
  }
  void abandon(batch_id id) override { caf::anon_send(node_, abandon_atom_v, id); }

  void batch_status(notebook_id n, batch_id id, uint32_t offset, uint32_t limit,
                    answer<batch_view> done) override {
    read<batch_view>(std::move(done), [=, this] { return read_status(n, id, offset, limit); });
  }
  void find_upload(notebook_id n, std::string upload_id, answer<item_view> done) override {
    read<item_view>(std::move(done), [=, this]() -> result<item_view> {
      auto row = catalog_->find_upload(n, upload_id);
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
  void sources(notebook_id n, uint64_t limit, uint64_t offset, answer<source_page> done) override {
    read<source_page>(std::move(done), [=, this]() -> result<source_page> {
      if (!catalog_->has_notebook(n)) return no_notebook(n);
      source_page page;
      page.sources = catalog_->sources(n, limit, offset, page.total);
      return page;
    });
  }
  void all_sources(notebook_id n, uint64_t limit, uint64_t offset, source_filter f,
                   answer<source_page> done) override {
    read<source_page>(std::move(done), [=, this]() -> result<source_page> {
      if (!catalog_->has_notebook(n)) return no_notebook(n);
      source_page page;
      page.sources = catalog_->all_sources(n, limit, offset, [&](const source& s) {
        return (f.content_type.empty() || s.content_type == f.content_type) &&
               (f.notebooks.empty() || std::count(f.notebooks.begin(), f.notebooks.end(), raw(s.home)));
      });
      return page;
    });
  }
  void text(source_id s, answer<source_text> done) override {
    read<source_text>(std::move(done), [=, this]() -> result<source_text> {
      auto row = catalog_->find_source(s);
      if (!row) return fail(errc::not_found, "there is no file " + file_id(s));
      const auto content = catalog_->content(row->markdown, row->markdown_size);
      if (!content || !content->bytes)
        return fail(errc::storage_error, "the text of " + file_id(s) + " is missing");
      return source_text{std::move(*row), std::string(content->view())};
    });
  }
  void original(source_id s, answer<source_bytes> done) override {
    read<source_bytes>(std::move(done), [=, this]() -> result<source_bytes> {
      auto row = catalog_->find_source(s);
      if (!row) return fail(errc::not_found, "there is no file " + file_id(s));
      auto content = catalog_->content(row->original, row->original_size);
      if (!content) return fail(errc::not_found, "the original of " + file_id(s) + " is gone");
      return source_bytes{std::move(*row), std::move(*content)};
    });
  }
  void image(source_id s, std::string name, answer<source_bytes> done) override {
    read<source_bytes>(std::move(done), [=, this]() -> result<source_bytes> {
      auto row = catalog_->find_source(s);
      const auto found = row ? catalog_->find_image(s, name) : std::nullopt;
      auto content = found ? catalog_->content(found->hash, found->size) : std::nullopt;
      if (!content) return fail(errc::not_found, "file " + file_id(s) + " has no image \"" + name + "\"");
      row->content_type = found->type;
      return source_bytes{std::move(*row), std::move(*content)};
    });
  }
  void find_source(notebook_id n, source_id s, answer<held_source> done) override {
    read<held_source>(std::move(done), [=, this]() -> result<held_source> {
      auto found = catalog_->find_source(n, s);
      if (!found)
        return fail(errc::not_found, "notebook " + std::to_string(raw(n)) + " has no file " + file_id(s));
      return std::move(*found);
    });
  }

  void cancel(batch_id id, answer<bool> done) override { ask_yes(std::move(done), cancel_atom_v, id); }
  void cancel_item(item_key item, answer<bool> done) override {
    ask_yes(std::move(done), cancel_atom_v, item.batch, item.index);
  }
  void link(notebook_id n, source_id s, std::string notes, answer<bool> done) override {
    ask_yes(std::move(done), link_atom_v, n, s, std::move(notes));
  }
  void remove(notebook_id n, source_id s, bool force, answer<bool> done) override {
    ask_yes(std::move(done), remove_atom_v, n, s, force);
  }
  std::shared_ptr<void> watch(batch_id id, std::function<void()> changed) override {
    return std::make_shared<hub::subscription>(
        hub_.listen(id, [changed = std::move(changed)](const news&) { changed(); }));
  }
  node_health health() const override {
    return {!ready_, open_batches_, transfers_ ? transfers_->count().running : 0};
  }

private:
  node_plan plan() {
    node_plan p;
    p.options = &options_.s;
    p.listeners = &hub_;
    p.start = [this](caf::actor_system& sys) { return start_services(sys); };
    p.admission = [this] { return check_disk(); };
    p.find_batch = [this](batch_id b) { return catalog_->find_batch(b); };
    p.open_batches = &open_batches_;
    p.on_ready = [this](bool ready) {
      const std::lock_guard lock{mutex_};
      ready_ = ready;
      changed_.notify_all();
    };
    return p;
  }

  result<std::unique_ptr<ledger>> open_ledger(const settings& s) {
    try {
      return ledger::open(
          *db_, *files_,
          {static_cast<node_number>(s.store.node), static_cast<uint64_t>(s.store.inline_original_bytes)});
    } catch (const unreadable& e) {
      return fail(errc::storage_error, e.what());
    }
  }

  result<started_services> start_services(caf::actor_system& sys) {
    const auto& s = options_.s;
    ledger_.reset();
    auto opened = open_ledger(s);
    if (!opened) return opened.error();
    ledger_ = std::move(*opened);
    started_services out;
    out.epoch = ledger_->epoch();
    out.with.writer = spawn_writer(sys, *ledger_, hub_, s);
    out.with.reader = spawn_reader(sys, *catalog_);
    out.with.transfers = spawn_transfers(sys, *transfers_);
    out.with.parser = spawn_parser(sys, *pool_);
    out.with.listener = spawn_listener(sys, *media_);
    out.with.gate = spawn_gate(sys, {static_cast<size_t>(s.fetch.max_transfers),
                                     static_cast<size_t>(s.fetch.max_per_host),
                                     static_cast<size_t>(s.work.window), s.fetch.host_delay});
    out.with.robots = spawn_robots(sys, s, out.with.transfers, out.with.gate);
    return out;
  }

  failure check_disk() const {
    std::error_code error;
    const auto space = std::filesystem::space(options_.s.store.directory, error);
    if (!error && space.available < static_cast<uint64_t>(options_.s.store.min_free_bytes))
      return fail(errc::storage_full, "less than store.min_free_bytes are free on the disk");
    return fail(errc::none);
  }

  /// Waits for the node's end on a thread of its own.
  void watch_node() {
    caf::scoped_actor self{*system_};
    self->monitor(node_);
    caf::error reason;
    self->receive([&](const caf::down_msg& down) { reason = down.reason; });
    const std::lock_guard lock{mutex_};
    clean_ = !reason || reason == caf::exit_reason::normal;
    ended_ = true;
    ready_ = false;
    changed_.notify_all();
    if (!clean_ && on_failure_) on_failure_();
  }

  template <class T, class Work>
  void read(answer<T> done, Work work) {
    if (++waiting_ > most_waiting_questions) {
      --waiting_;
      return done(fail(errc::overloaded, "too many questions are waiting"));
    }
    boost::asio::post(questions_, [this, done = std::move(done), work = std::move(work)] {
      --waiting_;
      try {
        done(work());
      } catch (const std::exception& e) {
        log::error("the store cannot be read", {{"reason", e.what()}});
        done(fail(errc::storage_error, "the store cannot be read"));
      }
    });
  }

  template <class... Args>
  void ask_yes(answer<bool> done, Args... args) {
    ask(
        *system_, node_, [done](bool yes) { done(yes); }, [done](failure f) { done(std::move(f)); },
        std::move(args)...);
  }

  static failure no_notebook(notebook_id n) {
    return fail(errc::not_found, "there is no notebook " + std::to_string(raw(n)));
  }

  /// The supervisor's items in work, laid over a snapshot of the rows that is newer than they are: an item
  /// that has ended since is shown as ended.
  result<batch_view> read_status(notebook_id n, batch_id id, uint32_t offset, uint32_t limit) const {
    if (!catalog_->has_notebook(n)) return no_notebook(n);
    const auto working = hub_.in_work(id);
    std::vector<uint32_t> indexes;
    for (const auto& w : working)
      indexes.push_back(w.index);
    std::vector<item> rows;
    auto reading = catalog_->read_batch(id, offset, limit, indexes, rows);
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

  engine_options options_;
  actor_config config_;
  std::unique_ptr<engine> db_;
  std::unique_ptr<file_store> files_;
  std::unique_ptr<catalog> catalog_;
  std::unique_ptr<ledger> ledger_;
  hub hub_;
  std::atomic<uint64_t> open_batches_{0};
  std::atomic<int64_t> waiting_{0};
  boost::asio::thread_pool questions_{reader_threads};
  std::unique_ptr<parser_pool> pool_;
  std::unique_ptr<media_pool> media_;
  std::unique_ptr<transfer_loop> transfers_;
  std::unique_ptr<caf::actor_system> system_;
  node_actor node_;
  std::thread watcher_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::function<void()> on_failure_;
  std::atomic<bool> ready_ = false;
  bool ended_ = false;
  bool clean_ = true;
};

} // namespace

result<std::unique_ptr<engine_gateway>> engine_gateway::start(engine_options options) {
  auto made = std::make_unique<whole_node>(std::move(options));
  if (auto f = made->open(); f.code != errc::none) return f;
  return std::unique_ptr<engine_gateway>(std::move(made));
}

} // namespace troupe
