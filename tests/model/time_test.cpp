#include "model/time.hpp"

#include <boost/test/unit_test.hpp>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

timestamp at(int year, unsigned month, unsigned day, milliseconds in_day) {
  const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{month},
                                         std::chrono::day{day}};
  return timestamp{std::chrono::sys_days{date}.time_since_epoch() + in_day};
}

} // namespace

BOOST_AUTO_TEST_SUITE(times)

BOOST_AUTO_TEST_CASE(rfc3339_shows_utc_with_milliseconds) {
  BOOST_TEST(to_rfc3339(timestamp{}) == "1970-01-01T00:00:00.000Z");
  BOOST_TEST(to_rfc3339(at(2024, 1, 15, 10h + 30min)) == "2024-01-15T10:30:00.000Z");
  BOOST_TEST(to_rfc3339(at(2024, 2, 29, 23h + 59min + 59s + 7ms)) == "2024-02-29T23:59:59.007Z");
  BOOST_TEST(to_rfc3339(timestamp{-1ms}) == "1969-12-31T23:59:59.999Z");
}

BOOST_AUTO_TEST_CASE(rfc3339_sorts_as_time_does) {
  BOOST_TEST(to_rfc3339(at(2024, 9, 30, 0ms)) < to_rfc3339(at(2024, 10, 1, 0ms)));
  BOOST_TEST(to_rfc3339(at(2024, 9, 30, 9ms)) < to_rfc3339(at(2024, 9, 30, 10ms)));
}

BOOST_AUTO_TEST_CASE(http_dates_are_read_in_all_three_forms) {
  const auto expected = at(1994, 11, 6, 8h + 49min + 37s);
  BOOST_TEST((parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT") == expected));
  BOOST_TEST((parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT") == expected));
  BOOST_TEST((parse_http_date("Sun Nov  6 08:49:37 1994") == expected));
  BOOST_TEST((parse_http_date("Wed Nov 16 08:49:37 1994") == expected + 240h));
}

BOOST_AUTO_TEST_CASE(two_digit_years_turn_at_seventy) {
  BOOST_TEST((parse_http_date("Monday, 01-Jan-24 00:00:00 GMT") == at(2024, 1, 1, 0ms)));
}

BOOST_AUTO_TEST_CASE(what_is_no_http_date_is_the_epoch) {
  for (const auto* text : {"", "yesterday", "120", "2024-01-15T10:30:00Z", "Sun, 06 Nov 1994 08:49:37",
                           "Sun, 06 Nov 1994 08:49:37 GMT and more", "Sun, 06 Nov 1994 08:49:37 +0100",
                           "Sun, 32 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 25:49:37 GMT"})
    BOOST_TEST((parse_http_date(text) == timestamp{}), text);
}

BOOST_AUTO_TEST_CASE(times_are_read_with_any_offset) {
  const auto expected = at(2024, 1, 15, 0ms) + 10h + 30min;
  BOOST_TEST((parse_rfc3339("2024-01-15T10:30:00Z") == expected));
  BOOST_TEST((parse_rfc3339("2024-01-15T10:30:00.250Z") == expected + 250ms));
  BOOST_TEST((parse_rfc3339("2024-01-15T11:30:00.000+01:00") == expected));
  BOOST_TEST((parse_rfc3339("2024-01-15T08:00:00-02:30") == expected));
  BOOST_TEST((parse_rfc3339(to_rfc3339(expected)) == expected));
  BOOST_TEST((parse_rfc3339("2024-02-29T00:00:00Z") == at(2024, 2, 29, 0ms)));
  for (const auto* text :
       {"", "soon", "2024-01-15", "2024-01-15T10:30:00", "2024-01-15T10:30:00Zx", "2024-13-15T10:30:00Z",
        "2024-01-15T10:30:00*01:00", "2030-02-30T10:30:00Z", "2024-01-15T10:30:00+24:00",
        "2024-01-15T10:30:00+-1:00", "2024-01-15T10:30:00++1:00", "2024-1-15T10:30:00Z",
        "2024-01-15T10:30:00.Z", "2024-01-15T10:30:61Z", "2024-01-15T10:30:00+01:60"})
    BOOST_TEST((parse_rfc3339(text) == timestamp{}), text);
}

BOOST_AUTO_TEST_CASE(now_is_the_wall_clock) {
  const auto before = std::chrono::system_clock::now();
  const auto seen = now();
  const auto after = std::chrono::system_clock::now();
  BOOST_TEST((seen >= std::chrono::floor<milliseconds>(before)));
  BOOST_TEST((seen <= after));
}

BOOST_AUTO_TEST_SUITE_END()
