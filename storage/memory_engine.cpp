#include "storage/engine.hpp"

#include <array>
#include <map>
#include <mutex>
#include <set>
#include <shared_mutex>
#include <vector>

namespace troupe {
namespace {

/// The values of one key, by the write that set them; none: erased.
using versions = std::map<uint64_t, std::optional<std::string>>;
using rows = std::map<std::string, versions, std::less<>>;

struct change {
  table in;
  std::string key;
  std::string end;
  std::optional<std::string> value;
  bool range = false;
};

class memory_write_set final : public write_set {
public:
  void put(table t, std::string_view key, std::string_view value) override {
    changes.push_back({t, std::string(key), {}, std::string(value), false});
  }
  void erase(table t, std::string_view key) override {
    changes.push_back({t, std::string(key), {}, {}, false});
  }
  void erase_range(table t, std::string_view from, std::string_view to) override {
    changes.push_back({t, std::string(from), std::string(to), {}, true});
  }
  bool empty() const override { return changes.empty(); }

  std::vector<change> changes;
};

/// What the engine and its views share: every version that a view may still see.
struct shared_state {
  mutable std::shared_mutex mutex;
  std::array<rows, static_cast<size_t>(table::count_)> tables;
  uint64_t newest = 0;
  std::multiset<uint64_t> seen_by_views;

  const rows& at(table t) const { return tables[static_cast<size_t>(t)]; }

  static const std::optional<std::string>* visible(const versions& v, uint64_t at) {
    auto it = v.upper_bound(at);
    if (it == v.begin()) return nullptr;
    --it;
    return it->second ? &it->second : nullptr;
  }
  void set(table t, const std::string& key, std::optional<std::string> value) {
    auto& v = tables[static_cast<size_t>(t)][key];
    v[newest] = std::move(value);
    const uint64_t oldest = seen_by_views.empty() ? newest : *seen_by_views.begin();
    while (v.size() > 1 && std::next(v.begin())->first <= oldest)
      v.erase(v.begin());
  }
  void apply(const change& c) {
    if (!c.range) return set(c.in, c.key, c.value);
    auto& r = tables[static_cast<size_t>(c.in)];
    for (auto it = r.lower_bound(c.key); it != r.end() && it->first < c.end; ++it)
      set(c.in, it->first, std::nullopt);
  }
};

class memory_cursor final : public cursor {
public:
  memory_cursor(std::vector<std::pair<std::string, std::string>> found)
      : rows_(std::move(found)) {}
  bool valid() const override { return at_ < rows_.size(); }
  void next() override { ++at_; }
  std::string_view key() const override { return rows_[at_].first; }
  std::string_view value() const override { return rows_[at_].second; }

private:
  std::vector<std::pair<std::string, std::string>> rows_;
  size_t at_ = 0;
};

class memory_view final : public view {
public:
  explicit memory_view(std::shared_ptr<shared_state> s)
      : state_(std::move(s)) {
    const std::unique_lock lock{state_->mutex};
    at_ = state_->newest;
    state_->seen_by_views.insert(at_);
  }
  ~memory_view() override {
    const std::unique_lock lock{state_->mutex};
    state_->seen_by_views.erase(state_->seen_by_views.find(at_));
  }
  std::optional<std::string> get(table t, std::string_view key) const override {
    const std::shared_lock lock{state_->mutex};
    const auto it = state_->at(t).find(key);
    const auto* value = it == state_->at(t).end() ? nullptr : shared_state::visible(it->second, at_);
    return value ? *value : std::nullopt;
  }
  std::unique_ptr<cursor> scan(table t, std::string_view from, std::string_view to) const override {
    return std::make_unique<memory_cursor>(between(t, from, to));
  }
  std::optional<std::pair<std::string, std::string>> last(table t, std::string_view from,
                                                          std::string_view to) const override {
    auto found = between(t, from, to);
    if (found.empty()) return std::nullopt;
    return std::move(found.back());
  }

private:
  std::vector<std::pair<std::string, std::string>> between(table t, std::string_view from,
                                                           std::string_view to) const {
    const std::shared_lock lock{state_->mutex};
    std::vector<std::pair<std::string, std::string>> out;
    const auto& r = state_->at(t);
    for (auto it = r.lower_bound(from); it != r.end() && it->first < to; ++it)
      if (const auto* value = shared_state::visible(it->second, at_)) out.emplace_back(it->first, **value);
    return out;
  }
  std::shared_ptr<shared_state> state_;
  uint64_t at_ = 0;
};

class memory_engine final : public engine {
public:
  std::unique_ptr<write_set> new_write_set() override { return std::make_unique<memory_write_set>(); }
  failure write(write_set& changes, bool) override {
    auto& set = static_cast<memory_write_set&>(changes);
    const std::unique_lock lock{state_->mutex};
    ++state_->newest;
    for (const auto& c : set.changes)
      state_->apply(c);
    set.changes.clear();
    return fail(errc::none);
  }
  std::unique_ptr<view> snapshot() const override { return std::make_unique<memory_view>(state_); }
  std::optional<std::string> get(table t, std::string_view key) const override {
    return memory_view(state_).get(t, key);
  }

private:
  std::shared_ptr<shared_state> state_ = std::make_shared<shared_state>();
};

} // namespace

std::unique_ptr<engine> make_memory_engine() {
  return std::make_unique<memory_engine>();
}

} // namespace troupe
