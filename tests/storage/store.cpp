#include "tests/storage/store.hpp"

#include "tests/support/unsynced_fs.hpp"

#include <boost/test/unit_test.hpp>

#include <ostream>
#include <utility>

namespace troupe::test {

std::ostream& operator<<(std::ostream& out, engine_kind k) {
  return out << (k == engine_kind::memory ? "memory" : "rocksdb");
}

failure fragile_engine::write(write_set& changes, bool sync) {
  if (code_ == errc::none || sync != synced_ || passing_-- > 0) return inner_->write(changes, sync);
  return fail(std::exchange(code_, errc::none), "made to fail");
}

void fragile_engine::fail_next(errc code, bool synced, int passing) {
  code_ = code;
  synced_ = synced;
  passing_ = passing;
}

store::store(engine_kind kind, bool losing)
    : kind_(kind)
    , losing_(losing) {
  // There from the start, so that no case depends on how the store makes its directories durable.
  for (const auto* sub : {"disk/db", "disk/files/incoming", "disk/files/content"})
    temp_.sub(sub);
  open_engine();
  BOOST_REQUIRE(try_open().code == errc::none);
}

void store::open_engine() {
  const auto root = temp_.path() + "/disk";
  db_.reset();
  files_.reset();
  if (losing_) fs_ = make_unsynced_file_system(root);
  const rocksdb_options options{root + "/db", 1 << 20, 1 << 20, fs_};
  db_ = std::make_unique<fragile_engine>(
      kind_ == engine_kind::memory ? make_memory_engine() : std::move(open_rocksdb(options).value()));
  files_ = std::move(file_store::open(root + "/files", fs_).value());
  reader_ = std::make_unique<catalog>(*db_, *files_);
}

failure store::try_open(node_number node) {
  writer_.reset();
  auto opened = ledger::open(*db_, *files_, {node, inline_limit});
  if (!opened) return opened.error();
  writer_ = std::move(*opened);
  return fail(errc::none);
}

void store::reopen() {
  writer_.reset();
  if (kind_ == engine_kind::rocksdb) open_engine();
  BOOST_REQUIRE(try_open().code == errc::none);
}

batch store::accept(const std::vector<item_spec>& items, notebook_id n, job_type job) {
  const auto id = writer_->begin(n, job, {});
  const auto added = writer_->add(id, items);
  BOOST_REQUIRE(added.code == errc::none);
  auto out = writer_->accept(id, {});
  flush();
  return out;
}

batch store::accept_with(const std::vector<item_spec>& items, const batch_options& options) {
  const auto id = writer_->begin(home, job_type::url_parse, options);
  const auto added = writer_->add(id, items);
  BOOST_REQUIRE(added.code == errc::none);
  auto out = writer_->accept(id, options);
  flush();
  return out;
}

std::vector<event> store::flush() {
  std::vector<event> events;
  BOOST_REQUIRE(writer_->flush(events).code == errc::none);
  return events;
}

outcome store::end(const ending& e) {
  auto out = writer_->end(e);
  BOOST_REQUIRE(out.has_value());
  return *out;
}

ending store::ending_of(item_key k, item_state to) const {
  ending e{.key = k, .token = {writer_->epoch(), row(k).attempts + 1}, .started = now(), .to = to};
  if (to == item_state::retry_wait) {
    e.error = fail(errc::http_5xx);
    e.not_before = now() + milliseconds{5'000};
  } else if (to != item_state::succeeded) {
    e.error = fail(to == item_state::cancelled ? errc::cancelled
                   : to == item_state::expired ? errc::deadline_exceeded
                                               : errc::http_4xx);
  }
  return e;
}

ending store::success_of(item_key k, const std::string& markdown, const std::string& original) const {
  auto e = ending_of(k, item_state::succeeded);
  finding f{
      {.http_status = 200, .final_url = row(k).url, .etag = "\"e\"", .last_modified = "yesterday"},
      {.markdown = markdown, .title = "T", .content_type = "text/html", .extraction_method = "html/article"}};
  if (!original.empty()) f.original.body = make_content(original);
  e.found = std::make_shared<const finding>(std::move(f));
  return e;
}

ending store::success_with_file(item_key k, const std::string& markdown, const std::string& original) {
  auto e = success_of(k, markdown);
  auto spool = std::move(files_->create().value());
  BOOST_REQUIRE(spool->append(original).code == errc::none);
  const auto spooled = spool->close().value();
  auto f = *e.found;
  f.original.body = {sha256(original), original.size(), nullptr, spooled.path, spooled.keeper};
  e.found = std::make_shared<const finding>(std::move(f));
  return e;
}

source store::stored(const std::string& markdown, const std::string& original, notebook_id n) {
  const auto b = accept({spec("https://a.example/" + sha256(markdown).hex())}, n);
  const item_key k{b.id, 0};
  const auto done = end(original.size() > inline_limit ? success_with_file(k, markdown, original)
                                                       : success_of(k, markdown, original));
  BOOST_REQUIRE(done.applied);
  flush();
  return reader_->find_source(done.row.source).value();
}

void store::check_sound() const {
  for (const auto& line : reader_->verify())
    BOOST_ERROR(line);
  const auto at = db_->snapshot();
  for (auto i = at->scan(table::batches, {}, std::string(9, '\xff')); i->valid(); i->next()) {
    const batch_id id{layout::key::number_at(i->key(), 0)};
    if (const auto b = reader_->find_batch(id)) BOOST_TEST((reader_->recount(id) == b->counts));
  }
}

size_t store::rows_in(table t, std::string_view from, std::string_view to) const {
  const auto at = db_->snapshot();
  size_t n = 0;
  for (auto i = at->scan(t, from, to); i->valid(); i->next())
    ++n;
  return n;
}

item_spec spec(const std::string& url, const std::string& upload_id) {
  return {.url = url, .upload_id = upload_id};
}

item_spec refused_spec(const std::string& url) {
  return {.url = url, .refused = fail(errc::invalid_url)};
}

std::vector<item_spec> specs(size_t count) {
  std::vector<item_spec> out;
  for (size_t i = 0; i < count; ++i)
    out.push_back(spec("https://a.example/" + std::to_string(i)));
  return out;
}

} // namespace troupe::test
