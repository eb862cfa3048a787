/// Sources: made once per text, known by URL, listed, linked and removed.
#include "tests/storage/store.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

namespace troupe::test {
namespace {

constexpr notebook_id other{8};

std::vector<source_id> listed(const store& s, notebook_id n, uint64_t limit, uint64_t offset = 0) {
  uint64_t total = 0;
  std::vector<source_id> out;
  for (const auto& x : s.reader().sources(n, limit, offset, total))
    out.push_back(x.row.id);
  return out;
}

bool stored_content(store& s, const digest& d) {
  return s.db().get(table::content, d.view()).has_value();
}

} // namespace

BOOST_AUTO_TEST_SUITE(sources)

BOOST_DATA_TEST_CASE(the_same_text_is_one_source, engines, kind) {
  store s(kind);
  const auto b = s.accept(specs(4));
  const auto first = s.end(s.success_of({b.id, 0}, "same")).row;
  const auto beside = s.end(s.success_of({b.id, 1}, "same")).row;
  s.flush();
  const auto behind = s.end(s.success_of({b.id, 2}, "same")).row;
  s.flush();
  s.reopen();
  const auto later = s.end(s.success_of({b.id, 3}, "same")).row;
  s.flush();
  BOOST_TEST(!first.duplicate);
  for (const auto& x : {beside, behind, later}) {
    BOOST_TEST(x.duplicate);
    BOOST_TEST((x.source == first.source));
  }
  BOOST_TEST(s.rows_in(table::sources) == 1u);
  s.check_sound();
}

BOOST_DATA_TEST_CASE(notebooks_have_sources_of_their_own, engines, kind) {
  store s(kind);
  const auto a = s.stored("same", "page", home);
  const auto b = s.stored("same", "page", other);
  BOOST_TEST((a.id != b.id));
  BOOST_TEST(s.rows_in(table::content) == 2u);
  BOOST_TEST(!s.reader().find_source(other, a.id).has_value());
  BOOST_TEST(s.reader().find_source(a.id).has_value());
  s.check_sound();
}

BOOST_DATA_TEST_CASE(a_known_url_and_its_validators, engines, kind) {
  store s(kind);
  const auto first = s.accept({spec("https://a.example/")});
  const auto made = s.end(s.success_of({first.id, 0}, "text")).row;
  s.flush();
  const auto known_to = [&](notebook_id n, job_type job, const std::string& url) {
    const auto b = s.accept({spec(url)}, n, job);
    uint32_t from = 0;
    return s.reader().open_items(b, from, 1).at(0).known;
  };
  const auto known = known_to(home, job_type::url_parse, "https://a.example/").value();
  BOOST_TEST((known.source == made.source));
  BOOST_TEST(known.etag == "\"e\"");
  BOOST_TEST(known.last_modified == "yesterday");
  BOOST_TEST((known.fetched == s.row(made.key).updated));
  BOOST_TEST(!known_to(other, job_type::url_parse, "https://a.example/").has_value());
  BOOST_TEST(!known_to(home, job_type::url_parse_media, "https://a.example/").has_value());
  BOOST_TEST(!known_to(home, job_type::url_parse, "https://a.example/x").has_value());
  BOOST_TEST(s.writer().remove(home, made.source, false).value());
  BOOST_TEST(!known_to(home, job_type::url_parse, "https://a.example/").has_value());
}

BOOST_DATA_TEST_CASE(listing_is_newest_first, engines, kind) {
  store s(kind);
  std::vector<source_id> made;
  for (int n = 0; n < 7; ++n)
    made.insert(made.begin(), s.stored("text " + std::to_string(n)).id);
  s.stored("elsewhere", {}, other);
  BOOST_TEST((listed(s, home, 100) == made));
  BOOST_TEST((listed(s, home, 2) == std::vector(made.begin(), made.begin() + 2)));
  BOOST_TEST((listed(s, home, 3, 5) == std::vector(made.begin() + 5, made.end())));
  BOOST_TEST(listed(s, home, 3, 7).empty());
  BOOST_TEST(listed(s, home, 3, ~uint64_t{0}).empty());
  BOOST_TEST(listed(s, home, 0).empty());
  uint64_t total = 0;
  s.reader().sources(home, 1, 3, total);
  BOOST_TEST(total == 7u);
  s.reader().sources(notebook_id{99}, 1, 0, total);
  BOOST_TEST(total == 0u);
}

BOOST_DATA_TEST_CASE(listing_of_all_notebooks, engines, kind) {
  store s(kind);
  for (int n = 0; n < 6; ++n)
    s.stored("text " + std::to_string(n), {}, n % 2 ? home : other);
  const auto everything = [](const source&) { return true; };
  const auto all = s.reader().all_sources(home, 100, 0, everything);
  BOOST_REQUIRE(all.size() == 6u);
  for (size_t i = 0; i < 6; ++i) {
    BOOST_TEST(all[i].linked == (all[i].row.home == home));
    if (i) BOOST_TEST((raw(all[i].row.id) < raw(all[i - 1].row.id)));
  }
  const auto some = s.reader().all_sources(home, 2, 1, [](const source& x) { return x.home == home; });
  BOOST_REQUIRE(some.size() == 2u);
  BOOST_TEST((some[0].row.id == all[2].row.id));
  BOOST_TEST((some[1].row.id == all[4].row.id));
}

BOOST_DATA_TEST_CASE(a_link_shows_a_source_in_another_notebook, engines, kind) {
  store s(kind);
  const auto made = s.stored("text");
  BOOST_TEST(!s.writer().link(other, source_id{999}, ""));
  BOOST_TEST(s.writer().link(other, made.id, "mine too"));
  s.flush();
  BOOST_TEST(s.reader().has_notebook(other));
  const auto there = s.reader().find_source(other, made.id).value();
  BOOST_TEST(there.notes == "mine too");
  BOOST_TEST((there.row.home == home));
  BOOST_TEST((listed(s, other, 10) == std::vector{made.id}));
  BOOST_TEST(s.writer().link(other, made.id, "changed"));
  s.flush();
  BOOST_TEST(s.reader().find_source(other, made.id)->notes == "changed");
  BOOST_TEST(listed(s, other, 10).size() == 1u);
  s.check_sound();
}

BOOST_DATA_TEST_CASE(removing_takes_a_source_out_of_one_notebook, engines, kind) {
  store s(kind);
  const auto made = s.stored("text");
  BOOST_TEST(!s.writer().remove(other, made.id, false).value());
  BOOST_TEST(!s.writer().remove(home, source_id{999}, false).value());
  s.writer().link(other, made.id, "");
  BOOST_TEST(s.writer().remove(home, made.id, false).value());
  BOOST_TEST(!s.reader().find_source(home, made.id).has_value());
  BOOST_TEST(s.reader().find_source(other, made.id).has_value());
  BOOST_TEST(!s.writer().remove(home, made.id, false).value());
  BOOST_TEST(s.writer().remove(other, made.id, false).value());
  s.check_sound();
}

BOOST_DATA_TEST_CASE(removing_by_force_drops_a_source_everywhere, engines, kind) {
  store s(kind);
  const auto made = s.stored("text", "page");
  s.writer().link(other, made.id, "");
  BOOST_TEST(!s.writer().remove(home, source_id{999}, true).value());
  // A notebook that does not hold it cannot drop it.
  BOOST_TEST(!s.writer().remove(notebook_id{99}, made.id, true).value());
  BOOST_TEST(s.reader().find_source(made.id).has_value());
  BOOST_TEST(s.writer().remove(home, made.id, true).value());
  BOOST_TEST(!s.reader().find_source(made.id).has_value());
  BOOST_TEST(listed(s, home, 10).empty());
  BOOST_TEST(listed(s, other, 10).empty());
  BOOST_TEST(s.rows_in(table::content) == 0u);
  for (const char* k : {"l", "s", "t", "c"})
    BOOST_TEST(s.rows_in(table::index, k, layout::key::after(k)) == 0u);
  const auto again = s.stored("text", "page");
  BOOST_TEST((again.id != made.id));
  s.check_sound();
}

BOOST_DATA_TEST_CASE(content_stays_until_its_last_source_goes, engines, kind) {
  store s(kind);
  const auto a = s.stored("same", "page", home);
  const auto b = s.stored("same", "page", other);
  BOOST_TEST(s.writer().remove(home, a.id, true).value());
  BOOST_TEST(stored_content(s, b.markdown));
  BOOST_TEST(stored_content(s, b.original));
  s.check_sound();
  BOOST_TEST(s.writer().remove(other, b.id, true).value());
  BOOST_TEST(!stored_content(s, b.markdown));
  BOOST_TEST(!stored_content(s, b.original));
  s.check_sound();
}

BOOST_DATA_TEST_CASE(removing_right_behind_the_ending_that_made_it, engines, kind) {
  store s(kind);
  const auto b = s.accept(specs(2));
  const auto made = s.end(s.success_of({b.id, 0}, "text")).row.source;
  BOOST_TEST(s.writer().remove(home, made, true).value());
  const auto next = s.end(s.success_of({b.id, 1}, "text")).row;
  BOOST_TEST(!next.duplicate);
  s.flush();
  s.check_sound();
}

BOOST_DATA_TEST_CASE(a_text_comes_again_after_its_source_was_taken_out, engines, kind) {
  store s(kind);
  const auto made = s.stored("text");
  BOOST_TEST(s.writer().remove(home, made.id, false).value());
  const auto b = s.accept(specs(1));
  const auto again = s.end(s.success_of({b.id, 0}, "text")).row;
  s.flush();
  BOOST_TEST(s.reader().find_source(home, again.source).has_value());
  s.check_sound();
}

BOOST_DATA_TEST_CASE(taking_out_a_linked_source_leaves_the_notebook_s_own_text, engines, kind) {
  for (const bool force : {false, true}) {
    store s(kind);
    const auto foreign = s.stored("same", {}, home);
    const auto own = s.stored("same", {}, other);
    BOOST_TEST(s.writer().link(other, foreign.id, ""));
    s.flush();
    BOOST_TEST(s.writer().remove(other, foreign.id, force).value());
    const auto b = s.accept(specs(1), other);
    const auto next = s.end(s.success_of({b.id, 0}, "same")).row;
    BOOST_TEST(next.duplicate);
    BOOST_TEST((next.source == own.id));
    s.flush();
    s.check_sound();
  }
}

BOOST_DATA_TEST_CASE(content_that_is_not_stored, engines, kind) {
  store s(kind);
  BOOST_TEST(!s.reader().content(sha256("never"), 5).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace troupe::test
