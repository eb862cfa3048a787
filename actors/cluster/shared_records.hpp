#pragma once
/// Records that are the same on every owner: keys, sessions, rules for hosts, webhooks of notebooks. The
/// keeper (the lowest owner) changes them and tells the others; each keeps its own copy, so that it holds
/// while the keeper is away.

#include "model/records.hpp"

#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace troupe {

class catalog;

/// Some of the keeper's records, as stored, each behind a byte with its kind. Between the first part and the
/// last they are all that there are.
struct record_part {
  /// Of the one that sends it.
  uint64_t version = 0;
  /// It goes to the keeper, which knows less.
  bool back = false;
  bool first = false;
  bool last = false;
  std::vector<std::string> rows;
};

/// Any thread.
class shared_records {
public:
  struct plan {
    /// The store; there once anything else is asked.
    std::function<const catalog*()> store;
    /// Have the node keep and forget; must not wait.
    std::function<void(const record&)> keep;
    std::function<void(uint64_t kind, const std::string& name)> forget;
    std::function<uint64_t()> version;
    std::function<void(uint64_t)> set_version;
  };
  explicit shared_records(plan p)
      : plan_(std::move(p)) {}

  /// The kinds that are shared; of webhooks those of a single batch are not.
  static bool is_shared(const record& r);
  static bool is_shared_kind(uint64_t kind);
  static std::string pack(const record& r);

  /// All of them, in parts that fit into a message. Reads the store.
  std::vector<record_part> all(bool back = false) const;
  /// At the keeper: a change of its own; the version to tell it under.
  uint64_t raise_version();
  /// From the keeper. True: it knows less than this node, and is to be sent what there is here.
  [[nodiscard]] bool take(const record_part& part);
  void take_removal(uint64_t kind, const std::string& name);
  /// At the keeper, from an owner that knows more. True: that was all, everybody is to be told anew.
  [[nodiscard]] bool take_back(const record_part& part);

  /// Called with what comes from the keeper, and whether it is gone; until it is called with none.
  void on_change(std::function<void(const record&, bool gone)> call);

private:
  void tell(const record& r, bool gone);
  void forget_others();
  void keep_if_other(const record& r, bool replace);

  plan plan_;
  std::mutex mutex_;
  std::set<std::pair<uint64_t, std::string>> seen_;
  /// The set that is coming in may end what is not in it.
  bool whole_ = false;
  std::function<void(const record&, bool)> changed_;
};

} // namespace troupe
