/// What operators and their programs look at.
#include "config/metrics.hpp"
#include "tests/system/native.hpp"

#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>

using namespace troupe;
using namespace troupe::test;
using nlohmann::json;

namespace {

struct operated : native {
  operated() { start_with({"work.attempts=1"}); }

  std::string metrics() const { return get("/metrics").body; }
  double value(const std::string& line) const {
    const auto text = "\n" + metrics();
    const auto at = text.find("\n" + line + " ");
    return at == text.npos ? -1 : std::stod(text.substr(at + line.size() + 2));
  }
};

/// Names of the metrics in a text of Prometheus.
std::set<std::string> names_in(const std::string& text) {
  std::set<std::string> out;
  std::istringstream in{text};
  for (std::string word, type, name; in >> word;)
    if (word == "TYPE" && in >> name >> type) out.insert(name);
  return out;
}

std::string read(const std::string& path) {
  std::ifstream in{std::string(TROUPE_SOURCE_DIR) + "/" + path};
  return {std::istreambuf_iterator<char>(in), {}};
}

/// How many threads of a process whose names begin so stand back by how many steps behind its first (proc(5),
/// setpriority(2)).
std::map<int, int> standing_back(pid_t process, std::string_view begin) {
  const int first = getpriority(PRIO_PROCESS, static_cast<id_t>(process));
  std::map<int, int> out;
  for (const auto& task : std::filesystem::directory_iterator{"/proc/" + std::to_string(process) + "/task"}) {
    std::string name;
    std::ifstream{task.path() / "comm"} >> name;
    if (name.starts_with(begin))
      ++out[getpriority(PRIO_PROCESS, static_cast<id_t>(std::stoi(task.path().filename()))) - first];
  }
  return out;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(operating, operated)

BOOST_AUTO_TEST_CASE(metrics_say_what_happened) {
  auto urls = pages(3);
  urls.push_back(o.url("/status/404"));
  const auto id = create({{"items", urls}})["id"].get<std::string>();
  ended(id);
  BOOST_TEST(value("troupe_batches_accepted_total") == 1);
  BOOST_TEST(value("troupe_items_accepted_total") == 4);
  BOOST_TEST(value("troupe_items_ended_total{state=\"succeeded\"}") == 3);
  BOOST_TEST(value("troupe_items_ended_total{state=\"failed\"}") == 1);
  // Labels stand in no order.
  BOOST_TEST(std::max(value("troupe_attempts_failed_total{stage=\"fetch\",code=\"http_4xx\"}"),
                      value("troupe_attempts_failed_total{code=\"http_4xx\",stage=\"fetch\"}")) == 1);
  BOOST_TEST(value("troupe_batches_ended_total{state=\"completed_with_errors\"}") == 1);
  BOOST_TEST(value("troupe_fetch_responses_total{class=\"4xx\"}") >= 1);
  BOOST_TEST(value("troupe_stage_duration_seconds_count{stage=\"fetching\"}") == 4);
  BOOST_TEST(value("troupe_stage_duration_seconds_count{stage=\"parsing\"}") == 3);
  BOOST_TEST(value("troupe_stage_duration_seconds_count{stage=\"persisting\"}") == 4);
  BOOST_TEST(value("troupe_store_transitions_total") == 6);
  BOOST_TEST(value("troupe_parser_documents_total") == 3);
  wait_until([&] { return value("troupe_batches_open") == 0; });
  const auto held = create({{"items", slow_pages(2, 60'000)}, {"sealed", false}})["id"].get<std::string>();
  wait_until([&] { return value("troupe_items_in_stage{stage=\"fetching\"}") == 2; });
  BOOST_TEST(value("troupe_gate_transfers") == 2);
  post("/v1/batches/" + held + "/items", {{"items", slow_pages(1, 60'001)}});
  BOOST_TEST(value("troupe_items_accepted_total") == 7);
  post("/v1/batches/" + held + "/cancel");
  ended(held);
  BOOST_TEST(value("troupe_items_ended_total{state=\"cancelled\"}") == 3);
  wait_until([&] { return value("troupe_gate_transfers") == 0; });
  BOOST_TEST(value("troupe_gate_waiting_items") == 0);
}

BOOST_AUTO_TEST_CASE(each_metric_is_there_and_no_other) {
  post("/v1/webhooks", {{"url", o.url("/status/204")}});
  ended(create({{"items", {o.url("/status/404")}}})["id"]);
  std::set<std::string> table;
  for (const auto& m : metric_table())
    table.emplace(m.name);
  BOOST_TEST(names_in(metrics()) == table);
}

BOOST_AUTO_TEST_CASE(the_lint_of_prometheus_has_no_complaints) {
  ended(create({{"items", {o.url("/page/1"), o.url("/status/404")}}})["id"]);
  const auto file = dir.path() + "-metrics";
  std::ofstream{file} << metrics();
  auto* pipe = popen(("promtool check metrics < " + file + " 2>&1").c_str(), "r");
  std::string said(4'096, '\0');
  said.resize(std::fread(said.data(), 1, said.size(), pipe));
  BOOST_TEST(WEXITSTATUS(pclose(pipe)) == 0);
  BOOST_TEST(said == "");
}

BOOST_AUTO_TEST_CASE(the_documentation_has_the_same_table) {
  std::string wanted;
  for (const auto& m : metric_table()) {
    std::string labels;
    for (const auto l : m.labels)
      if (!l.empty()) labels += (labels.empty() ? "`" : ", `") + std::string(l) + "`";
    constexpr const char* kinds[] = {"counter", "gauge", "histogram"};
    wanted += "| `" + std::string(m.name) + "` | " + kinds[static_cast<int>(m.kind)] + " | " + labels +
              " | " + std::string(m.help) + " |\n";
  }
  const auto text = read("docs/operating.md");
  const auto at = text.find("| `troupe_build_info`");
  BOOST_TEST(text.substr(std::min(at, text.size())) == wanted);
}

BOOST_AUTO_TEST_CASE(the_dashboard_shows_metrics_that_there_are) {
  std::set<std::string> known;
  for (const auto& m : metric_table())
    for (const auto* suffix : {"", "_bucket", "_count", "_sum"})
      known.insert(std::string(m.name) + suffix);
  const auto text = read("packaging/grafana-dashboard.json");
  BOOST_TEST(json::parse(text)["panels"].size() > 10u);
  const std::regex name{"(troupe|process)_[a-z_]+"};
  for (std::sregex_iterator it{text.begin(), text.end(), name}, end; it != end; ++it)
    BOOST_TEST(known.contains(it->str()), it->str());
}

BOOST_AUTO_TEST_CASE(health_is_for_all_and_metrics_for_who_may_see_all) {
  BOOST_TEST(get("/healthz").body == R"({"status":"ok"})");
  BOOST_TEST(get("/readyz").json()["status"] == "ok");
  const auto manager = post("/v1/keys", {{"name", "m"}, {"write", true}}).json()["key"].get<std::string>();
  const auto bearer = [](const std::string& key) { return std::vector{"Authorization: Bearer " + key}; };
  const json bound{{"name", "b"}, {"notebooks", {1}}};
  const auto narrow =
      server->post("/v1/keys", bound.dump(), bearer(manager)).json()["key"].get<std::string>();
  BOOST_TEST(get("/readyz").status == 200);
  BOOST_TEST(get("/metrics").status == 401);
  BOOST_TEST(server->get("/metrics", bearer(narrow)).status == 403);
  BOOST_TEST(server->get("/metrics", bearer(manager)).status == 200);
}

BOOST_AUTO_TEST_CASE(threads_of_work_stand_back_behind_those_that_answer) {
  start_with({"work.nice=12"});
  ended(create({{"items", pages(3)}})["id"]);
  const auto steps = [this](std::string_view name) { return standing_back(server->pid(), name); };
  const auto one_by = [](int n) { return std::map<int, int>{{n, 1}}; };
  BOOST_TEST((steps("front") == one_by(0)));
  BOOST_TEST((steps("transfers") == one_by(0)));
  BOOST_TEST((steps("writer") == one_by(6)));
  BOOST_TEST((steps("reader") == one_by(6)));
  BOOST_TEST((steps("timer") == one_by(6)));
  BOOST_TEST((steps("parsers") == one_by(12)));
  const auto actors = steps("actors");
  BOOST_TEST(actors.size() == 1u);
  BOOST_TEST(actors.at(12) >= 2);
}

BOOST_AUTO_TEST_CASE(one_that_drains_is_alive_and_not_ready) {
  create({{"items", slow_pages(1, 60'000)}});
  wait_until([&] { return o.under_way() == 1; });
  server->signal(SIGTERM);
  wait_until([&] { return get("/readyz").status == 503; });
  BOOST_TEST(get("/readyz").json()["status"] == "draining");
  BOOST_TEST(get("/healthz").status == 200);
}

BOOST_AUTO_TEST_SUITE_END()
