#include "actors/engine.hpp"

#include "actors/actor_config.hpp"
#include "actors/cluster/membership.hpp"
#include "actors/dispatcher.hpp"
#include "actors/gate.hpp"
#include "actors/node.hpp"
#include "actors/node_measures.hpp"
#include "actors/reader.hpp"
#include "actors/robots.hpp"
#include "actors/stored_answers.hpp"
#include "actors/workers.hpp"
#include "actors/writer.hpp"
#include "config/log.hpp"
#include "config/metrics.hpp"
#include "storage/backup.hpp"

#include <condition_variable>
#include <filesystem>
#include <thread>

namespace troupe {
namespace {

constexpr milliseconds request_timeout{60'000};

/// Asks an actor from outside the actor system: a short-lived actor waits for the answer.
template <class Target, class Then, class... Args>
void ask_actor(caf::actor_system& sys, const Target& target, Then then,
               std::function<void(failure)> otherwise, Args... args) {
  sys.spawn([=, ... args = std::move(args)](caf::event_based_actor* self) mutable {
    self->request(target, request_timeout, std::move(args)...).then(then, [otherwise](const caf::error&) {
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
    const auto& backups = s.store.backup_directory;
    backups_ = std::make_unique<backup_keeper>(*db_, *files_,
                                               backups.empty() ? s.store.directory + "/backups" : backups,
                                               static_cast<size_t>(s.store.max_backups));
    answers_ = std::make_unique<stored_answers>(*catalog_, hub_);
    pool_ = std::make_unique<parser_pool>(s, options_.parser_program);
    const auto make_spool = [this] { return files_->create(); };
    media_ = std::make_unique<media_pool>(s, std::filesystem::absolute(s.store.directory) / "media",
                                          make_spool, options_.parser_program);
    transfers_ = std::make_unique<transfer_loop>(s, make_spool, &meter_);
    system_ = std::make_unique<caf::actor_system>(config_);
    measures_ =
        std::make_unique<node_measures>(node_measures::parts{s, *db_, hub_, *transfers_, *pool_, *system_});
    if (auto f = join(make_spool); f.code != errc::none) return f;
    node_ = spawn_node(*system_, plan());
    if (cluster_) cluster_->run();
    watcher_ = std::thread([this] { watch_node(); });
    return fail(errc::none);
  }

  bool drain() override {
    draining_ = true;
    // Its own work has the other half of the time.
    if (cluster_) cluster_->leave(options_.s.work.drain_timeout / 2);
    if (watcher_.joinable()) {
      caf::anon_send(node_, drain_atom_v);
      watcher_.join();
    }
    return clean_;
  }
  void close() override {
    drain();
    if (answers_) answers_->close();
    if (cluster_) cluster_->stop();
    node_ = nullptr;
    hub_.on_outbox(nullptr);
    measures_.reset();
    system_.reset();
    cluster_.reset();
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
    ask_actor(
        *system_, node_, [done](submitted& r) { done(std::move(r)); },
        [done](failure f) {
          done({std::move(f), {}});
        },
        submit_atom_v, std::move(what));
  }
  void abandon(batch_id id) override { caf::anon_send(node_, abandon_atom_v, id); }

  questions& ask() override { return *answers_; }

  void cancel(batch_id id, answer<bool> done) override { ask_value(std::move(done), cancel_atom_v, id); }
  void cancel_item(item_key item, answer<bool> done) override {
    ask_value(std::move(done), cancel_atom_v, item.batch, item.index);
  }
  void steer_batch(steering what, answer<batch> done) override {
    ask_row<steered>(std::move(done), steer_atom_v, std::move(what));
  }
  void why(item_key item, answer<wait_reason> done) override {
    ask_value(std::move(done), look_atom_v, item.batch, item.index);
  }
  void look_at_host(std::string host, answer<host_look> done) override {
    ask_value(std::move(done), look_atom_v, std::move(host));
  }
  void keep(record r, answer<record> done) override {
    ask_row<kept>(std::move(done), keep_atom_v, std::move(r));
  }
  void keep_original(stored_original x, content_ref body, answer<record> done) override {
    ask_row<kept>(std::move(done), keep_atom_v, record{std::move(x)}, std::move(body));
  }
  void forget(size_t kind, std::string name, answer<bool> done) override {
    ask_value(std::move(done), remove_atom_v, uint64_t{kind}, std::move(name));
  }
  void keep_receipt(receipt r, answer<bool> done) override {
    ask_value(std::move(done), keep_atom_v, std::move(r));
  }
  void redeliver(delivery d, answer<bool> done) override {
    ask_value(std::move(done), deliver_atom_v, std::move(d));
  }
  void link(notebook_id n, source_id s, std::string notes, answer<bool> done) override {
    ask_value(std::move(done), link_atom_v, n, s, std::move(notes));
  }
  void drop_upload(item_key item, answer<bool> done) override {
    ask_value(std::move(done), remove_atom_v, item.batch, item.index);
  }
  void remove(notebook_id n, source_id s, bool force, answer<bool> done) override {
    ask_value(std::move(done), remove_atom_v, n, s, force);
  }
  std::shared_ptr<void> watch(batch_id id, news what, std::function<void()> changed) override {
    return std::make_shared<hub::subscription>(hub_.listen(id, what, std::move(changed)));
  }
  std::shared_ptr<void> watch_all(std::function<void()> changed) override {
    return std::make_shared<hub::subscription>(hub_.listen_all(std::move(changed)));
  }
  node_health health() const override {
    return {ready_, draining_, open_batches_, transfers_ ? transfers_->count().running : 0};
  }

  metrics& meter() override { return meter_; }
  void measure() override {
    if (measures_) measures_->take(health(), nodes(), meter_);
  }

  void on_record(std::function<void(const record&, bool)> call) override {
    records_.on_change(std::move(call));
  }
  neighbours& others() override {
    if (cluster_) return *cluster_;
    return nobody_;
  }
  std::vector<node_view> nodes() override {
    auto all = cluster_ ? cluster_->nodes() : std::vector{alone()};
    auto& own = all.front();
    own.state = draining_ ? node_standing::draining : node_standing::up;
    own.in_flight = own_work(all);
    return all;
  }
  void drain_node(std::string name, answer<bool> done) override {
    if (cluster_) return cluster_->drain_node(*system_, std::move(name), [done](bool found) { done(found); });
    const bool here = name == alone().name;
    if (here && options_.drain) options_.drain();
    done(here);
  }
  failure reload_certificates() override {
    return cluster_ ? cluster_->reload_certificates() : fail(errc::none);
  }

  result<backup> begin_backup() override { return backups_->begin(); }
  std::vector<backup> backups() override { return backups_->list(); }
  bool remove_backup(const std::string& id) override { return backups_->remove(id); }

private:
  failure join(const spool_factory& make_spool) {
    if (!membership::wanted(options_.s)) return fail(errc::none);
    const auto self = cluster::identity_of(options_.s, cluster::node_role::serve);
    homes_ = std::make_unique<cluster::homes>(self.number, self.owners,
                                              options_.s.store.directory + "/cluster.json");
    if (!homes_->owns(self.number))
      return fail(errc::invalid_request, "cluster.owners: does not name this node's store.node");
    membership_plan p;
    p.options = &options_.s;
    p.new_spool = make_spool;
    p.where = homes_.get();
    p.strays = [this] { return homes_->strays(catalog_->notebooks()); };
    p.lives_here = [this](notebook_id n) { return catalog_->has_notebook(n); };
    p.records = &records_;
    p.drain = options_.drain;
    p.wire = options_.wire;
    auto joined = membership::start(*system_, std::move(p));
    if (!joined) return joined.error();
    cluster_ = std::move(*joined);
    return fail(errc::none);
  }

  /// This node, when it is in no cluster.
  node_view alone() const {
    const auto self = cluster::identity_of(options_.s, cluster::node_role::serve);
    return {.name = self.name,
            .role = "serve",
            .number = self.number,
            .version = TROUPE_VERSION,
            .since = started_,
            .transfers = static_cast<uint32_t>(options_.s.fetch.max_transfers),
            .window = static_cast<uint32_t>(options_.s.work.window),
            .here = true};
  }

  /// Items in work that no other node has.
  uint64_t own_work(const std::vector<node_view>& all) const {
    uint64_t items = 0;
    for (const auto& [stage, n] : hub_.stages())
      items += n;
    for (const auto& n : all)
      items -= std::min(items, n.here ? 0 : n.in_flight);
    return items;
  }

  node_plan plan() {
    node_plan p;
    p.options = &options_.s;
    p.listeners = &hub_;
    p.start = [this](caf::actor_system& sys) { return start_services(sys); };
    p.admission = [this] { return check_disk(); };
    p.find_batch = [this](batch_id b) { return catalog_->find_batch(b); };
    p.standing_records = [this] {
      auto all = catalog_->records(host_rule{});
      auto bulk = catalog_->records(bulk_action{});
      std::move(bulk.begin(), bulk.end(), std::back_inserter(all));
      return all;
    };
    p.open_batches = &open_batches_;
    if (cluster_) {
      p.on_kept = [this](const record& r) { cluster_->share(r); };
      p.on_forgotten = [this](uint64_t kind, const std::string& name) {
        cluster_->share_removal(kind, name);
      };
    }
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
    out.with.writer = spawn_writer(sys, *ledger_, hub_, s, true, &meter_);
    out.with.reader = spawn_reader(sys, *catalog_);
    out.with.transfers = spawn_transfers(sys, *transfers_, options_.instead);
    out.with.parser = spawn_parser(sys, *pool_, options_.instead);
    out.with.listener = spawn_listener(sys, *media_);
    out.with.gate =
        spawn_gate(sys,
                   {static_cast<size_t>(s.fetch.max_transfers), static_cast<size_t>(s.fetch.max_per_host),
                    static_cast<size_t>(s.work.window), s.fetch.host_delay, s.cluster.set_aside},
                   &meter_);
    out.with.robots = spawn_robots(sys, s, out.with.transfers, out.with.gate);
    out.with.dispatcher = spawn_dispatcher(sys, s, out.with, &meter_);
    if (cluster_) cluster_->use(out.with);
    hub_.on_outbox([to = out.with.dispatcher](const std::vector<uint64_t>& ids) {
      caf::anon_send(to, wake_atom_v, ids);
    });
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

  template <class T, class... Args>
  void ask_value(answer<T> done, Args... args) {
    ask_actor(
        *system_, node_, [done](T& value) { done(std::move(value)); },
        [done](failure f) { done(std::move(f)); }, std::move(args)...);
  }
  /// Asks for an answer that has either an error or a row.
  template <class Answer, class Row, class... Args>
  void ask_row(answer<Row> done, Args... args) {
    ask_actor(
        *system_, node_,
        [done](Answer& r) { r.error.code == errc::none ? done(std::move(r.row)) : done(r.error); },
        [done](failure f) { done(std::move(f)); }, std::move(args)...);
  }

  engine_options options_;
  actor_config config_;
  std::unique_ptr<engine> db_;
  std::unique_ptr<file_store> files_;
  std::unique_ptr<catalog> catalog_;
  std::unique_ptr<ledger> ledger_;
  std::unique_ptr<backup_keeper> backups_;
  metrics meter_;
  hub hub_{&meter_};
  std::atomic<uint64_t> open_batches_{0};
  std::unique_ptr<stored_answers> answers_;
  std::unique_ptr<parser_pool> pool_;
  std::unique_ptr<media_pool> media_;
  std::unique_ptr<transfer_loop> transfers_;
  std::unique_ptr<caf::actor_system> system_;
  std::unique_ptr<node_measures> measures_;
  std::unique_ptr<cluster::homes> homes_;
  std::unique_ptr<membership> cluster_;
  no_neighbours nobody_;
  shared_records records_{shared_records::plan{
      [this] { return catalog_.get(); }, [this](const record& r) { caf::anon_send(node_, keep_atom_v, r); },
      [this](uint64_t kind, const std::string& name) { caf::anon_send(node_, remove_atom_v, kind, name); },
      [this] { return homes_->records_version(); },
      [this](uint64_t v) {
        if (auto f = homes_->set_records_version(v); f.code != errc::none)
          log::error("how far records are known could not be kept", {{"reason", f.text()}});
      }}};
  timestamp started_ = now();
  node_actor node_;
  std::thread watcher_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::function<void()> on_failure_;
  std::atomic<bool> ready_ = false;
  std::atomic<bool> draining_ = false;
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
