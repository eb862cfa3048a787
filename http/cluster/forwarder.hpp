#pragma once
/// Hands requests on to the fronts of other nodes, and their answers back, piece by piece: nothing is held
/// whole. The front's thread only.

#include "http/cluster/destination.hpp"

#include <chrono>
#include <deque>
#include <map>

namespace troupe::http {

/// A connection to another front.
struct upstream;

class forwarder {
public:
  /// Connections kept for the next request, of each node.
  static constexpr size_t most_idle = 64;

  explicit forwarder(gateway& to)
      : to_(to) {}
  ~forwarder();

  /// There is somebody to hand on to.
  bool wanted() const { return wanted_; }
  /// Where the notebook lives: none: here, go on; else the answer of its home.
  asio::awaitable<std::optional<response>> to_home(exchange& x, notebook_id n);
  /// The answer of the node that the request is for. `home_away` (503) when it cannot be reached.
  asio::awaitable<response> send(exchange& x, const destination& d);
  /// A GET of the same target with another query, for lists; none: the node is away.
  asio::awaitable<std::optional<response>> ask(exchange& x, node_number owner, const std::string& target);

private:
  using upstream_ptr = std::shared_ptr<upstream>;
  asio::awaitable<upstream_ptr> connect(exchange& x, node_number owner);
  asio::awaitable<std::optional<response>> exchange_with(exchange& x, upstream_ptr up,
                                                         const std::string& target, bool with_body);
  /// Up to `whole` bytes come with the answer, more of them through its stream.
  asio::awaitable<std::optional<response>> read_answer(upstream_ptr up, bool head_only,
                                                       std::chrono::seconds limit, uint64_t whole);
  void keep(const upstream_ptr& up);

  gateway& to_;
  bool wanted_ = to_.others().owners().size() > 1;
  std::map<node_number, std::deque<upstream_ptr>> idle_;
};

/// 503 with `Retry-After`.
response home_away(const std::string& why);
/// The same, to another node that took this one for the home.
response not_here();

} // namespace troupe::http
