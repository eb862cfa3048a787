/// The command: in a terminal, where people look at it, and in pipes, where programs do.
#include "cli/terminal.hpp"
#include "tests/support/terminal_process.hpp"
#include "tests/system/native.hpp"

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>

using namespace troupe::test;
using nlohmann::json;

namespace {

struct commanded : native {
  std::vector<std::string> here() const { return {"TROUPE_SERVER=" + server->base()}; }
  ran run(const std::vector<std::string>& arguments, const std::string& input = {}) const {
    return run_command(arguments, here(), input);
  }
  /// The JSON of a command that goes well.
  json said(std::vector<std::string> arguments) const {
    arguments.push_back("--json");
    const auto r = run(arguments);
    BOOST_REQUIRE_MESSAGE(r.code == 0, arguments.front() << ": " << r.code << " " << r.err);
    return json::parse(r.out.substr(0, r.out.find('\n')));
  }
  std::string held_batch(int count = 1) { return create({{"items", pages(count, "/delay/60000/")}})["id"]; }
  std::string file(const std::string& name, const std::string& text) const {
    const auto path = dir.path() + "-" + name;
    std::ofstream{path} << text;
    return path;
  }
};

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream in{text};
  for (std::string line; std::getline(in, line);)
    out.push_back(line);
  return out;
}

/// What `--help` of a command names: its options, or the commands below it.
std::set<std::string> named(const std::string& help, const std::string& pattern) {
  std::set<std::string> out;
  const std::regex re{pattern};
  for (const auto& line : lines_of(help))
    if (std::smatch m; std::regex_search(line, m, re)) out.insert(m[1]);
  return out;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(command, commanded)

// -- in pipes ------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(programs_get_json_from_every_verb) {
  const auto batch =
      said({"submit", "--notebook", "4", "--tag", "nightly", o.url("/page/1"), o.url("/status/404")});
  const std::string id = batch["id"];
  BOOST_TEST(batch["tags"] == json({"nightly"}));
  const auto watched = run({"watch", id, "--json"});
  BOOST_TEST(watched.code == 1);
  BOOST_TEST(json::parse(lines_of(watched.out).back())["state"] == "completed_with_errors");
  BOOST_TEST(said({"status", id})["notebook"] == 4);
  BOOST_TEST(said({"list", "--tag", "nightly"})["id"] == id);
  BOOST_TEST(said({"items", id, "--status", "failed"})["error"]["code"] == "http_4xx");
  BOOST_TEST(lines_of(run({"results", id, "--json"}).out).size() == 2u);
  BOOST_TEST(said({"retry", id})["id"] == id);
  const auto held = held_batch();
  BOOST_TEST(said({"pause", held})["state"] == "paused");
  BOOST_TEST(said({"resume", held})["id"] == held);
  BOOST_TEST(said({"cancel", held})["id"] == held);
  BOOST_TEST(said({"backup"})["state"] == "completed");
  const auto key = said({"keys", "create", "mine", "--write"});
  const auto with_key = std::vector<std::string>{"--key", key["key"]};
  const auto keyed = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), with_key.begin(), with_key.end());
    return said(arguments);
  };
  const auto other = keyed({"keys", "create", "other", "--notebook", "4"});
  BOOST_TEST(other["notebooks"] == json({4}));
  BOOST_TEST(keyed({"keys", "list"})["id"].is_string());
  BOOST_TEST(run({"keys", "delete", other["id"], "--key", key["key"]}).code == 0);
  BOOST_TEST(run({"list"}).code == 2);
  BOOST_TEST(run_command({"list"}, {here()[0], "TROUPE_KEY=" + key["key"].get<std::string>()}).code == 0);
}

BOOST_AUTO_TEST_CASE(urls_come_from_standard_input_and_files_from_here) {
  const auto r = run({"submit", "-"}, "# a list\n" + o.url("/page/1") + "\r\n\n" + o.url("/page/2") + "\n");
  BOOST_TEST(r.out == "bat_1: 2 items accepted\n");
  const auto notes = file("notes.txt", "Words of a file.");
  const auto id = said({"submit", notes})["id"].get<std::string>();
  BOOST_TEST(ended(id)["state"] == "completed");
  BOOST_TEST(run({"submit", notes, o.url("/page/1")}).code == 2);
  BOOST_TEST(run({"submit", "-"}, "").code == 2);
}

BOOST_AUTO_TEST_CASE(what_a_batch_left_is_taken_away) {
  const auto id = said({"submit", o.url("/page/1"), o.url("/page/2")})["id"].get<std::string>();
  ended(id);
  const auto to = dir.path() + "-out";
  BOOST_TEST(run({"export", id, "--to", to}).code == 0);
  BOOST_TEST(std::distance(std::filesystem::directory_iterator{to}, {}) == 2);
  BOOST_TEST(run({"export", id, "--to", to}).code == 2);
  BOOST_TEST(run({"export", id, "--to", to, "--force"}).code == 0);
  BOOST_TEST(run({"export", id, "--to", to + ".zip"}).code == 0);
  BOOST_TEST(run({"export", id, "--to", to + ".zip"}).code == 2);
  BOOST_TEST(run({"export", id, "--to", to + ".ndjson"}).code == 0);
  std::ifstream lines{to + ".ndjson"};
  std::string line;
  std::getline(lines, line);
  BOOST_TEST(json::parse(line).contains("markdown"));
  BOOST_TEST(run({"export", "bat_99", "--to", to + "2.zip"}).code == 2);
  BOOST_TEST(!std::filesystem::exists(to + "2.zip"));
  BOOST_TEST(run({"results", id}).out.find("# ") != std::string::npos);
  for (const auto* end : {"", ".zip", ".ndjson"})
    std::filesystem::remove_all(to + end);
}

BOOST_AUTO_TEST_CASE(exit_codes_say_what_happened) {
  BOOST_TEST(run({"submit", "--watch", o.url("/page/1")}).code == 0);
  BOOST_TEST(run({"submit", "--watch", o.url("/status/404")}).code == 1);
  BOOST_TEST(run({"status", "bat_99"}).code == 2);
  BOOST_TEST(run({"status"}).code == 2);
  BOOST_TEST(run({"nothing"}).code == 2);
  BOOST_TEST(run({"status", "bat_1", "--server", "http://127.0.0.1:1"}).code == 3);
  BOOST_TEST(run({"--help"}).code == 0);
  BOOST_TEST(run({"--version"}).code == 0);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_is_said_and_not_passed_over) {
  const auto id = said({"submit", o.url("/page/1")})["id"].get<std::string>();
  ended(id);
  for (const auto* verb : {"list", "results bat_1", "status bat_1", "config"}) {
    const auto line =
        "TROUPE_SERVER=" + server->base() + " " TROUPE_BINARY " " + verb + " > /dev/full 2>/dev/null";
    BOOST_TEST(WEXITSTATUS(std::system(line.c_str())) != 0, verb);
  }
  const auto head =
      "TROUPE_SERVER=" + server->base() + " bash -o pipefail -c '" TROUPE_BINARY " results bat_1 | true'";
  BOOST_TEST(std::system((head + " 2>&1 | grep -q .").c_str()) != 0, "a reader that goes is no error");
  for (const auto* verb : {"status", "watch", "items", "results", "cancel", "retry"})
    BOOST_TEST(run({verb, ""}).code == 2, verb);
  BOOST_TEST(run({"export", id, "--to", ""}).code == 2);
  BOOST_TEST(run({"export", id, "--to", "/proc/none"}).code == 2);
  BOOST_TEST(run({"export", id, "--to", "/proc/none.zip"}).code == 2);
  BOOST_TEST(run({"list", "--server", "ftp://127.0.0.1"}).code == 2);
  BOOST_TEST(run({"list", "--server", "https" + server->base().substr(4), "--ca", "/none"}).code == 2);
  BOOST_TEST(run({"list", "--server", o.url("/page/1") + "?"}).code == 3);
  BOOST_TEST(run({"submit", "missing.pdf"}).err.find("no such file") != std::string::npos);
  BOOST_TEST(run({"submit", "-"}, "\xef\xbb\xbf" + o.url("/page/1") + "\n").code == 0);
  BOOST_TEST(run({"nothing"}).err.find("there is no command") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(in_a_pipe_nothing_is_cut_and_nothing_is_drawn) {
  const auto url = o.url("/page/" + std::string(300, 'x'));
  const auto r = run({"submit", "--watch", url});
  BOOST_TEST(r.out.find(url) != std::string::npos);
  BOOST_TEST((r.out + r.err).find('\033') == std::string::npos);
  BOOST_TEST(r.err.find('\r') == std::string::npos);
}

// -- in a terminal -------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_bar_fits_the_window_whatever_its_width) {
  const auto id = held_batch();
  for (const unsigned columns : {200u, 80u, 40u, 12u}) {
    terminal_process t{{"watch", id}, columns, here()};
    // A narrow window has no room for more.
    BOOST_TEST(t.read_until(columns > 12 ? "0/1" : "0.0%"));
    if (columns >= 80) BOOST_TEST(t.output().find("░") != std::string::npos);
    for (const auto& line : t.drawn())
      BOOST_TEST(troupe::cli::width_of(line) < columns);
  }
}

BOOST_AUTO_TEST_CASE(a_bar_follows_the_window) {
  start_with({"fetch.max_per_host=1"});
  const auto id = create({{"items", pages(40, "/delay/20/")}})["id"].get<std::string>();
  terminal_process t{{"watch", id}, 100, here()};
  BOOST_TEST(t.read_until("%"));
  t.resize(50);
  BOOST_TEST(t.wait() == 0);
  const auto lines = t.drawn();
  bool narrow = false;
  for (const auto& line : lines)
    narrow = narrow || (line.find('%') != line.npos && troupe::cli::width_of(line) < 50);
  BOOST_TEST(narrow);
  BOOST_TEST(t.output().find("100.0%") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(without_a_locale_of_utf8_bars_are_plain) {
  const auto id = held_batch();
  terminal_process t{{"watch", id}, 80, {here()[0], "LANG=C", "LC_ALL=C"}};
  BOOST_TEST(t.read_until("0/1"));
  BOOST_TEST(t.output().find("....") != std::string::npos);
  BOOST_TEST(t.output().find("░") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(ctrl_c_leaves_the_batch_and_says_so) {
  const auto id = held_batch();
  terminal_process t{{"watch", id}, 80, here()};
  BOOST_TEST(t.read_until("0/1"));
  t.type("\x03");
  BOOST_TEST(t.wait() == 130);
  BOOST_TEST(t.output().find("troupe watch " + id) != std::string::npos);
  BOOST_TEST(!batch(id).contains("reason"));
}

BOOST_AUTO_TEST_CASE(a_table_is_cut_to_the_window_and_bold_where_colours_are) {
  const auto id = create({{"items", {o.url("/page/" + std::string(200, 'x'))}}})["id"].get<std::string>();
  ended(id);
  terminal_process t{{"items", id}, 60, here()};
  BOOST_TEST(t.wait() == 0);
  BOOST_TEST(t.output().find("…") != std::string::npos);
  BOOST_TEST(t.output().find("\033[1m") != std::string::npos);
  for (const auto& line : t.drawn())
    BOOST_TEST(troupe::cli::width_of(line) <= 60u);
  terminal_process plain{{"items", id}, 60, {here()[0], "NO_COLOR=1"}};
  BOOST_TEST(plain.wait() == 0);
  BOOST_TEST(plain.output().find("\033[1m") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_others_wrote_cannot_touch_the_terminal) {
  const auto made = create(
      {{"items", {{{"text", "Words \x1b[2J and \u009b more."}, {"filename", "a\x1b[2Jb\u009bc.txt"}}}}});
  ended(made["id"]);
  for (const auto* verb : {"items", "results"}) {
    terminal_process t{{verb, made["id"]}, 80, here()};
    BOOST_TEST(t.wait() == 0);
    BOOST_TEST(t.output().find("\033[2J") == std::string::npos);
    BOOST_TEST(t.output().find("\u009b") == std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(a_watch_waits_for_a_server_that_is_away) {
  const auto id = held_batch();
  const auto address = server->base().substr(7);
  terminal_process t{{"watch", id}, 80, here()};
  BOOST_TEST(t.read_until("0/1"));
  server->kill9();
  BOOST_TEST(t.read_until("the server is away"));
  server.reset();
  server = std::make_unique<server_process>(server_options{.data = dir.path(), .listen = address});
  BOOST_TEST(post("/v1/batches/" + id + "/cancel").status == 202);
  BOOST_TEST(t.wait() == 1);
  BOOST_TEST(t.output().find("cancelled") != std::string::npos);
}

// -- help ----------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(help_and_the_manual_page_agree) {
  const auto manual = run({"manual"}).out;
  const auto section = [&](const std::string& name) {
    const auto from = manual.find(".SS \"troupe " + name + "\"\n");
    BOOST_REQUIRE_MESSAGE(from != manual.npos, name);
    return manual.substr(from, std::min(manual.find(".SS ", from + 1), manual.find(".SH ", from)) - from);
  };
  const auto check = [&](const std::string& name, const std::string& help) {
    auto options = named(help, "^  (?:-., ?)?(--[a-z-]+)");
    auto shown = section(name);
    for (size_t at = 0; (at = shown.find("\\-", at)) != shown.npos;)
      shown.replace(at, 2, "-");
    options.erase("--help");
    BOOST_TEST(options == named(shown, "^\\\\fB(--[a-z-]+)"), name);
  };
  const std::string below = "^  ([a-z]+) ";
  const auto commands = named(run({"--help"}).out, below);
  BOOST_TEST(commands.size() >= 21u);
  for (const auto& c : commands) {
    const auto help = run({c, "--help"}).out;
    const auto subs = help.find("Subcommands:") == help.npos ? std::set<std::string>{} : named(help, below);
    for (const auto& sub : subs)
      check(c + " " + sub, run({c, sub, "--help"}).out);
    if (subs.empty()) check(c, help);
  }
  const auto page = file("troupe.1", manual);
  const auto rendered = "man --warnings -E UTF-8 -l -P cat " + page + " 2>&1 >/dev/null | grep -q .";
  BOOST_TEST(std::system(rendered.c_str()) != 0, "man has no complaints");
}

BOOST_AUTO_TEST_CASE(shells_complete_commands_and_options) {
  const auto complete = [&](const std::string& words) {
    const auto script = file(
        "complete.sh", "eval \"$(" TROUPE_BINARY " completion bash)\"\nCOMP_WORDS=(" + words +
                           ")\nCOMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n_troupe\necho \"${COMPREPLY[@]}\"\n");
    auto* pipe = popen(("bash " + script).c_str(), "r");
    std::string text(4'096, '\0');
    text.resize(std::fread(text.data(), 1, text.size(), pipe));
    pclose(pipe);
    return text.substr(0, text.find('\n'));
  };
  BOOST_TEST(complete("troupe sta") == "status");
  BOOST_TEST(complete("troupe keys ''") == "list create delete --help");
  BOOST_TEST(complete("troupe keys create --w") == "--write");
  BOOST_TEST(complete("troupe items bat_1 --err") == "--error-code");
  BOOST_TEST(run({"completion", "zsh"}).out.starts_with("#compdef troupe\n"));
  BOOST_TEST(run({"completion", "fish"}).out.find("-l error-code") != std::string::npos);
  BOOST_TEST(run({"completion", "tcsh"}).code == 2);
}

BOOST_AUTO_TEST_SUITE_END()
