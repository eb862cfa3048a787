#include "config/settings.hpp"

#include <boost/test/unit_test.hpp>

#include <fstream>
#include <iterator>
#include <set>

using namespace troupe;

namespace {

const std::string some_hash(64, 'a');

std::string shipped_file() {
  std::ifstream file{std::string(TROUPE_SOURCE_DIR) + "/config/troupe.json", std::ios::binary};
  BOOST_REQUIRE(file);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string complaint_about(std::string_view json) {
  settings s;
  return read_settings(json, s);
}

bool names(const std::string& complaint, std::string_view key) {
  return complaint.find(key) != std::string::npos;
}

settings with(std::string_view json) {
  settings s;
  const auto complaint = read_settings(json, s);
  BOOST_TEST(complaint == "");
  return s;
}

} // namespace

BOOST_AUTO_TEST_SUITE(setting)

BOOST_AUTO_TEST_CASE(the_shipped_file_is_what_the_program_prints) {
  // Not BOOST_TEST: two files side by side say nothing.
  BOOST_CHECK_MESSAGE(shipped_file() == shipped_settings(),
                      "config/troupe.json is not as shipped_settings() prints");
}

BOOST_AUTO_TEST_CASE(reading_the_shipped_file_changes_nothing) {
  settings s;
  s.fetch.max_redirects = 1;
  s.http.listen = "10.0.0.1:1";
  s.fetch.robots = false;
  s.work.backoff = milliseconds{7};
  BOOST_TEST(read_settings(shipped_file(), s) == "");
  const settings defaults;
  BOOST_TEST(s.fetch.max_redirects == defaults.fetch.max_redirects);
  BOOST_TEST(s.http.listen == defaults.http.listen);
  BOOST_TEST(s.fetch.robots == defaults.fetch.robots);
  BOOST_TEST((s.work.backoff == defaults.work.backoff));
  BOOST_TEST(check_settings(s) == "");
}

BOOST_AUTO_TEST_CASE(every_default_is_within_its_own_bounds) {
  for (const auto& about : describe_settings()) {
    settings s;
    BOOST_TEST(override_setting(about.key + "=" + about.initial, s) == "", about.key);
  }
}

BOOST_AUTO_TEST_CASE(every_setting_is_described_once) {
  std::set<std::string> keys;
  for (const auto& about : describe_settings()) {
    BOOST_TEST(keys.insert(about.key).second, about.key);
    BOOST_TEST(about.key.find('.') != std::string::npos, about.key);
    BOOST_TEST(!about.text.empty(), about.key);
    BOOST_TEST(!about.initial.empty(), about.key);
  }
  BOOST_TEST(keys.contains("fetch.held_bytes"));
  BOOST_TEST(keys.contains("parse.wall_timeout_ms"));
}

BOOST_AUTO_TEST_CASE(values_of_each_kind_are_read) {
  const auto s = with(R"({
    // a comment
    "http": {"listen": "127.0.0.1:0", "allowed_origins": ["https://app.example"],
             "keys": [{"name": "a", "sha256": ")" +
                      some_hash + R"(", "notebooks": [1, 2], "write": true}]},
    "fetch": {"robots": false, "connect_timeout_ms": 1234, "max_redirects": 3},
    "log": {"level": "debug", "format": "json"}})");
  BOOST_TEST(s.http.listen == "127.0.0.1:0");
  BOOST_TEST((s.http.allowed_origins == std::vector<std::string>{"https://app.example"}));
  BOOST_REQUIRE(s.http.keys.size() == 1u);
  BOOST_TEST(s.http.keys[0].name == "a");
  BOOST_TEST(s.http.keys[0].sha256 == some_hash);
  BOOST_TEST((s.http.keys[0].notebooks == std::vector<uint64_t>{1, 2}));
  BOOST_TEST(s.http.keys[0].may_write);
  BOOST_TEST(!s.fetch.robots);
  BOOST_TEST((s.fetch.connect_timeout == milliseconds{1234}));
  BOOST_TEST(s.fetch.max_redirects == 3);
  BOOST_TEST(s.log.level == "debug");
  BOOST_TEST(s.log.format == "json");
}

BOOST_AUTO_TEST_CASE(keys_may_only_read_unless_they_say_so) {
  const auto s = with(R"({"http": {"keys": [{"name": "a", "sha256": ")" + some_hash + R"("}]}})");
  BOOST_REQUIRE(s.http.keys.size() == 1u);
  BOOST_TEST(!s.http.keys[0].may_write);
  BOOST_TEST(s.http.keys[0].notebooks.empty());
}

BOOST_AUTO_TEST_CASE(unknown_keys_are_named) {
  BOOST_TEST(names(complaint_about(R"({"fetch": {"max_redirect": 3}})"), "fetch.max_redirect"));
  BOOST_TEST(names(complaint_about(R"({"fetcher": {"robots": true}})"), "fetcher"));
  BOOST_TEST(names(complaint_about(R"({"robots": true})"), "robots"));
}

BOOST_AUTO_TEST_CASE(wrong_types_are_named) {
  for (const auto& [json, key] : std::initializer_list<std::pair<const char*, const char*>>{
           {R"({"fetch": {"robots": "yes"}})", "fetch.robots"},
           {R"({"fetch": {"robots": 1}})", "fetch.robots"},
           {R"({"fetch": {"max_redirects": "3"}})", "fetch.max_redirects"},
           {R"({"fetch": {"max_redirects": 3.5}})", "fetch.max_redirects"},
           {R"({"fetch": {"max_redirects": null}})", "fetch.max_redirects"},
           {R"({"fetch": {"user_agent": 7}})", "fetch.user_agent"},
           {R"({"fetch": {"allow_networks": "10.0.0.0/8"}})", "fetch.allow_networks"},
           {R"({"fetch": {"allow_networks": [8]}})", "fetch.allow_networks"},
           {R"({"fetch": {"connect_timeout_ms": true}})", "fetch.connect_timeout_ms"},
           {R"({"log": {"level": "loud"}})", "log.level"},
           {R"({"log": {"format": 1}})", "log.format"},
           {R"({"http": {"keys": {}}})", "http.keys"},
           {R"({"http": {"keys": ["secret"]}})", "http.keys"},
           {R"({"http": {"keys": [{"name": "a"}]}})", "http.keys"},
           {R"({"http": {"keys": [{"name": "a", "sha256": "abc"}]}})", "http.keys"}})
    BOOST_TEST(names(complaint_about(json), key), json << " gives \"" << complaint_about(json) << "\"");
}

BOOST_AUTO_TEST_CASE(bounds_are_kept_and_named) {
  for (const auto* json : {R"({"fetch": {"max_redirects": 51}})", R"({"fetch": {"max_redirects": -1}})",
                           R"({"fetch": {"max_redirects": 99999999999999999999}})",
                           R"({"fetch": {"max_redirects": 18446744073709551615}})"}) {
    const auto complaint = complaint_about(json);
    BOOST_TEST(names(complaint, "fetch.max_redirects"), json);
    BOOST_TEST(names(complaint, "0 to 50"), complaint);
  }
  BOOST_TEST(complaint_about(R"({"fetch": {"max_redirects": 50}})") == "");
  BOOST_TEST(complaint_about(R"({"fetch": {"max_redirects": 0}})") == "");
  BOOST_TEST(names(complaint_about(R"({"store": {"node": 1024}})"), "store.node"));
}

BOOST_AUTO_TEST_CASE(a_document_with_a_mistake_changes_nothing) {
  settings s;
  BOOST_TEST(read_settings(R"({"fetch": {"max_redirects": 3, "robots": "yes"}})", s) != "");
  BOOST_TEST(s.fetch.max_redirects == settings{}.fetch.max_redirects);
}

BOOST_AUTO_TEST_CASE(what_is_no_document_is_refused) {
  for (const auto* text : {"", "{", "[]", "7", "null", "{\"fetch\": }", "{\"fetch\": {\"robots\": tru}}"})
    BOOST_TEST(complaint_about(text) != "", text);
}

BOOST_AUTO_TEST_CASE(settings_are_overridden_one_by_one) {
  settings s;
  BOOST_TEST(override_setting("fetch.max_redirects=3", s) == "");
  BOOST_TEST(override_setting("fetch.robots=false", s) == "");
  BOOST_TEST(override_setting("fetch.connect_timeout_ms=250", s) == "");
  BOOST_TEST(override_setting("log.level=debug", s) == "");
  BOOST_TEST(override_setting("fetch.user_agent=\"Quoted/1\"", s) == "");
  BOOST_TEST(override_setting("fetch.allow_networks=[\"127.0.0.0/8\"]", s) == "");
  BOOST_TEST(override_setting("store.directory=/tmp/a=b", s) == "");
  BOOST_TEST(s.fetch.max_redirects == 3);
  BOOST_TEST(!s.fetch.robots);
  BOOST_TEST((s.fetch.connect_timeout == milliseconds{250}));
  BOOST_TEST(s.log.level == "debug");
  BOOST_TEST(s.fetch.user_agent == "Quoted/1");
  BOOST_TEST((s.fetch.allow_networks == std::vector<std::string>{"127.0.0.0/8"}));
  BOOST_TEST(s.store.directory == "/tmp/a=b");
}

BOOST_AUTO_TEST_CASE(a_bare_text_may_look_like_a_number) {
  settings s;
  BOOST_TEST(override_setting("store.directory=2024", s) == "");
  BOOST_TEST(s.store.directory == "2024");
}

BOOST_AUTO_TEST_CASE(overrides_that_make_no_sense_are_refused) {
  settings s;
  for (const auto* text : {"", "fetch", "fetch.robots", "robots=true", "=true", "fetch=1", "log.level=loud",
                           "fetch.robots=maybe", "fetch.max_redirects=51", "fetch.max_redirects="})
    BOOST_TEST(override_setting(text, s) != "", text);
  BOOST_TEST(names(override_setting("fetch.nonsense=1", s), "fetch.nonsense"));
  BOOST_TEST(names(override_setting("fetch.max_redirects=many", s), "fetch.max_redirects"));
  BOOST_TEST(s.fetch.max_redirects == settings{}.fetch.max_redirects);
}

BOOST_AUTO_TEST_CASE(listening_beyond_loopback_needs_keys) {
  settings s;
  for (const auto* open : {"0.0.0.0:8080", "10.0.0.1:8080", "[::]:8080", "[2001:db8::1]:80"}) {
    s.http.listen = open;
    s.http.keys.clear();
    const auto complaint = check_settings(s);
    BOOST_TEST(names(complaint, "http.listen"), open);
    BOOST_TEST(names(complaint, "http.keys"), open);
    s.http.keys.push_back({"a", some_hash, {}, true});
    BOOST_TEST(check_settings(s) == "", open);
  }
  s.http.keys.clear();
  for (const auto* closed : {"127.0.0.1:0", "127.8.8.8:65535", "[::1]:8080"}) {
    s.http.listen = closed;
    BOOST_TEST(check_settings(s) == "", closed);
  }
}

BOOST_AUTO_TEST_CASE(addresses_to_listen_on_are_checked) {
  settings s;
  for (const auto* text : {"", "8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:http",
                           "localhost:80", ":8080", "127.0.0.1:-1"}) {
    s.http.listen = text;
    BOOST_TEST(names(check_settings(s), "http.listen"), text);
  }
}

BOOST_AUTO_TEST_CASE(settings_that_contradict_each_other_are_named) {
  settings networks;
  networks.fetch.allow_networks = {"10.0.0.0/8", "10.0.0.0/99"};
  BOOST_TEST(names(check_settings(networks), "fetch.allow_networks"));
  BOOST_TEST(names(check_settings(networks), "10.0.0.0/99"));
  settings backoff;
  backoff.work.backoff = backoff.work.backoff_limit + milliseconds{1};
  BOOST_TEST(names(check_settings(backoff), "work.backoff_ms"));
  settings bodies;
  bodies.http.header_bytes = bodies.http.body_bytes + 1;
  BOOST_TEST(names(check_settings(bodies), "http.header_bytes"));
}

BOOST_AUTO_TEST_CASE(a_key_that_stands_twice_and_control_characters_are_refused) {
  BOOST_TEST(
      names(complaint_about(R"({"fetch": {"max_redirects": 3, "max_redirects": 4}})"), "max_redirects"));
  BOOST_TEST(names(complaint_about(R"({"fetch": {}, "fetch": {}})"), "fetch"));
  BOOST_TEST(names(complaint_about(R"({"fetch": {"user_agent": "a\r\nX: y"}})"), "fetch.user_agent"));
}

BOOST_AUTO_TEST_SUITE_END()
