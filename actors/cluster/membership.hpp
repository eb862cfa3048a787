#pragma once
/// A node's place in its cluster: the gate that others come through, the actors that know them, and the view
/// of all nodes for whoever asks. Any thread.

#include "actors/cluster/roster.hpp"
#include "actors/interfaces.hpp"
#include "cluster/gate.hpp"
#include "cluster/homes.hpp"

namespace troupe {

struct members_plan;

struct membership_plan {
  /// Outlives it.
  const settings* options = nullptr;
  cluster::node_role role = cluster::node_role::serve;
  spool_factory new_spool;
  /// Of a serving node; outlives it. Null: a worker.
  cluster::homes* where = nullptr;
  std::function<std::vector<uint64_t>()> strays;
  /// Another node asks this one to drain; on any thread, must not wait.
  shared_records* records = nullptr;
  /// The notebook is in this node's store.
  std::function<bool(notebook_id)> lives_here;
  std::function<void()> drain;
  /// A test's; otherwise `cluster::wire_version`.
  uint32_t wire = cluster::wire_version;
};

class membership : public neighbours {
public:
  /// The settings name a cluster: an address to listen on, or nodes to join.
  static bool wanted(const settings& s);
  /// What the actor system needs to meet others. Before it is made.
  static void configure(caf::actor_system_config& c, const settings& s);

  /// Takes the gate's address; nobody comes and nobody is dialled before `run`. Fails with `invalid_request`
  /// and the setting that is wrong.
  static result<std::unique_ptr<membership>> start(caf::actor_system& sys, membership_plan plan);
  ~membership() override;

  void run() { gate_->run(); }

  /// This node's services, whenever they were started.
  void use(const services& with);
  /// Of the keeper: tells the others.
  void share(const record& r);
  void share_removal(uint64_t kind, const std::string& name);
  /// Tells all that this node takes no more, and waits until what it has in hand for others is done, at most
  /// so long.
  void leave(milliseconds at_most);
  /// Ends the actors and closes the gate. Before the actor system ends.
  void stop();

  /// This one first, without what it does for itself.
  std::vector<node_view> nodes() const;
  void drain_node(caf::actor_system& sys, std::string name, std::function<void(bool)> done);
  failure reload_certificates();
  const std::string& address() const { return address_; }

  std::vector<node_number> owners() const override;
  node_number own() const override { return plan_.where->own(); }
  node_number keeper() const override { return plan_.where->keeper(); }
  std::optional<node_number> home_of(notebook_id n) const override;
  void open_stream(node_number owner, answer<int> done) override;
  void on_stream(std::function<void(int)> call) override;

private:
  membership() = default;
  failure open(caf::actor_system& sys, membership_plan plan);
  cluster::gate_plan door();
  members_plan members();
  void accepted(const cluster::stream& s);

  caf::actor_system* system_ = nullptr;
  membership_plan plan_;
  cluster::identity self_;
  std::string address_;
  roster roster_;
  std::shared_ptr<std::atomic<uint64_t>> orders_here_ = std::make_shared<std::atomic<uint64_t>>(0);
  members_actor members_;
  std::mutex mutex_;
  std::function<void(int)> front_;
  std::unique_ptr<cluster::peer_gate> gate_;
};

} // namespace troupe
