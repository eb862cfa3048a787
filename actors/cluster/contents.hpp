#pragma once
/// Contents on their way between nodes: what is in hand for attempts, handed over piece by piece, and the
/// actor that carries one here.

#include "actors/cluster/order_key.hpp"
#include "actors/interfaces.hpp"
#include "model/spool.hpp"

namespace troupe {

/// What a node has in hand for attempts of others. Belongs to one actor.
class contents_in_hand {
public:
  using time = caf::actor_clock::time_point;
  explicit contents_in_hand(size_t piece_bytes)
      : piece_bytes_(piece_bytes) {}

  /// Keeps it for somebody until `until`, or until the attempt is let go. One without bytes and file is
  /// ignored.
  void keep(const order_key& k, const content_ref& x, time until, const caf::actor_addr& whose = {});
  /// Lets go of all that is kept for one.
  void let_go_of(const caf::actor_addr& whose);
  /// None: it is not in hand.
  const content_ref* find(const order_key& k, const digest& hash) const;
  void let_go(const order_key& k) { held_.erase(k); }
  void drop_old(time now);
  size_t count() const { return held_.size(); }

  /// The piece that begins at `offset`; an error when the content is not in hand or cannot be read.
  caf::result<std::string> piece(const order_key& k, const digest& hash, uint64_t offset) const;

  /// The reference as it goes into a message: with its bytes when they are few, else its name alone.
  content_ref for_message(const content_ref& x) const;

private:
  struct held {
    std::vector<content_ref> contents;
    time until;
    caf::actor_addr whose;
  };
  size_t piece_bytes_;
  std::unordered_map<order_key, held> held_;
};

/// How a content is carried.
struct carriage {
  order_key attempt;
  content_ref what;
  content_actor from;
  spool_factory new_spool;
  milliseconds timeout{};
  /// What is longer goes to a file.
  size_t most_in_memory = 0;
};

/// CARRIER: brings one content here and checks it by its SHA-256. Answers once, then quits.
using carrier_actor = caf::typed_actor<caf::replies_to<start_atom>::with<content_ref>>;
carrier_actor spawn_carrier(caf::local_actor* parent, carriage c);

} // namespace troupe
