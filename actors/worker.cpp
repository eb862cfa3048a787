#include "actors/worker.hpp"

#include "actors/actor_config.hpp"
#include "actors/cluster/membership.hpp"
#include "actors/workers.hpp"
#include "config/log.hpp"
#include "storage/file_store.hpp"

#include <filesystem>
#include <thread>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace troupe {
namespace {

class running_worker final : public worker_node {
public:
  explicit running_worker(engine_options o)
      : options_(std::move(o))
      , config_(options_.s) {}
  ~running_worker() override {
    close();
    if (lock_ >= 0) ::close(lock_);
  }

  failure open() {
    const auto& s = options_.s;
    std::error_code ignored;
    std::filesystem::create_directories(s.store.directory, ignored);
    lock_ = ::open((s.store.directory + "/lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock_ < 0 || ::flock(lock_, LOCK_EX | LOCK_NB) != 0)
      return fail(errc::invalid_request,
                  s.store.directory + ": another worker uses it, or it cannot be written");
    auto files = file_store::open(s.store.directory + "/files", options_.file_system);
    if (!files) return files.error();
    files_ = std::move(*files);
    // Nothing here outlives the process.
    files_->sweep([](const digest&) { return false; });
    const auto make_spool = [this] { return files_->create(); };
    pool_ = std::make_unique<parser_pool>(s, options_.parser_program);
    media_ = std::make_unique<media_pool>(s, std::filesystem::absolute(s.store.directory) / "media",
                                          make_spool, options_.parser_program);
    transfers_ = std::make_unique<transfer_loop>(s, make_spool, nullptr);
    system_ = std::make_unique<caf::actor_system>(config_);
    membership_plan p;
    p.options = &options_.s;
    p.role = cluster::node_role::work;
    p.new_spool = make_spool;
    p.drain = options_.drain;
    p.wire = options_.wire;
    auto joined = membership::start(*system_, std::move(p));
    if (!joined) return joined.error();
    cluster_ = std::move(*joined);
    services with;
    with.transfers = spawn_transfers(*system_, *transfers_, options_.instead);
    with.parser = spawn_parser(*system_, *pool_, options_.instead);
    with.listener = spawn_listener(*system_, *media_);
    cluster_->use(with);
    cluster_->run();
    watcher_ = std::thread([this, with] { watch(with); });
    return fail(errc::none);
  }

  bool joined() const override {
    const auto all = cluster_->nodes();
    return std::any_of(all.begin(), all.end(), [](const auto& n) {
      return !n.here && n.role == "serve" && n.state == node_standing::up;
    });
  }

  void drain() override {
    cluster_->leave(options_.s.work.drain_timeout);
    close();
  }

  failure reload_certificates() override { return cluster_->reload_certificates(); }

  void on_failure(std::function<void()> call) override {
    const std::lock_guard lock{mutex_};
    on_failure_ = std::move(call);
  }

private:
  /// Waits for the end of a service on a thread of its own.
  void watch(const services& with) {
    caf::scoped_actor self{*system_};
    stop_ = caf::actor_cast<caf::actor>(self.ptr());
    self->monitor(with.transfers);
    self->monitor(with.parser);
    self->monitor(with.listener);
    bool died = false;
    self->receive([&](const caf::down_msg&) { died = true; }, [](drain_atom) {});
    const std::lock_guard lock{mutex_};
    if (died && on_failure_) on_failure_();
  }

  void close() {
    if (!system_) return;
    if (watcher_.joinable()) {
      caf::anon_send(stop_, drain_atom_v);
      watcher_.join();
    }
    stop_ = nullptr;
    if (cluster_) cluster_->stop();
    system_.reset();
    cluster_.reset();
    transfers_.reset();
    media_.reset();
    pool_.reset();
  }

  engine_options options_;
  actor_config config_;
  int lock_ = -1;
  std::unique_ptr<file_store> files_;
  std::unique_ptr<parser_pool> pool_;
  std::unique_ptr<media_pool> media_;
  std::unique_ptr<transfer_loop> transfers_;
  std::unique_ptr<caf::actor_system> system_;
  std::unique_ptr<membership> cluster_;
  std::thread watcher_;
  caf::actor stop_;
  std::mutex mutex_;
  std::function<void()> on_failure_;
};

} // namespace

result<std::unique_ptr<worker_node>> worker_node::start(engine_options options) {
  auto made = std::make_unique<running_worker>(std::move(options));
  if (auto f = made->open(); f.code != errc::none) return f;
  return std::unique_ptr<worker_node>(std::move(made));
}

} // namespace troupe
