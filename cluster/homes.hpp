#pragma once
/// Where notebooks live: each has one home among the serving nodes.
///
/// A new notebook's home is the highest of the configured owners by rendezvous hashing (Thaler and
/// Ravishankar, 1998), so that a node that is added takes a share from each and moves nothing between the
/// others. One that lives somewhere stays there: nodes tell each other which of theirs would by the hash live
/// elsewhere, and what was told is kept in `<store.directory>/cluster.json`, so that it holds while they are
/// away. Until every owner has been met once, a notebook that nobody has told of has no known home.

#include "model/error.hpp"
#include "model/ids.hpp"

#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace troupe::cluster {

/// The owner that a new notebook goes to; `owners` is not empty.
node_number rendezvous(notebook_id n, const std::vector<int64_t>& owners);

/// Any thread.
class homes {
public:
  /// `own`: this node's number, one of `owners`. `file` is read, and written whenever something is told.
  homes(node_number own, std::vector<int64_t> owners, std::string file);

  /// None: not known before every owner has been met once. `lives_here`: this node has the notebook.
  std::optional<node_number> home_of(notebook_id n, bool lives_here) const;
  bool owns(node_number n) const;
  node_number own() const { return own_; }
  const std::vector<int64_t>& owners() const { return owners_; }
  /// The lowest owner: it has what is the same on all nodes to change.
  node_number keeper() const { return static_cast<node_number>(owners_.front()); }

  /// What an owner has although the hash would have it elsewhere; replaces what it told before. Waits for the
  /// disk.
  failure told(node_number owner, const std::vector<uint64_t>& notebooks);
  /// How far the records that are the same everywhere are known here: rises with every change at the keeper,
  /// and is kept in the file as well. 0: nothing was shared yet.
  uint64_t records_version() const;
  failure set_records_version(uint64_t v);

  /// Of these, what the hash would have elsewhere.
  std::vector<uint64_t> strays(const std::vector<uint64_t>& notebooks) const;

private:
  void read();
  failure write() const;

  const node_number own_;
  const std::vector<int64_t> owners_;
  const std::string file_;
  mutable std::mutex mutex_;
  uint64_t records_version_ = 0;
  std::map<node_number, std::vector<uint64_t>> told_;
  std::unordered_map<notebook_id, node_number> elsewhere_;
};

} // namespace troupe::cluster
