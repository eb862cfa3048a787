/// Backups made under load, restored elsewhere, counted again.
#include "tests/support/terminal_process.hpp"
#include "tests/system/native.hpp"

#include <filesystem>
#include <fstream>
#include <thread>

using namespace troupe::test;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

struct backed_up : native {
  scratch elsewhere;

  backed_up() {
    start_with({"store.inline_original_bytes=1000", "fetch.max_per_host=64", "store.max_backups=100"});
  }

  ran command(const std::vector<std::string>& arguments) const {
    return run_command(arguments, {"TROUPE_SERVER=" + server->base()});
  }
  std::string path(const std::string& name) const { return elsewhere.path() + "/" + name; }
  json made(const std::string& file) const {
    const auto r = command({"backup", "--to", file, "--json"});
    BOOST_REQUIRE_MESSAGE(r.code == 0, r.err);
    return json::parse(r.out);
  }
  ran restore(const std::string& from, const std::string& data) const {
    return run_command({"restore", from, "--data", data});
  }
};

/// Every event of a notebook up to one of them.
std::vector<json> events_of(const server_process& s, uint64_t last) {
  std::vector<json> out;
  for (uint64_t after = 0;;) {
    const auto page = s.get("/v1/notebooks/3/events?limit=1000&after=" + std::to_string(after)).json();
    for (const auto& e : page["data"])
      if (e["id"] <= last) out.push_back(e);
    const auto reached = page["last_event_id"].get<uint64_t>();
    if (page["data"].empty() || reached >= last) return out;
    after = reached;
  }
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(backups, backed_up)

BOOST_AUTO_TEST_CASE(nothing_is_missing_up_to_a_backups_point) {
  // Pages come in, large originals are files, and sources are dropped, all the while.
  std::atomic<int> batches = 0;
  std::jthread load([&](const std::stop_token& stop) {
    for (int n = 0; !stop.stop_requested(); ++n) {
      auto items = json::array();
      for (int i = 0; i < 40; ++i)
        items.push_back(o.url("/page/" + std::to_string(n * 40 + i)));
      post("/v1/batches", {{"notebook", 3}, {"items", items}});
      ++batches;
      const auto files = get("/api/v1/notebooks/3/files/?limit=5").json();
      for (const auto& f : files.value("data", json::array()))
        server->send("DELETE",
                     "/api/v1/notebooks/3/files/" + f["file_id"].get<std::string>() + "/?force=true", "");
    }
  });
  // More than are dropped at a time.
  wait_until([&] {
    const auto sources = get("/api/v1/notebooks/3/files/?limit=1");
    return batches >= 3 && sources.status == 200 && sources.json()["pagination"]["total"] >= 20;
  });
  std::vector<json> all;
  for (int i = 0; i < 4; ++i) {
    all.push_back(made(path(std::to_string(i) + ".tar")));
    // The next is to have more in it, however slow the machine.
    const auto after = std::to_string(all.back()["last_event"].get<uint64_t>());
    wait_until([&] {
      const auto events = get("/v1/notebooks/3/events?limit=1&after=" + after);
      return events.status == 200 && !events.json()["data"].empty();
    });
  }
  load.request_stop();
  load.join();
  uint64_t before = 0;
  for (size_t i = 0; i < all.size(); ++i) {
    const auto data = path("restored" + std::to_string(i));
    const auto r = restore(path(std::to_string(i) + ".tar"), data);
    BOOST_REQUIRE_MESSAGE(r.code == 0, r.out << r.err);
    BOOST_TEST(r.out.find("the store agrees with itself") != std::string::npos);
    const auto last = all[i]["last_event"].get<uint64_t>();
    BOOST_TEST(last > before);
    before = last;
    BOOST_TEST(all[i]["files"] > 0);
    const server_process again{server_options{.data = data, .set = settings}};
    BOOST_TEST((events_of(again, last) == events_of(*server, last)));
    // What was open goes on to its end.
    const auto rows = again.get("/v1/batches?limit=1000").json()["data"];
    BOOST_TEST(rows.size() == all[i]["batches"].get<size_t>());
    for (const auto& b : rows)
      BOOST_TEST(
          again.get("/v1/batches/" + b["id"].get<std::string>() + "?wait=60").json().contains("reason"));
  }
  for (size_t i = 0; i < all.size(); ++i)
    BOOST_TEST(verify_store(path("restored" + std::to_string(i))) == "");
  BOOST_TEST(get("/v1/backups").json()["data"].empty());
}

BOOST_AUTO_TEST_CASE(what_is_dropped_after_a_backup_is_in_it) {
  ended(create({{"notebook", 3}, {"items", {o.url("/page/1")}}})["id"]);
  const auto file = get("/api/v1/notebooks/3/files/").json()["data"][0]["file_id"].get<std::string>();
  const auto original = get("/api/v1/notebooks/files/" + file + "/raw/").body;
  const auto r = command({"backup", "--json"});
  BOOST_REQUIRE(r.code == 0);
  const auto copy = json::parse(r.out);
  BOOST_TEST(copy["files"] == 1);
  server->send("DELETE", "/api/v1/notebooks/3/files/" + file + "/?force=true", "");
  BOOST_TEST(get("/api/v1/notebooks/files/" + file + "/raw/").status == 404);
  BOOST_TEST(restore(copy["directory"], path("restored")).code == 0);
  const server_process again{server_options{.data = path("restored"), .set = settings}};
  BOOST_TEST(again.get("/api/v1/notebooks/files/" + file + "/raw/").body == original);
  server->kill9();
  BOOST_TEST(verify_store(dir.path()) == "");
}

BOOST_AUTO_TEST_CASE(one_that_was_cut_short_is_none) {
  made(path("whole.tar"));
  create({{"items", pages(20)}});
  for (int i = 0; i < 3; ++i) {
    post("/v1/backups");
    restart();
    for (const auto& entry : fs::directory_iterator{dir.path() + "/backups"}) {
      BOOST_TEST(entry.path().extension() != ".part");
      BOOST_TEST(fs::exists(entry.path() / "backup.json"));
    }
  }
  const auto bytes = fs::file_size(path("whole.tar"));
  for (const auto share : {3u, 10u, 50u, 90u}) {
    fs::copy_file(path("whole.tar"), path("cut.tar"), fs::copy_options::overwrite_existing);
    fs::resize_file(path("cut.tar"), bytes * share / 100);
    BOOST_TEST(restore(path("cut.tar"), path("cut")).code == 1);
    BOOST_TEST(!fs::exists(path("cut")));
    BOOST_TEST(!fs::exists(path("cut.part")));
  }
}

BOOST_AUTO_TEST_CASE(an_archive_that_is_none_writes_nowhere) {
  const auto work = path("evil");
  fs::create_directories(work + "/db");
  std::ofstream{work + "/db/CURRENT"} << "x";
  const auto tar = [&](const std::string& options) {
    BOOST_REQUIRE(std::system(("cd " + work + " && tar -cf ../evil.tar " + options).c_str()) == 0);
    return restore(path("evil.tar"), path("victim"));
  };
  BOOST_TEST(tar("--transform 's,db/CURRENT,../escaped,' -P db/CURRENT").code == 1);
  BOOST_TEST(tar("--transform 's,db/CURRENT,/tmp/troupe-escaped,' -P db/CURRENT").code == 1);
  fs::create_symlink("/tmp", work + "/db/link");
  BOOST_TEST(tar("db/link").code == 1);
  fs::create_hard_link(work + "/db/CURRENT", work + "/db/other");
  BOOST_TEST(tar("db/CURRENT db/other").code == 1);
  BOOST_TEST(tar("db/CURRENT").code == 1);
  BOOST_TEST(!fs::exists(path("victim")));
  BOOST_TEST(!fs::exists(path("escaped")));
  BOOST_TEST(!fs::exists("/tmp/troupe-escaped"));
  made(path("good.tar"));
  BOOST_TEST(restore(path("good.tar"), dir.path()).code == 2);
}

BOOST_AUTO_TEST_CASE(they_are_listed_limited_and_removed) {
  start_with({"store.max_backups=1", "store.backup_directory=" + path("backups")});
  const auto first = command({"backup", "--json"});
  BOOST_REQUIRE(first.code == 0);
  const auto b = json::parse(first.out);
  BOOST_TEST(b["directory"].get<std::string>().starts_with(path("backups")));
  BOOST_TEST(command({"backup"}).code == 2);
  BOOST_TEST(get("/v1/backups").json()["data"].size() == 1u);
  BOOST_TEST(server->send("DELETE", "/v1/backups/" + b["id"].get<std::string>(), "").status == 204);
  BOOST_TEST(fs::is_empty(path("backups")));
  BOOST_TEST(command({"backup", "--to", path("kept.tar"), "--keep"}).code == 0);
  BOOST_TEST(get("/v1/backups").json()["data"].size() == 1u);
  BOOST_TEST(command({"backup", "--to", path("kept.tar")}).code == 2);
}

BOOST_AUTO_TEST_CASE(what_is_not_ours_in_the_folder_is_left_alone) {
  const auto folder = path("shared");
  fs::create_directories(folder + "/holiday.part");
  fs::create_directories(folder + "/bak_20260102T030405006Z.part");
  fs::create_directories(folder + "/bak_odd");
  std::ofstream{folder + "/bak_odd/backup.json"} << R"({"format": 1, "id": "bak_odd", "batches": "many"})";
  start_with({"store.backup_directory=" + folder});
  BOOST_TEST(fs::exists(folder + "/holiday.part"));
  BOOST_TEST(!fs::exists(folder + "/bak_20260102T030405006Z.part"));
  BOOST_TEST(get("/v1/backups").json()["data"].empty());
  BOOST_TEST(command({"backup"}).code == 0);
  BOOST_TEST(get("/v1/backups").json()["data"].size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_backup_goes_where_it_is_told_and_touches_nothing_else) {
  BOOST_TEST(command({"backup", "--to", path("none") + "/b.tar"}).code == 2);
  BOOST_TEST(get("/v1/backups").json()["data"].empty());
  made(path("good.tar"));
  BOOST_TEST(((fs::status(path("good.tar")).permissions() & fs::perms::others_all) == fs::perms::none));
  fs::create_directories(path("r.part"));
  BOOST_TEST(restore(path("none.tar"), path("r")).code == 2);
  BOOST_TEST(restore(path("good.tar"), path("r") + "/").code == 0);
  BOOST_TEST(fs::exists(path("r.part")));
  BOOST_TEST(((fs::status(path("r")).permissions() & fs::perms::others_all) == fs::perms::none));
  fs::create_directories(path("disk"));
  fs::create_directory_symlink(path("disk"), path("link"));
  BOOST_TEST(restore(path("good.tar"), path("link")).code == 0);
  BOOST_TEST(fs::is_symlink(path("link")));
  BOOST_TEST(fs::exists(path("disk") + "/db/CURRENT"));
}

BOOST_AUTO_TEST_CASE(an_archive_that_an_operator_made_is_restored) {
  const auto r = command({"backup", "--json"});
  BOOST_REQUIRE(r.code == 0);
  const auto directory = json::parse(r.out)["directory"].get<std::string>();
  BOOST_REQUIRE(std::system(("tar -C " + directory + " -cf " + path("dot.tar") + " .").c_str()) == 0);
  BOOST_REQUIRE(std::system(("tar -C " + dir.path() + "/backups -cf " + path("named.tar") + " " +
                             fs::path(directory).filename().string())
                                .c_str()) == 0);
  BOOST_TEST(restore(path("dot.tar"), path("a")).code == 0);
  BOOST_TEST(restore(path("named.tar"), path("b")).code == 0);
}

BOOST_AUTO_TEST_CASE(ctrl_c_leaves_nothing_behind) {
  create({{"items", pages(50)}});
  for (int i = 0; i < 5; ++i) {
    terminal_process t{{"backup", "--to", path("cut.tar")}, 80, {"TROUPE_SERVER=" + server->base()}};
    t.type("\x03");
    const auto code = t.wait();
    BOOST_TEST((code == 130 || code == 0));
    fs::remove(path("cut.tar"));
    BOOST_TEST(fs::is_empty(elsewhere.path()));
  }
  wait_until([&] { return get("/v1/backups").json()["data"].empty(); });
}

BOOST_AUTO_TEST_SUITE_END()
