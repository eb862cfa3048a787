#pragma once
/// The other serving nodes as the front sees them: where things live, and a way there. No CAF.

#include "actors/questions.hpp"

#include <functional>

namespace troupe {

/// Any thread; callbacks as those of the gateway.
class neighbours {
public:
  virtual ~neighbours() = default;

  /// Numbers of all owners in rising order, this node's among them; one alone has no neighbours.
  virtual std::vector<node_number> owners() const = 0;
  virtual node_number own() const = 0;
  /// The owner that has what is the same on every node to change: keys, sessions, webhooks, rules for hosts.
  virtual node_number keeper() const = 0;
  /// Where a notebook lives, or would; none: that is not known before every owner has been met once.
  virtual std::optional<node_number> home_of(notebook_id n) const = 0;
  /// A socket to the front of an owner, which speaks HTTP/1.1; who gets it closes it. Fails with `overloaded`
  /// when the node is away.
  virtual void open_stream(node_number owner, answer<int> done) = 0;
  /// Called with such sockets that other nodes have opened, on any thread, until it is called with none.
  virtual void on_stream(std::function<void(int)> call) = 0;
};

/// Of a node in no cluster.
class no_neighbours final : public neighbours {
public:
  std::vector<node_number> owners() const override { return {0}; }
  node_number own() const override { return 0; }
  node_number keeper() const override { return 0; }
  std::optional<node_number> home_of(notebook_id) const override { return 0; }
  void open_stream(node_number, answer<int> done) override { done(fail(errc::not_found)); }
  void on_stream(std::function<void(int)>) override {}
};

} // namespace troupe
