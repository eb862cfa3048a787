#include "actors/cluster/members.hpp"

#include "actors/cluster/link.hpp"
#include "actors/cluster/peer.hpp"
#include "actors/cluster/streams.hpp"
#include "config/log.hpp"

#include <random>
#include <set>

#include <unistd.h>

namespace troupe {
namespace {

/// Numbers of notebooks in one message: half a megabyte.
constexpr ptrdiff_t strays_at_once = 65'536;
/// For records that were sent back to be in the store before all are told.
constexpr milliseconds records_pause{1'000};

/// A node that is here.
struct member {
  node_card card;
  work_actor there;
  link_actor link;
};

/// An address that should lead to a node.
struct address_state {
  /// Who was behind it; empty: not known yet.
  std::string name;
  bool dialling = false;
  milliseconds wait{0};
  std::string last_error;
};

/// The state of MEMBERS.
struct members_state {
  members_plan plan;
  peer_actor peer;
  services_ref with;
  std::map<std::string, member> members;
  std::map<std::string, address_state> addresses;
  /// What owners are telling of theirs, until it is all here.
  std::map<uint32_t, std::vector<uint64_t>> coming;
  std::minstd_rand random{std::random_device{}()};
  static inline const char* name = "members";

  /// Those that it has made end with it.
  ~members_state() {
    if (peer) caf::anon_send_exit(peer, caf::exit_reason::user_shutdown);
    for (const auto& [who, m] : members)
      caf::anon_send_exit(m.link, caf::exit_reason::user_shutdown);
  }
};

class managing_members {
public:
  using pointer = members_actor::stateful_pointer<members_state>;
  explicit managing_members(pointer self)
      : self_(self)
      , s_(self->state) {}

  void begin(members_plan plan) {
    s_.plan = std::move(plan);
    auto drain = s_.plan.drain;
    s_.peer = spawn_peer(self_->system(),
                         {s_.plan.options, s_.plan.new_spool, s_.plan.self,
                          caf::actor_cast<members_actor>(self_), s_.plan.orders_here, std::move(drain)});
    for (const auto& address : s_.plan.options->cluster.join)
      learn(address);
  }

  // -- coming ------------------------------------------------------------------------------------------

  void dial(const std::string& address) {
    const auto it = s_.addresses.find(address);
    if (it == s_.addresses.end() || it->second.dialling || s_.members.contains(it->second.name)) return;
    it->second.dialling = true;
    s_.plan.dial(address, caf::actor_cast<members_actor>(self_));
  }

  void answered(const std::string& address, const dialled& d) {
    const auto it = s_.addresses.find(address);
    if (it == s_.addresses.end()) return close_socket(d.socket);
    auto& a = it->second;
    a.dialling = false;
    if (d.error.code != errc::none) return again(address, std::string(d.error.text()));
    if (d.instance == s_.plan.self.instance) {
      // It leads to this node.
      close_socket(d.socket);
      s_.addresses.erase(it);
      return;
    }
    a.name = d.name;
    if (s_.members.contains(d.name)) return close_socket(d.socket);
    a.dialling = true;
    connect(address, d);
  }

  void accept(int socket) {
    caf::anon_send(basp_of(self_->system()),
                   accepted_stream(self_->system(), socket, caf::actor_cast<caf::strong_actor_ptr>(s_.peer),
                                   self_->system().message_types(s_.peer)));
  }

  /// Another node has come, or has come again: it may have seen an end of the connection that this one has
  /// not.
  void called(const node_card& card, const work_actor& there) {
    const auto it = s_.members.find(card.name);
    if (it != s_.members.end() && it->second.card.instance == card.instance) {
      self_->demonitor(it->second.link.address());
      self_->send(it->second.link, expire_atom_v);
      s_.members.erase(it);
      tell_gate();
    }
    came(card, there);
  }

  void came(const node_card& card, const work_actor& there) {
    if (const auto it = s_.members.find(card.name); it != s_.members.end()) {
      if (it->second.card.instance != card.instance)
        log::error("two nodes have one name: the one that came later is ignored", {{"node", card.name}});
      return;
    }
    s_.coming.erase(card.number);
    const auto counts = std::make_shared<link_counts>();
    const auto link = spawn_link(self_->system(), {s_.plan.options, s_.plan.new_spool, card, there, counts});
    self_->monitor(link);
    s_.members.emplace(card.name, member{card, there, link});
    if (s_.with) self_->send(link, start_atom_v, s_.with);
    s_.plan.nodes->put(view_of(card), counts);
    log::info("a node has joined",
              {{"node", card.name}, {"role", card.role}, {"number", card.number}, {"version", card.version}});
    learn_from(card);
    tell_all();
    tell_gate();
    if (s_.plan.strays && card.role == "serve") tell_strays(there);
    if (s_.plan.keeps && card.role == "serve")
      for (const auto& part : s_.plan.records->all())
        self_->send(there, keep_atom_v, part);
  }

  void told(uint32_t owner, const std::vector<uint64_t>& notebooks, bool last) {
    auto& all = s_.coming[owner];
    all.insert(all.end(), notebooks.begin(), notebooks.end());
    if (!last) return;
    if (s_.plan.told) s_.plan.told(static_cast<node_number>(owner), all);
    s_.coming.erase(owner);
  }

  /// The keeper tells all; the others take, and send back what they have when they know more.
  void share(const record_part& part) {
    auto* records = s_.plan.records;
    if (!records) return;
    if (s_.plan.keeps && !part.back) return tell_owners(keep_atom_v, part);
    if (s_.plan.keeps) {
      // What was taken is on its way to the store: it is told when it is there.
      if (records->take_back(part)) self_->delayed_send(self_, records_pause, keep_atom_v);
      return;
    }
    if (records->take(part))
      for (const auto& [name, m] : s_.members)
        if (m.card.role == "serve" && m.card.number == s_.plan.keeper)
          for (const auto& own : records->all(true))
            self_->send(m.there, keep_atom_v, own);
  }
  void tell_records() {
    for (const auto& part : s_.plan.records->all())
      tell_owners(keep_atom_v, part);
  }
  void share_removal(uint64_t kind, const std::string& name) {
    if (!s_.plan.records) return;
    if (!s_.plan.keeps) return s_.plan.records->take_removal(kind, name);
    tell_owners(remove_atom_v, kind, name);
  }

  void changed(const node_card& card) {
    const auto it = s_.members.find(card.name);
    if (it == s_.members.end() || it->second.card.instance != card.instance) return;
    if (card.draining && !it->second.card.draining) log::info("a node drains", {{"node", card.name}});
    it->second.card = card;
    self_->send(it->second.link, card_atom_v, card);
    s_.plan.nodes->put(view_of(card), nullptr);
    learn_from(card);
  }

  // -- going -------------------------------------------------------------------------------------------

  void down(const caf::down_msg& msg) {
    const auto it = std::find_if(s_.members.begin(), s_.members.end(),
                                 [&](const auto& m) { return m.second.link.address() == msg.source; });
    if (it == s_.members.end()) return;
    const auto name = it->first;
    log::warn("a node is away", {{"node", name}});
    s_.plan.nodes->away(name, it->second.card.draining ? "it has ended"
                                                       : "no sign of life, or its connection ended");
    s_.members.erase(it);
    tell_gate();
    for (auto& [address, a] : s_.addresses)
      if (a.name == name) again(address, {});
  }

  void drain() {
    s_.plan.self.draining = true;
    tell_all();
  }

  bool drain_node(const std::string& name) {
    if (name == s_.plan.self.name) {
      s_.plan.drain();
      return true;
    }
    const auto it = s_.members.find(name);
    if (it == s_.members.end()) return false;
    self_->send(it->second.there, drain_atom_v);
    return true;
  }

  void start(const services_ref& with) {
    s_.with = with;
    self_->send(s_.peer, start_atom_v, with);
    tell_gate();
    for (const auto& [name, m] : s_.members)
      self_->send(m.link, start_atom_v, with);
  }

private:
  template <class... Args>
  void tell_owners(const Args&... args) {
    for (const auto& [name, m] : s_.members)
      if (m.card.role == "serve") self_->send(m.there, args...);
  }

  static void close_socket(int socket) {
    if (socket >= 0) ::close(socket);
  }

  void learn(const std::string& address) {
    if (address.empty() || address == s_.plan.self.address || !s_.addresses.try_emplace(address).second)
      return;
    // Two that dial each other at once would make two streams of one.
    self_->delayed_send(self_, jitter(s_.plan.options->cluster.reconnect / 2), wake_atom_v, address);
  }

  void learn_from(const node_card& card) {
    if (card.role == "serve" && !card.address.empty()) {
      learn(card.address);
      if (const auto it = s_.addresses.find(card.address); it != s_.addresses.end())
        it->second.name = card.name;
    }
    for (const auto& address : card.serving)
      learn(address);
  }

  void connect(const std::string& address, const dialled& d) {
    const auto timeout = s_.plan.options->cluster.handshake_timeout;
    self_->request(basp_of(self_->system()), timeout, dialled_stream(self_->system(), d.socket))
        .then(
            [self = self_, address](const caf::node_id& node, const caf::strong_actor_ptr& peer,
                                    const std::set<std::string>&) {
              managing_members(self).greet(address, node, caf::actor_cast<peer_actor>(peer));
            },
            [self = self_, address](const caf::error& e) {
              managing_members(self).again(address, caf::to_string(e));
            });
  }

  void greet(const std::string& address, const caf::node_id& node, const peer_actor& there) {
    if (node == self_->system().node())
      return again(address, "both processes have the same CAF node id: start one of them again");
    if (!there) return again(address, "it shows no actor");
    const auto timeout = s_.plan.options->cluster.handshake_timeout;
    self_
        ->request(there, timeout, hello_atom_v, s_.plan.self, caf::actor_cast<caf::strong_actor_ptr>(s_.peer))
        .then(
            [self = self_, address, there](const node_card& card) {
              if (const auto it = self->state.addresses.find(address); it != self->state.addresses.end())
                it->second = {card.name, false, milliseconds{0}, {}};
              managing_members(self).came(card, caf::actor_cast<work_actor>(there));
            },
            [self = self_, address](const caf::error& e) {
              managing_members(self).again(address, caf::to_string(e));
            });
  }

  /// Later each time; a reason is told once.
  void again(const std::string& address, const std::string& why) {
    auto& a = s_.addresses[address];
    a.dialling = false;
    const auto& c = s_.plan.options->cluster;
    a.wait = std::clamp(2 * a.wait, c.reconnect, std::max(c.reconnect, c.reconnect_limit));
    if (!why.empty() && why != a.last_error)
      log::warn("a node cannot be joined", {{"address", address}, {"reason", why}});
    a.last_error = why;
    self_->delayed_send(self_, a.wait / 2 + jitter(a.wait / 2), wake_atom_v, address);
  }

  milliseconds jitter(milliseconds most) {
    return milliseconds{std::uniform_int_distribution<int64_t>{0, most.count()}(s_.random)};
  }

  void tell_strays(const work_actor& there) {
    const auto all = s_.plan.strays();
    auto from = all.begin();
    do {
      const auto to = from + std::min<ptrdiff_t>(strays_at_once, all.end() - from);
      self_->send(there, home_atom_v, s_.plan.self.number, std::vector<uint64_t>(from, to), to == all.end());
      from = to;
    } while (from != all.end());
  }

  /// Who counts hosts.
  void tell_gate() {
    if (!s_.with || !s_.with->gate) return;
    serving_nodes now{static_cast<node_number>(s_.plan.self.number), {}};
    for (const auto& [name, m] : s_.members)
      if (m.card.role == "serve") now.others.emplace(static_cast<node_number>(m.card.number), m.there);
    self_->send(s_.with->gate, home_atom_v, std::move(now));
  }

  /// This node as it is now, with those that it knows to serve.
  void tell_all() {
    auto& own = s_.plan.self;
    own.serving.clear();
    for (const auto& [name, m] : s_.members)
      if (m.card.role == "serve" && !m.card.address.empty()) own.serving.push_back(m.card.address);
    self_->send(s_.peer, card_atom_v, own, true);
    for (const auto& [name, m] : s_.members)
      self_->send(m.there, card_atom_v, own);
  }

  pointer self_;
  members_state& s_;
};

members_actor::behavior_type members(managing_members::pointer self, members_plan plan) {
  managing_members(self).begin(std::move(plan));
  self->set_down_handler([self](const caf::down_msg& msg) { managing_members(self).down(msg); });
  return {
      [self](hello_atom, const node_card& card, const work_actor& there) {
        managing_members(self).called(card, there);
      },
      [self](card_atom, const node_card& card) { managing_members(self).changed(card); },
      [self](home_atom, uint32_t owner, const std::vector<uint64_t>& notebooks, bool last) {
        managing_members(self).told(owner, notebooks, last);
      },
      [self](keep_atom, const record_part& part) { managing_members(self).share(part); },
      [self](keep_atom) { managing_members(self).tell_records(); },
      [self](remove_atom, uint64_t kind, const std::string& name) {
        managing_members(self).share_removal(kind, name);
      },
      [self](accept_atom, int socket) { managing_members(self).accept(socket); },
      [self](dial_atom, const std::string& address, const dialled& d) {
        managing_members(self).answered(address, d);
      },
      [self](start_atom, const services_ref& with) { managing_members(self).start(with); },
      [self](drain_atom) { managing_members(self).drain(); },
      [self](drain_atom, const std::string& name) { return managing_members(self).drain_node(name); },
      [self](wake_atom, const std::string& address) { managing_members(self).dial(address); },
  };
}

} // namespace

members_actor spawn_members(caf::actor_system& sys, members_plan plan) {
  return sys.spawn(members, std::move(plan));
}

} // namespace troupe
