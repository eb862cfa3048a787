/// Large originals: files that come and go with the rows that name them.
#include "tests/storage/store.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <fstream>

namespace troupe::test {
namespace {

constexpr notebook_id other{8};
const std::string original(5'000, 'o');
const auto hash = sha256(original);

std::string read(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string folder(store& s) {
  const auto path = s.files().path_of(hash);
  return path.substr(0, path.find("/content/"));
}

bool marked(store& s, const digest& d) {
  return std::filesystem::exists(folder(s) + "/incoming/" + d.hex());
}

size_t incoming(store& s) {
  const std::filesystem::directory_iterator all(folder(s) + "/incoming");
  return static_cast<size_t>(std::distance(begin(all), end(all)));
}

std::string spool(file_store& files, const std::string& data, std::shared_ptr<const void>& keeper) {
  auto out = std::move(files.create().value());
  BOOST_REQUIRE(out->append(data).code == errc::none);
  auto closed = out->close().value();
  keeper = std::move(closed.keeper);
  return closed.path;
}

} // namespace

BOOST_AUTO_TEST_SUITE(originals)

BOOST_DATA_TEST_CASE(a_large_original_is_a_file, engines, kind) {
  store s(kind);
  const auto made = s.stored("text", original);
  BOOST_TEST((made.original == hash));
  BOOST_TEST(!s.db().get(table::content, hash.view()).has_value());
  const auto found = s.reader().content(made.original, made.original_size).value();
  BOOST_TEST(!found.bytes);
  BOOST_TEST(read(found.path) == original);
  BOOST_TEST(incoming(s) == 0u);
  s.check_sound();
  s.reopen();
  BOOST_TEST((s.files().contents() == std::vector{hash}));
  s.check_sound();
}

BOOST_DATA_TEST_CASE(a_spool_that_is_not_kept_is_removed, engines, kind) {
  store s(kind);
  { const auto unfinished = s.files().create().value()->append("data"); }
  BOOST_TEST(incoming(s) == 0u);
  {
    std::shared_ptr<const void> keeper;
    spool(s.files(), original, keeper);
    BOOST_TEST(incoming(s) == 1u);
  }
  BOOST_TEST(incoming(s) == 0u);
}

BOOST_DATA_TEST_CASE(keep_marks_and_settle_unmarks, engines, kind) {
  store s(kind);
  std::shared_ptr<const void> keeper;
  const auto path = spool(s.files(), original, keeper);
  BOOST_TEST(!s.files().holds(hash));
  BOOST_TEST((s.files().keep(path, hash).code == errc::none));
  BOOST_TEST(!std::filesystem::exists(path));
  BOOST_TEST(s.files().holds(hash));
  BOOST_TEST(marked(s, hash));
  BOOST_TEST((s.files().keep(path, hash).code == errc::none));
  s.files().settle(hash);
  BOOST_TEST(!marked(s, hash));
  BOOST_TEST(s.files().holds(hash));
  s.files().remove(hash);
  BOOST_TEST(s.files().contents().empty());
}

BOOST_DATA_TEST_CASE(a_crash_between_keep_and_commit_is_swept, engines, kind) {
  store s(kind);
  const auto b = s.accept(specs(1));
  s.end(s.success_with_file({b.id, 0}, "text", original));
  BOOST_TEST(s.files().holds(hash));
  s.reopen();
  BOOST_TEST(s.files().contents().empty());
  BOOST_TEST(incoming(s) == 0u);
  s.check_sound();
}

BOOST_DATA_TEST_CASE(a_crash_between_commit_and_settle_keeps_the_file, engines, kind) {
  store s(kind);
  s.stored("text", original);
  std::filesystem::create_hard_link(s.files().path_of(hash), folder(s) + "/incoming/" + hash.hex());
  s.reopen();
  BOOST_TEST(s.files().holds(hash));
  BOOST_TEST(incoming(s) == 0u);
  s.check_sound();
}

BOOST_DATA_TEST_CASE(removal_and_a_crash_before_the_file_went, engines, kind) {
  store s(kind);
  const auto made = s.stored("text", original);
  const auto kept = s.files().path_of(hash);
  std::filesystem::create_hard_link(kept, folder(s) + "/aside");
  BOOST_TEST(s.writer().remove(home, made.id, true).value());
  BOOST_TEST(s.files().contents().empty());
  BOOST_TEST(incoming(s) == 0u);
  s.check_sound();
  // As the crash would have left it: the rows gone, the file still there, and the note that it is to go.
  std::filesystem::rename(folder(s) + "/aside", kept);
  const auto set = s.db().new_write_set();
  set->put(table::index, layout::key::released(hash), {});
  BOOST_REQUIRE(s.db().write(*set, true).code == errc::none);
  s.reopen();
  BOOST_TEST(s.files().contents().empty());
  BOOST_TEST(incoming(s) == 0u);
  s.check_sound();
}

BOOST_DATA_TEST_CASE(a_shared_file_stays_until_its_last_source_goes, engines, kind) {
  store s(kind);
  const auto a = s.stored("text", original, home);
  const auto b = s.stored("text", original, other);
  const auto c = s.stored("another text", original, other);
  BOOST_TEST(s.files().contents().size() == 1u);
  for (const auto& x : {a, b}) {
    BOOST_TEST(s.writer().remove(x.home, x.id, true).value());
    BOOST_TEST(s.files().holds(hash));
    s.check_sound();
  }
  BOOST_TEST(s.writer().remove(other, c.id, true).value());
  BOOST_TEST(!s.files().holds(hash));
  s.check_sound();
}

BOOST_DATA_TEST_CASE(a_duplicate_leaves_no_file, engines, kind) {
  store s(kind);
  s.stored("text", "small");
  const auto b = s.accept(specs(1));
  BOOST_TEST(s.end(s.success_with_file({b.id, 0}, "text", original)).row.duplicate);
  s.flush();
  BOOST_TEST(s.files().contents().empty());
  BOOST_TEST(incoming(s) == 0u);
  s.check_sound();
}

BOOST_DATA_TEST_CASE(a_file_whose_text_is_itself_goes_with_its_source, engines, kind) {
  store s(kind);
  // A Markdown document: its text is the very bytes of the original.
  const auto made = s.stored(original, original);
  BOOST_TEST((made.markdown == made.original));
  s.check_sound();
  BOOST_TEST(s.writer().remove(home, made.id, true).value());
  BOOST_TEST(s.rows_in(table::content) == 0u);
  BOOST_TEST(s.files().contents().empty());
  s.check_sound();
}

BOOST_DATA_TEST_CASE(an_original_that_is_not_there_fails_alone, engines, kind) {
  store s(kind);
  const auto b = s.accept(specs(2));
  s.end(s.success_of({b.id, 0}, "text"));
  auto bad = s.success_of({b.id, 1}, "another text");
  auto f = *bad.found;
  f.original.body = {hash, original.size(), nullptr, folder(s) + "/incoming/nothing", nullptr};
  bad.found = std::make_shared<const finding>(f);
  const auto out = s.writer().end(bad);
  BOOST_REQUIRE(out.has_error());
  BOOST_TEST((out.error().code == errc::storage_error));
  s.flush();
  BOOST_TEST((s.row(b.id).counts == item_counts{.total = 2, .succeeded = 1}));
  BOOST_TEST((s.row(item_key{b.id, 1}).state == item_state::pending));
  s.check_sound();
  BOOST_TEST(s.end(s.success_with_file({b.id, 1}, "another text", original)).applied);
  s.flush();
  s.check_sound();
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace troupe::test
