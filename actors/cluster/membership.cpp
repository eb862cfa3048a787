#include "actors/cluster/membership.hpp"

#include "actors/cluster/members.hpp"
#include "config/log.hpp"
#include "process/spawn.hpp"

#include <caf/io/all.hpp>

#include <algorithm>
#include <thread>

#include <unistd.h>

namespace troupe {
namespace {

constexpr milliseconds ask_timeout{5'000};
/// Between two looks whether what is in hand is done.
constexpr milliseconds leave_look{20};

uint32_t share_for_others(int64_t room, cluster::node_role role) {
  // A serving node has work of its own.
  return static_cast<uint32_t>(std::max<int64_t>(1, role == cluster::node_role::work ? room : room / 2));
}

bool can_do_media(const settings& s) {
  const auto& m = s.media;
  const auto there = [](const std::string& program) { return !path_of_program(program).empty(); };
  return there(m.ffmpeg) && there(m.ffprobe) && !m.finder.empty() && there(m.finder.front());
}

node_card card_of(const cluster::identity& self, const settings& s) {
  node_card c;
  c.name = self.name;
  c.instance = self.instance;
  c.role = std::string(cluster::name(self.role));
  c.number = self.number;
  c.address = self.address;
  c.version = TROUPE_VERSION;
  c.transfers = share_for_others(s.fetch.max_transfers, self.role);
  c.window = share_for_others(s.work.window, self.role);
  c.media = can_do_media(s);
  return c;
}

/// Owners that differ would give one notebook two homes.
std::string differing_owners(const cluster::identity& a, const cluster::identity& b) {
  const bool both_serve = a.role == cluster::node_role::serve && b.role == a.role;
  return both_serve && a.owners != b.owners ? "cluster.owners of " + a.name + " and " + b.name + " differ"
                                            : std::string{};
}

} // namespace

bool membership::wanted(const settings& s) {
  return !s.cluster.listen.empty() || !s.cluster.join.empty();
}

void membership::configure(caf::actor_system_config& c, const settings& s) {
  c.load<caf::io::middleman>();
  c.set("middleman.heartbeat-interval", caf::timespan{s.cluster.heartbeat});
  c.set("middleman.connection-timeout", caf::timespan{s.cluster.timeout});
  // Messages are read where they arrive: one thread less for each to pass through.
  c.set("middleman.workers", size_t{0});
  c.set("middleman.app-identifiers",
        std::vector<std::string>{"troupe-" + std::to_string(cluster::wire_version)});
}

result<std::unique_ptr<membership>> membership::start(caf::actor_system& sys, membership_plan plan) {
  std::unique_ptr<membership> made{new membership};
  if (auto f = made->open(sys, std::move(plan)); f.code != errc::none) return f;
  return made;
}

membership::~membership() {
  stop();
}

failure membership::open(caf::actor_system& sys, membership_plan plan) {
  system_ = &sys;
  plan_ = std::move(plan);
  self_ = cluster::identity_of(*plan_.options, plan_.role);
  self_.wire = plan_.wire;
  auto gate = cluster::peer_gate::open(*plan_.options, door());
  if (!gate) return gate.error();
  gate_ = std::move(*gate);
  address_ = gate_->address();
  // With the port that was free.
  if (plan_.options->cluster.advertise.empty()) self_.address = address_;
  auto own = view_of(card_of(self_, *plan_.options));
  own.here = true;
  roster_.put(std::move(own), nullptr);
  members_ = spawn_members(sys, members());
  if (!address_.empty()) log::info("nodes may join", {{"address", address_}, {"name", self_.name}});
  return fail(errc::none);
}

members_plan membership::members() {
  members_plan m;
  m.options = plan_.options;
  m.nodes = &roster_;
  m.new_spool = plan_.new_spool;
  m.self = card_of(self_, *plan_.options);
  m.drain = plan_.drain;
  m.orders_here = orders_here_;
  m.strays = plan_.strays;
  m.records = plan_.records;
  m.keeps = plan_.where && plan_.where->keeper() == plan_.where->own();
  if (plan_.where) m.keeper = plan_.where->keeper();
  if (plan_.where)
    m.told = [where = plan_.where](node_number owner, const std::vector<uint64_t>& notebooks) {
      if (auto f = where->told(owner, notebooks); f.code != errc::none)
        log::error("what another node told could not be kept", {{"reason", f.text()}});
    };
  m.dial = [this](const std::string& address, const members_actor& to) {
    gate_->dial(address, cluster::stream_kind::actors, [to, address](const result<cluster::stream>& r) {
      dialled d;
      if (r)
        d = {fail(errc::none), r->socket, r->with.from.instance, r->with.from.name};
      else
        d.error = r.error();
      caf::anon_send(to, dial_atom_v, address, std::move(d));
    });
  };
  return m;
}

cluster::gate_plan membership::door() {
  cluster::gate_plan door;
  door.self = self_;
  door.admit = [this](const cluster::hello& h) {
    if (h.from.instance == self_.instance) return std::string{};
    if (auto why = differing_owners(self_, h.from); !why.empty()) return why;
    const bool serves = h.from.role == cluster::node_role::serve;
    return roster_.conflict(h.from.name, h.from.instance, serves, h.from.number);
  };
  door.accepted = [this](const cluster::stream& s) { accepted(s); };
  return door;
}

void membership::accepted(const cluster::stream& s) {
  if (s.with.kind == cluster::stream_kind::actors) return caf::anon_send(members_, accept_atom_v, s.socket);
  const std::lock_guard lock{mutex_};
  if (front_)
    front_(s.socket);
  else
    ::close(s.socket);
}

// -- neighbours -----------------------------------------------------------------------------------------

std::vector<node_number> membership::owners() const {
  const auto& all = plan_.where->owners();
  return {all.begin(), all.end()};
}

std::optional<node_number> membership::home_of(notebook_id n) const {
  return plan_.where->home_of(n, plan_.lives_here(n));
}

void membership::open_stream(node_number owner, answer<int> done) {
  const auto all = roster_.all();
  const auto it = std::find_if(all.begin(), all.end(), [owner](const node_view& n) {
    return !n.here && n.role == "serve" && n.number == owner && n.state != node_standing::away;
  });
  if (it == all.end() || it->address.empty())
    return done(fail(errc::overloaded, "node " + std::to_string(owner) + " is away"));
  gate_->dial(it->address, cluster::stream_kind::front, [done](const result<cluster::stream>& r) {
    if (r)
      done(r->socket);
    else
      done(fail(errc::overloaded, std::string(r.error().text())));
  });
}

void membership::on_stream(std::function<void(int)> call) {
  const std::lock_guard lock{mutex_};
  front_ = std::move(call);
}

void membership::use(const services& with) {
  caf::anon_send(members_, start_atom_v, std::make_shared<const services>(with));
}

void membership::share(const record& r) {
  if (keeper() == own() && shared_records::is_shared(r))
    caf::anon_send(
        members_, keep_atom_v,
        record_part{plan_.records->raise_version(), false, false, false, {shared_records::pack(r)}});
}

void membership::share_removal(uint64_t kind, const std::string& name) {
  if (keeper() != own() || !shared_records::is_shared_kind(kind)) return;
  caf::anon_send(members_, remove_atom_v, kind, name);
  // Without rows: whoever was told of the removal has this version.
  caf::anon_send(members_, keep_atom_v, record_part{plan_.records->raise_version(), false, false, false, {}});
}

void membership::leave(milliseconds at_most) {
  if (!members_) return;
  caf::anon_send(members_, drain_atom_v);
  const auto until = std::chrono::steady_clock::now() + at_most;
  while (*orders_here_ > 0 && std::chrono::steady_clock::now() < until)
    std::this_thread::sleep_for(leave_look);
}

void membership::stop() {
  if (gate_) gate_->stop();
  if (!members_) return;
  // Nothing is called back any more once they have ended.
  caf::scoped_actor self{*system_};
  self->monitor(members_);
  self->send_exit(members_, caf::exit_reason::user_shutdown);
  self->receive([](const caf::down_msg&) {}, caf::after(ask_timeout) >> [] {});
  members_ = nullptr;
}

std::vector<node_view> membership::nodes() const {
  auto all = roster_.all();
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.here > b.here; });
  return all;
}

void membership::drain_node(caf::actor_system& sys, std::string name, std::function<void(bool)> done) {
  sys.spawn([=, to = members_](caf::event_based_actor* self) {
    self->request(to, ask_timeout, drain_atom_v, name)
        .then([done](bool found) { done(found); }, [done](const caf::error&) { done(false); });
  });
}

failure membership::reload_certificates() {
  return gate_->reload();
}

} // namespace troupe
