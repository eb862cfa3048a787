#pragma once
/// Two engines driven as one: every call is made on both, and what they answer has to be the same.

#include "storage/engine.hpp"

#include <stdexcept>
#include <vector>

namespace troupe::test {

using row = std::pair<std::string, std::string>;

inline void agree(bool same, const char* what) {
  if (!same) throw std::logic_error(std::string("the engines disagree about ") + what);
}

class meta_write_set final : public write_set {
public:
  meta_write_set(std::unique_ptr<write_set> a, std::unique_ptr<write_set> b)
      : one(std::move(a))
      , other(std::move(b)) {}
  void put(table t, std::string_view key, std::string_view value) override {
    one->put(t, key, value);
    other->put(t, key, value);
  }
  void erase(table t, std::string_view key) override {
    one->erase(t, key);
    other->erase(t, key);
  }
  void erase_range(table t, std::string_view from, std::string_view to) override {
    one->erase_range(t, from, to);
    other->erase_range(t, from, to);
  }
  bool empty() const override {
    agree(one->empty() == other->empty(), "whether a write set is empty");
    return one->empty();
  }

  std::unique_ptr<write_set> one;
  std::unique_ptr<write_set> other;
};

class meta_cursor final : public cursor {
public:
  meta_cursor(std::unique_ptr<cursor> a, std::unique_ptr<cursor> b)
      : one_(std::move(a))
      , other_(std::move(b)) {}
  bool valid() const override {
    agree(one_->valid() == other_->valid(), "the end of a scan");
    return one_->valid();
  }
  void next() override {
    one_->next();
    other_->next();
  }
  std::string_view key() const override {
    agree(one_->key() == other_->key(), "a key of a scan");
    return one_->key();
  }
  std::string_view value() const override {
    agree(one_->value() == other_->value(), "a value of a scan");
    return one_->value();
  }

private:
  std::unique_ptr<cursor> one_;
  std::unique_ptr<cursor> other_;
};

class meta_view final : public view {
public:
  meta_view(std::unique_ptr<view> a, std::unique_ptr<view> b)
      : one_(std::move(a))
      , other_(std::move(b)) {}
  std::optional<std::string> get(table t, std::string_view key) const override {
    auto found = one_->get(t, key);
    agree(found == other_->get(t, key), "a row of a view");
    return found;
  }
  std::unique_ptr<cursor> scan(table t, std::string_view from, std::string_view to) const override {
    return std::make_unique<meta_cursor>(one_->scan(t, from, to), other_->scan(t, from, to));
  }
  std::optional<row> last(table t, std::string_view from, std::string_view to) const override {
    auto found = one_->last(t, from, to);
    agree(found == other_->last(t, from, to), "the last row of a range");
    return found;
  }

private:
  std::unique_ptr<view> one_;
  std::unique_ptr<view> other_;
};

class meta_engine final : public engine {
public:
  meta_engine(std::unique_ptr<engine> a, std::unique_ptr<engine> b)
      : one_(std::move(a))
      , other_(std::move(b)) {}
  std::unique_ptr<write_set> new_write_set() override {
    return std::make_unique<meta_write_set>(one_->new_write_set(), other_->new_write_set());
  }
  failure write(write_set& changes, bool sync) override {
    auto& both = dynamic_cast<meta_write_set&>(changes);
    auto answer = one_->write(*both.one, sync);
    agree(answer.code == other_->write(*both.other, sync).code, "the success of a write");
    return answer;
  }
  std::unique_ptr<view> snapshot() const override {
    return std::make_unique<meta_view>(one_->snapshot(), other_->snapshot());
  }
  std::optional<std::string> get(table t, std::string_view key) const override {
    auto found = one_->get(t, key);
    agree(found == other_->get(t, key), "a committed row");
    return found;
  }

private:
  std::unique_ptr<engine> one_;
  std::unique_ptr<engine> other_;
};

inline std::vector<row> rows(const view& at, table t, std::string_view from, std::string_view to) {
  std::vector<row> out;
  for (auto i = at.scan(t, from, to); i->valid(); i->next())
    out.emplace_back(i->key(), i->value());
  return out;
}

} // namespace troupe::test
