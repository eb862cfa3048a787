/// Files as clients upload them, through the real server.
#include "tests/support/raw_client.hpp"
#include "tests/support/server_process.hpp"

#include <boost/test/unit_test.hpp>

using namespace troupe::test;
using nlohmann::json;
using namespace std::chrono_literals;

namespace {

struct sent_file {
  std::string field;
  std::string name;
  std::string data;
};

std::string form(const std::vector<sent_file>& files,
                 const std::vector<std::pair<std::string, std::string>>& fields) {
  std::string out;
  for (const auto& f : files)
    out += "--edge\r\nContent-Disposition: form-data; name=\"" + f.field + "\"; filename=\"" + f.name +
           "\"\r\nContent-Type: application/octet-stream\r\n\r\n" + f.data + "\r\n";
  for (const auto& [name, value] : fields)
    out += "--edge\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + value + "\r\n";
  return out + "--edge--\r\n";
}

std::string head(size_t length, uint64_t notebook = 1) {
  return "POST /api/v1/notebooks/" + std::to_string(notebook) +
         "/files/upload/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: "
         "multipart/form-data; "
         "boundary=edge\r\nContent-Length: " +
         std::to_string(length) + "\r\n\r\n";
}

struct fixture {
  scratch dir;
  server_process server{
      {.data = dir.path(), .set = {"limits.file_bytes=2000000", "limits.files_per_request=150"}}};

  answer upload(const std::string& body, uint64_t notebook = 1) const {
    raw_client c{server.base()};
    c.send(head(body.size(), notebook) + body);
    c.closed(30s);
    return parsed(c.received());
  }
  static answer parsed(const std::string& received) {
    answer a;
    if (received.size() > 12) a.status = static_cast<unsigned>(std::stoul(received.substr(9, 3)));
    const auto body = received.find("\r\n\r\n");
    if (body != received.npos) a.body = received.substr(body + 4);
    return a;
  }
  size_t files_in(const std::string& folder) const {
    size_t n = 0;
    for (const auto& e : std::filesystem::recursive_directory_iterator(dir.path() + "/files/" + folder))
      n += e.is_regular_file();
    return n;
  }
  void check_store() {
    BOOST_TEST(server.terminate() == 0);
    BOOST_TEST(verify_store(dir.path()) == "");
    BOOST_TEST(files_in("incoming") == 0u);
  }
};

const std::string text = "The quick brown fox jumps over the lazy dog.\n";

} // namespace

BOOST_FIXTURE_TEST_SUITE(uploads, fixture)

BOOST_AUTO_TEST_CASE(a_single_file_is_answered_with_its_source) {
  const auto r = upload(form({{"file", "notes.txt", text}}, {{"notebook", "1"}, {"upload_file_id", "mine"}}));
  BOOST_TEST(r.status == 201u);
  const auto made = r.json();
  BOOST_TEST(made["success"] == true);
  BOOST_TEST(made["is_batch"] == false);
  BOOST_TEST(made["filename"] == "notes.txt");
  BOOST_TEST(made["upload_id"] == "mine");
  const auto content =
      server.get("/api/v1/notebooks/files/" + made["file_id"].get<std::string>() + "/content/").json();
  BOOST_TEST(content["data"]["content"].get<std::string>().find("quick brown fox") != std::string::npos);
  const auto raw = server.get("/api/v1/notebooks/files/" + made["file_id"].get<std::string>() + "/raw/");
  BOOST_TEST(raw.body == text);
  BOOST_TEST(server.get("/api/v1/notebooks/1/files/mine/status/").json()["status"] == "completed");
  // The id is in use now; the name is free.
  BOOST_TEST(upload(form({{"file", "notes.txt", "another text"}}, {{"upload_file_id", "mine"}})).status ==
             409u);
  BOOST_TEST(upload(form({{"file", "notes.txt", "another text"}}, {})).status == 201u);
  check_store();
}

BOOST_AUTO_TEST_CASE(what_a_failed_upload_kept_goes_with_it) {
  const auto r =
      upload(form({{"file", "noise.bin", std::string(1'500'000, '\0')}}, {{"upload_file_id", "bad"}}));
  BOOST_TEST(r.status == 422u);
  BOOST_TEST(files_in("content") == 1u);
  for (int i = 0; i < 2; ++i)
    BOOST_TEST(server.send("DELETE", "/api/v1/notebooks/1/files/bad/", "").status == 204);
  BOOST_TEST(files_in("content") == 0u);
  check_store();
}

BOOST_AUTO_TEST_CASE(names_with_signs_of_urls_are_names) {
  const auto csv = upload(form({{"file", "Q#1?.csv", "a,b\n1,2\n"}}, {})).json();
  BOOST_TEST(csv["extraction_method"] == "csv");
  BOOST_TEST(csv["title"] == "Q#1?.csv");
  BOOST_TEST(upload(form({{"file", "100%25.txt", "some text that is here"}}, {})).json()["filename"] ==
             "100%25.txt");
}

BOOST_AUTO_TEST_CASE(many_files_are_a_batch) {
  std::vector<sent_file> files;
  for (int i = 0; i < 100; ++i)
    files.push_back(
        {i % 2 ? "files" : "files[" + std::to_string(i) + "]", "f" + std::to_string(i) + ".md",
         "# File " + std::to_string(i) + "\n\n" + std::string(i % 7 == 0 ? 100'000 : 10, 'x') + "\n"});
  files.push_back({"files", "empty.txt", ""});
  const auto r = upload(form(files, {{"notebook", "1"}}));
  BOOST_TEST(r.status == 202u);
  BOOST_TEST(r.json()["message"] == "Batch upload started for 101 files");
  const auto status = server.wait(1, r.json()["batch_job_id"]);
  BOOST_TEST(status["batch_job"]["job_type"] == "file_upload");
  BOOST_TEST(status["batch_job"]["status"] == "partially_completed");
  BOOST_TEST(status["batch_job"]["completed_items"] == 100);
  BOOST_TEST(status["items"][3]["item_data"]["filename"] == "f3.md");
  BOOST_TEST(status["items"][7]["item_data"]["size"].get<unsigned>() > 100'000u);
  BOOST_TEST(status["items"][100]["error_code"] == "empty_content");
  check_store();
}

BOOST_AUTO_TEST_CASE(what_cannot_be_used_is_refused_and_leaves_nothing) {
  BOOST_TEST(upload(form({}, {{"notebook", "1"}})).status == 400u);
  BOOST_TEST(upload(form({{"file", "a.txt", text}}, {{"notebook", "2"}})).status == 400u);
  BOOST_TEST(upload(form({{"file", "a.txt", text}, {"file", "b.txt", text}}, {})).status == 400u);
  BOOST_TEST(upload(form({{"photo", "a.txt", text}}, {})).status == 400u);
  BOOST_TEST(upload(form({{"file", "a.txt", std::string(2'000'001, 'x')}}, {})).status == 413u);
  BOOST_TEST(upload(form({{"files", "a", text}, {"files", "b", text}}, {{"upload_file_id", "x"}})).status ==
             400u);
  BOOST_TEST(upload("no multipart at all").status == 400u);
  std::vector<sent_file> many;
  for (int i = 0; i < 151; ++i)
    many.push_back({"files", "f", std::string(70'000, 'x') + std::to_string(i)});
  BOOST_TEST(upload(form(many, {})).status == 413u);
  const auto whole = form({{"files", "a.txt", std::string(500'000, 'x')}, {"files", "b.txt", text}}, {});
  BOOST_TEST(upload(whole.substr(0, whole.size() - 12)).status == 400u);
  const auto json_type = server.post("/api/v1/notebooks/1/files/upload/", "{}");
  BOOST_TEST(json_type.status == 415u);
  BOOST_TEST(server.get("/api/v1/notebooks/1/files/").status == 404u);
  BOOST_TEST(files_in("content") == 0u);
  check_store();
}

BOOST_AUTO_TEST_CASE(a_client_that_leaves_midway_leaves_nothing) {
  const auto body = form({{"files", "a.bin", std::string(1'500'000, 'a')}, {"files", "b.txt", text}}, {});
  for (int i = 0; i < 10; ++i) {
    raw_client c{server.base()};
    c.send(head(body.size()) + body.substr(0, body.size() * static_cast<size_t>(i) / 10));
  }
  // Each of them is gone by the time that a later request was served.
  while (files_in("incoming") > 0)
    BOOST_REQUIRE(server.get("/api/v1/health/").status == 200u);
  BOOST_TEST(files_in("content") == 0u);
  check_store();
}

BOOST_AUTO_TEST_CASE(a_failed_file_keeps_its_bytes_and_a_kill_loses_none) {
  const auto r = upload(form(
      {{"files", "broken.docx", "PK\x03\x04" + std::string(80'000, 'z')}, {"files", "fine.txt", text}}, {}));
  const auto id = r.json()["batch_job_id"].get<uint64_t>();
  const auto status = server.wait(1, id);
  BOOST_TEST(status["items"][0]["status"] == "failed");
  BOOST_TEST(files_in("content") == 1u);
  server.kill9();
  BOOST_TEST(verify_store(dir.path()) == "");
}

BOOST_AUTO_TEST_SUITE_END()
