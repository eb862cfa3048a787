#pragma once
/// A whole store of a test: engine, files, ledger and catalog, over either engine.

#include "storage/catalog.hpp"
#include "storage/ledger.hpp"
#include "tests/storage/temp_directory.hpp"

#include <boost/test/data/monomorphic.hpp>

#include <iosfwd>

namespace troupe::test {

enum class engine_kind { memory, rocksdb };
std::ostream& operator<<(std::ostream& out, engine_kind k);
/// For BOOST_DATA_TEST_CASE: the case runs on each.
inline const auto engines = boost::unit_test::data::make({engine_kind::memory, engine_kind::rocksdb});

/// An engine whose synced writes fail when it is told so.
class fragile_engine final : public engine {
public:
  explicit fragile_engine(std::unique_ptr<engine> inner)
      : inner_(std::move(inner)) {}
  std::unique_ptr<write_set> new_write_set() override { return inner_->new_write_set(); }
  failure write(write_set& changes, bool sync) override;
  std::unique_ptr<view> snapshot() const override { return inner_->snapshot(); }
  std::optional<std::string> get(table t, std::string_view key) const override { return inner_->get(t, key); }

  /// The next write with a sync (or without) fails with `code`, when so many of them have passed.
  void fail_next(errc code = errc::storage_full, bool synced = true, int passing = 0);

private:
  std::unique_ptr<engine> inner_;
  int passing_ = 0;
  bool synced_ = true;
  /// `none`: nothing is going to fail.
  errc code_ = errc::none;
};

/// Originals above this are files.
constexpr uint64_t inline_limit = 1'000;
constexpr notebook_id home{7};

class store {
public:
  /// With `losing` every reopening first loses what was not synced.
  explicit store(engine_kind kind, bool losing = false);

  /// As after a crash of the process: what was only staged is forgotten.
  void reopen();
  /// Forgets the ledger; the rest stays open.
  void close() { writer_.reset(); }
  /// Opens a ledger; the failure when it refuses.
  failure try_open(node_number node = 0);

  fragile_engine& db() { return *db_; }
  file_store& files() { return *files_; }
  ledger& writer() { return *writer_; }
  const catalog& reader() const { return *reader_; }

  /// Accepts a batch in one part, durably. `flushed` collects its events.
  batch accept_with(const std::vector<item_spec>& items, const batch_options& options);
  batch accept(const std::vector<item_spec>& items, notebook_id n = home, job_type job = job_type::url_parse);
  /// Flushes and hands over the events.
  std::vector<event> flush();
  /// Stages an ending, which must not fail.
  outcome end(const ending& e);

  /// An ending of the current attempt at an item.
  ending ending_of(item_key k, item_state to) const;
  ending success_of(item_key k, const std::string& markdown, const std::string& original = {}) const;
  /// A success with an original in a file of its own.
  ending success_with_file(item_key k, const std::string& markdown, const std::string& original);
  /// Accepts one URL and ends it with this text; the source it left.
  source stored(const std::string& markdown, const std::string& original = {}, notebook_id n = home);

  batch row(batch_id b) const { return reader_->find_batch(b).value(); }
  item row(item_key k) const { return reader_->find_item(k).value(); }
  /// Checks that nothing in the store contradicts anything else, and that no rows lie about.
  void check_sound() const;
  size_t rows_in(table t, std::string_view from = {}, std::string_view to = std::string(40, '\xff')) const;

private:
  void open_engine();

  engine_kind kind_;
  bool losing_;
  temp_directory temp_;
  std::shared_ptr<rocksdb::FileSystem> fs_;
  std::unique_ptr<fragile_engine> db_;
  std::unique_ptr<file_store> files_;
  std::unique_ptr<catalog> reader_;
  std::unique_ptr<ledger> writer_;
};

item_spec spec(const std::string& url, const std::string& upload_id = {});
item_spec refused_spec(const std::string& url);
std::vector<item_spec> specs(size_t count);

} // namespace troupe::test
