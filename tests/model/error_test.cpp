#include "model/batch.hpp"
#include "model/error.hpp"

#include <boost/test/unit_test.hpp>

#include <set>
#include <stdexcept>
#include <vector>

using namespace troupe;

namespace {

struct promised {
  std::string_view name;
  stage at;
  bool retryable;
};

/// Names, stages and retries are a promise to clients: changing one is changing the interface.
const std::vector<promised> promises = {
    {"none", stage::batch, false},
    {"invalid_url", stage::accept, false},
    {"unsupported_scheme", stage::accept, false},
    {"url_too_long", stage::accept, false},
    {"invalid_request", stage::accept, false},
    {"upload_id_taken", stage::accept, false},
    {"blocked_address", stage::fetch, false},
    {"robots_denied", stage::fetch, false},
    {"dns_failure", stage::fetch, true},
    {"connect_refused", stage::fetch, true},
    {"connect_timeout", stage::fetch, true},
    {"tls_error", stage::fetch, false},
    {"read_timeout", stage::fetch, true},
    {"stalled", stage::fetch, true},
    {"connection_reset", stage::fetch, true},
    {"truncated_body", stage::fetch, true},
    {"protocol_error", stage::fetch, true},
    {"too_many_redirects", stage::fetch, false},
    {"bad_redirect", stage::fetch, false},
    {"http_4xx", stage::fetch, false},
    {"http_429", stage::fetch, true},
    {"http_5xx", stage::fetch, true},
    {"http_other", stage::fetch, false},
    {"too_large", stage::fetch, false},
    {"fetch_failed", stage::fetch, true},
    {"unsupported_type", stage::parse, false},
    {"decode_error", stage::parse, false},
    {"empty_content", stage::parse, false},
    {"parse_failed", stage::parse, false},
    {"parse_crashed", stage::parse, true},
    {"parse_timeout", stage::parse, true},
    {"parse_memory", stage::parse, false},
    {"no_media", stage::parse, false},
    {"no_transcript", stage::parse, false},
    {"unsafe_content", stage::parse, false},
    {"unsafe_archive", stage::parse, false},
    {"encrypted", stage::parse, false},
    {"no_text", stage::parse, false},
    {"no_converter", stage::parse, false},
    {"storage_full", stage::persist, true},
    {"storage_error", stage::persist, true},
    {"corrupt_row", stage::persist, false},
    {"worker_died", stage::batch, true},
    {"node_lost", stage::batch, true},
    {"deadline_exceeded", stage::batch, true},
    {"cancelled", stage::batch, false},
    {"not_found", stage::batch, false},
    {"overloaded", stage::batch, true},
    {"internal_error", stage::batch, false},
    {"batch_ended", stage::batch, false},
    {"batch_open", stage::batch, false},
    {"batch_sealed", stage::batch, false},
    {"in_progress", stage::batch, true},
    {"gone", stage::batch, false},
    {"limit_reached", stage::batch, false},
    {"notebook_full", stage::batch, true},
};

} // namespace

BOOST_AUTO_TEST_SUITE(errors)

BOOST_AUTO_TEST_CASE(the_table_is_as_promised) {
  const auto table = error_table();
  BOOST_REQUIRE(table.size() == promises.size());
  for (size_t i = 0; i < table.size(); ++i) {
    BOOST_TEST(table[i].name == promises[i].name);
    BOOST_TEST(table[i].retryable == promises[i].retryable, promises[i].name);
    BOOST_TEST((table[i].at == promises[i].at), promises[i].name);
  }
}

BOOST_AUTO_TEST_CASE(every_row_has_a_sentence_and_a_name_of_its_own) {
  std::set<std::string_view> names;
  for (const auto& row : error_table()) {
    BOOST_TEST(row.text.ends_with('.'), row.name);
    BOOST_TEST(names.insert(row.name).second, row.name);
  }
}

BOOST_AUTO_TEST_CASE(codes_round_trip_through_their_names) {
  for (const auto& row : error_table()) {
    BOOST_TEST((errc_from_name(row.name) == row.code), row.name);
    BOOST_TEST((info(row.code).code == row.code), row.name);
  }
}

BOOST_AUTO_TEST_CASE(unknown_names_and_codes_are_internal_errors) {
  for (const auto* name : {"", "nonsense", "NONE", "http_404", "none "})
    BOOST_TEST((errc_from_name(name) == errc::internal_error), name);
  BOOST_TEST((info(errc::count_).code == errc::internal_error));
  BOOST_TEST((info(static_cast<errc>(255)).code == errc::internal_error));
}

BOOST_AUTO_TEST_CASE(stages_have_names) {
  BOOST_TEST(name(stage::accept) == "accept");
  BOOST_TEST(name(stage::fetch) == "fetch");
  BOOST_TEST(name(stage::parse) == "parse");
  BOOST_TEST(name(stage::persist) == "persist");
  BOOST_TEST(name(stage::batch) == "batch");
}

BOOST_AUTO_TEST_CASE(a_failure_without_words_says_what_the_table_says) {
  BOOST_TEST(fail(errc::too_large).text() == info(errc::too_large).text);
  BOOST_TEST(fail(errc::too_large, "12 bytes").text() == "12 bytes");
  BOOST_TEST(fail(errc::dns_failure).retryable());
  BOOST_TEST(!fail(errc::http_4xx).retryable());
  BOOST_TEST(fail(errc::http_4xx).http_status == 0);
  BOOST_TEST(!fail(errc::http_429).retry_after.has_value());
}

BOOST_AUTO_TEST_CASE(a_result_without_value_throws_its_failure) {
  const result<int> r = fail(errc::not_found, "no such thing as 7");
  BOOST_CHECK_EXCEPTION(r.value(), std::runtime_error, [](const std::runtime_error& e) {
    const std::string_view text = e.what();
    return text.find("not_found") != text.npos && text.find("no such thing as 7") != text.npos;
  });
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(states)

BOOST_AUTO_TEST_CASE(states_and_jobs_have_stable_names) {
  BOOST_TEST(name(job_type::url_parse) == "url_parse");
  BOOST_TEST(name(job_type::url_parse_media) == "url_parse_media");
  BOOST_TEST(name(job_type::file_upload) == "file_upload");
  BOOST_TEST(name(item_state::pending) == "pending");
  BOOST_TEST(name(item_state::retry_wait) == "retry_wait");
  BOOST_TEST(name(item_state::succeeded) == "succeeded");
  BOOST_TEST(name(item_state::failed) == "failed");
  BOOST_TEST(name(item_state::cancelled) == "cancelled");
  BOOST_TEST(name(item_state::expired) == "expired");
  BOOST_TEST(name(batch_state::open) == "open");
  BOOST_TEST(name(batch_state::cancelling) == "cancelling");
  BOOST_TEST(name(batch_state::completed) == "completed");
  BOOST_TEST(name(batch_state::completed_with_errors) == "completed_with_errors");
  BOOST_TEST(name(batch_state::failed) == "failed");
  BOOST_TEST(name(batch_state::cancelled) == "cancelled");
  BOOST_TEST(name(phase::waiting) == "waiting");
  BOOST_TEST(name(phase::fetching) == "fetching");
  BOOST_TEST(name(phase::parsing) == "parsing");
  BOOST_TEST(name(phase::persisting) == "persisting");
}

BOOST_AUTO_TEST_CASE(only_final_states_are_terminal) {
  for (const auto s : {item_state::pending, item_state::retry_wait})
    BOOST_TEST(!terminal(s));
  for (const auto s : {item_state::succeeded, item_state::failed, item_state::cancelled, item_state::expired})
    BOOST_TEST(terminal(s));
  for (const auto s : {batch_state::open, batch_state::cancelling})
    BOOST_TEST(!terminal(s));
  for (const auto s : {batch_state::completed, batch_state::completed_with_errors, batch_state::failed,
                       batch_state::cancelled})
    BOOST_TEST(terminal(s));
}

BOOST_AUTO_TEST_CASE(counts_add_up) {
  const item_counts c{10, 1, 2, 3, 1};
  BOOST_TEST(c.finished() == 7u);
  BOOST_TEST(c.open() == 3u);
}

BOOST_AUTO_TEST_CASE(an_item_shows_its_own_upload_id_or_one_of_its_number) {
  item x;
  x.id = item_id{12};
  BOOST_TEST(upload_id(x) == "u_12");
  x.upload_id = "mine";
  BOOST_TEST(upload_id(x) == "mine");
}

BOOST_AUTO_TEST_SUITE_END()
