#pragma once
/// A store that is worked on at random in a process that is going to be killed, and what that process has
/// said to be durable.

#include "storage/catalog.hpp"
#include "storage/ledger.hpp"

#include <map>
#include <random>
#include <set>

namespace troupe::test {

/// An engine, files, ledger and catalog over a file system that loses what was not synced.
struct crashing_store {
  /// Opening loses. `honest` false: synced writes are not synced.
  crashing_store(const std::string& root, bool honest);

  std::shared_ptr<rocksdb::FileSystem> fs;
  std::unique_ptr<engine> db;
  std::unique_ptr<file_store> files;
  std::unique_ptr<ledger> writer;
  std::unique_ptr<catalog> reader;
};

/// Works for ever: accepts, abandons, ends, cancels, links and removes at random; calls `report` with a line
/// per fact right after the flush that made it durable, and before a removal is begun.
class crash_run {
public:
  crash_run(crashing_store& s, unsigned seed, std::function<void(const std::string&)> report);
  [[noreturn]] void go();

private:
  void step();
  void accept();
  void end_one();
  void cancel();
  void remove();
  void flush();
  ending random_ending(const item& row);
  std::shared_ptr<const finding> random_finding();
  unsigned below(unsigned n) { return static_cast<unsigned>(random_() % n); }

  crashing_store& s_;
  std::mt19937 random_;
  std::function<void(const std::string&)> report_;
  std::vector<item_key> open_;
  std::vector<source_id> sources_;
  std::vector<std::string> staged_;
};

/// What was reported, over all processes.
class reported_facts {
public:
  void add(const std::string& line);
  size_t size() const { return batches_.size() + items_.size() + removed_.size(); }
  /// One line for each fact that the store does not have.
  std::vector<std::string> missing(const catalog& reader) const;

private:
  struct item_fact {
    item_state state = item_state::pending;
    uint32_t attempts = 0;
    source_id source{};
  };
  std::map<batch_id, uint32_t> batches_;
  std::map<item_key, item_fact> items_;
  std::set<source_id> removed_;
  /// Those, and one whose removal was begun when the process died.
  std::set<source_id> may_be_gone_;
  uint64_t newest_event_ = 0;
};

} // namespace troupe::test
