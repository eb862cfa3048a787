/// Every hostile file of the corpora, uploaded between good ones: each ends in an outcome that is allowed,
/// the good ones complete, the server stays up. Skipped, and says so, when TROUPE_CORPORA names no folder
/// that holds them.
#include "tests/support/raw_client.hpp"
#include "tests/support/server_process.hpp"

#include <boost/test/unit_test.hpp>

#include <fstream>
#include <iostream>
#include <random>
#include <set>

using namespace troupe::test;
using nlohmann::json;

namespace {

constexpr unsigned uploads = 1'000;
constexpr unsigned per_request = 50;

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>(in), {}};
}

struct hostile_file {
  std::string name;
  std::string data;
  std::set<std::string> allowed;
};

std::vector<hostile_file> hostile_files(const std::filesystem::path& folder) {
  std::vector<hostile_file> out;
  const auto truth = json::parse(read_file(folder / "truth.json"))["files"];
  for (const auto& [name, x] : truth.items())
    out.push_back({name, read_file(folder / "files" / name), x["allowed"].get<std::set<std::string>>()});
  return out;
}

std::string outcome_of(const json& item) {
  if (item["status"] == "completed") return "ok";
  return item["error_code"] == "empty_content" || item["error_code"] == "no_text" ? "empty" : "error";
}

json upload(const server_process& server, const std::vector<std::pair<std::string, std::string>>& files) {
  std::string body;
  for (const auto& [name, data] : files)
    body += "--edge-of-parts\r\nContent-Disposition: form-data; name=\"files\"; filename=\"" + name +
            "\"\r\n\r\n" + data + "\r\n";
  body += "--edge-of-parts--\r\n";
  const auto r = server.post("/api/v1/notebooks/1/files/upload/", body,
                             {"Content-Type: multipart/form-data; boundary=edge-of-parts"});
  BOOST_REQUIRE_MESSAGE(r.status == 202, r.body);
  return r.json();
}

} // namespace

BOOST_AUTO_TEST_SUITE(hostile_uploads)

BOOST_AUTO_TEST_CASE(each_ends_as_allowed_and_costs_only_itself) {
  const char* corpora = std::getenv("TROUPE_CORPORA");
  const auto folder = std::filesystem::path(corpora ? corpora : "") / "hostile" / "dev";
  if (!corpora || !std::filesystem::exists(folder / "truth.json")) {
    std::cout << "skipped: hostile uploads (TROUPE_CORPORA names no folder that holds them)\n";
    return;
  }
  const auto hostile = hostile_files(folder);
  const scratch dir;
  const server_process server{
      {.data = dir.path(), .set = {"parse.wall_timeout_ms=20000", "parse.cpu_timeout_ms=10000"}}};
  const auto before = server.memory_kib();
  std::minstd_rand random{7};
  std::vector<uint64_t> batches;
  for (unsigned sent = 0; sent < uploads; sent += per_request) {
    std::vector<std::pair<std::string, std::string>> files;
    for (unsigned i = 0; i < per_request; ++i) {
      const auto& bad = hostile[random() % hostile.size()];
      if (i % 2)
        files.emplace_back("good.txt", "A good file, number " + std::to_string(sent + i));
      else
        files.emplace_back(bad.name, bad.data);
    }
    batches.push_back(upload(server, files)["batch_job_id"]);
  }
  std::map<std::string, std::set<std::string>> outcomes;
  unsigned good = 0;
  for (const auto id : batches) {
    const auto status = server.wait(1, id, std::chrono::seconds{900});
    for (const auto& x : status["items"]) {
      const auto name = x["item_data"]["filename"].get<std::string>();
      good += name == "good.txt" && x["status"] == "completed";
      outcomes[name].insert(outcome_of(x) +
                            (x.contains("error_code") ? " " + x["error_code"].get<std::string>() : ""));
    }
  }
  BOOST_TEST(good == uploads / 2);
  for (const auto& f : hostile)
    for (const auto& outcome : outcomes[f.name])
      BOOST_TEST(f.allowed.contains(outcome.substr(0, outcome.find(' '))), f.name << ": " << outcome);
  std::cout << "ran " << uploads << " uploads of " << hostile.size()
            << " hostile files and good ones; memory grew by " << (server.memory_kib() - before) / 1024
            << " MiB\n";
  BOOST_TEST(server.get("/api/v1/health/").status == 200);
}

BOOST_AUTO_TEST_SUITE_END()
