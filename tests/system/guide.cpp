/// The guide's contract for URLs, request by request.
#include "tests/fixtures/origin.hpp"
#include "tests/support/server_process.hpp"

#include "model/content.hpp"

#include <boost/test/unit_test.hpp>

using namespace troupe::test;
using nlohmann::json;

namespace {

struct fixture {
  origin o;
  scratch dir;
  server_process server{{.data = dir.path(), .set = {"http.allowed_origins=[\"https://app.example\"]"}}};

  answer parse_url(const json& body, uint64_t notebook = 5) const {
    return server.post("/api/v1/notebooks/" + std::to_string(notebook) + "/files/parse_url/", body.dump());
  }
  json single(const std::string& path) const {
    const auto r = parse_url({{"search_method", "cosine"}, {"url", o.url(path)}});
    BOOST_REQUIRE_EQUAL(r.status, 201);
    return r.json();
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(guide, fixture)

BOOST_AUTO_TEST_CASE(a_single_url_is_answered_with_its_file) {
  const auto r =
      parse_url({{"search_method", "cosine"}, {"url", o.url("/page/1")}, {"upload_url_id", "mine"}});
  BOOST_TEST(r.status == 201);
  const auto x = r.json();
  BOOST_TEST(x["success"] == true);
  BOOST_TEST(x["is_batch"] == false);
  BOOST_TEST(x["total_items"] == 1);
  BOOST_TEST(x["file_id"] == "f_" + std::to_string(x["knowledge_item_id"].get<uint64_t>()));
  BOOST_TEST(x["title"] == "Page 1");
  BOOST_TEST(x["content_preview"].get<std::string>().find("page number 1,") != std::string::npos);
  BOOST_TEST(x["upload_id"] == "mine");
}

BOOST_AUTO_TEST_CASE(an_array_of_one_is_a_batch_of_one) {
  const auto r = parse_url({{"search_method", "cosine"}, {"urls", {o.url("/page/1")}}});
  BOOST_TEST(r.status == 202);
  BOOST_TEST(r.json()["message"] == "Batch processing started for 1 URLs");
  BOOST_TEST(r.json()["is_batch"] == true);
  const auto status = server.wait(5, r.json()["batch_job_id"]);
  const auto& job = status["batch_job"];
  BOOST_TEST(job["job_type"] == "url_parse");
  BOOST_TEST(job["progress_percentage"].is_number_float());
  BOOST_TEST(job["progress_percentage"] == 100.0);
  const auto& x = status["items"][0];
  BOOST_TEST(x["item_data"]["url"] == o.url("/page/1"));
  BOOST_TEST(x["result"]["file_id"].is_string());
  BOOST_TEST(x["result"]["source_id"] == x["result"]["knowledge_item_id"]);
  BOOST_TEST(!x.contains("error"));
  BOOST_TEST(x["upload_id"].get<std::string>().starts_with("u_"));
}

BOOST_AUTO_TEST_CASE(a_single_url_that_fails_says_why) {
  const auto r = parse_url({{"url", o.url("/status/404")}});
  BOOST_TEST(r.status == 422);
  BOOST_TEST(r.json()["code"] == "http_4xx");
  BOOST_TEST(r.json()["detail"].is_string());
}

BOOST_AUTO_TEST_CASE(bad_input_is_named) {
  const auto refused = [&](const std::string& body, const std::string& names, long status = 400) {
    const auto r = server.post("/api/v1/notebooks/5/files/parse_url/", body);
    BOOST_TEST(r.status == status, body << " gave " << r.status << " " << r.body);
    BOOST_TEST(r.json()["detail"].get<std::string>().find(names) != std::string::npos, r.body);
  };
  refused("{", "not JSON");
  refused("[]", "object");
  refused("{}", "url");
  refused(R"({"url":"http://a.example/","urls":[]})", "not both");
  refused(R"({"url":5})", "url");
  refused(R"({"url":""})", "url");
  refused(R"({"urls":"http://a.example/"})", "urls");
  refused(R"({"urls":[]})", "empty");
  refused(R"({"urls":["ftp://a.example/","nonsense://"]})", "none of them");
  refused(R"({"url":"ftp://a.example/"})", "ftp");
  refused(R"({"url":"http://a.example/)" + std::string(3'000, 'x') + "\"}", "longer");
  refused(R"({"urls":["http://a.example/"],"max_age":-1})", "max_age");
  refused(R"({"urls":["http://a.example/"],"max_age":"5"})", "max_age");
  refused(R"({"urls":["http://a.example/"],"max_age":9223372036854775807})", "max_age");
  refused(R"({"urls":["http://a.example/"],"strict":"yes"})", "strict");
  refused(R"({"url":"http://a.example/","upload_url_id":5})", "upload_url_id");
  refused(R"({"urls":["http://a.example/"],"upload_url_id":"x"})", "upload_url_id");
  BOOST_TEST(server.post("/api/v1/notebooks/abc/files/parse_url/", R"({"url":"http://a.example/"})").status ==
             400);
}

BOOST_AUTO_TEST_CASE(bad_elements_are_named_and_counted) {
  const json body{{"urls", {o.url("/page/1"), "ftp://a.example/", 17, o.url("/page/2")}}};
  const auto r = parse_url(body);
  BOOST_TEST(r.status == 202);
  BOOST_TEST(r.json()["total_items"] == 4);
  BOOST_REQUIRE(r.json()["rejected"].size() == 2u);
  BOOST_TEST(r.json()["rejected"][0]["index"] == 1);
  BOOST_TEST(r.json()["rejected"][1]["index"] == 2);
  const auto status = server.wait(5, r.json()["batch_job_id"]);
  BOOST_TEST(status["batch_job"]["completed_items"] == 2);
  BOOST_TEST(status["items"][1]["error_code"] == "unsupported_scheme");
  BOOST_TEST(status["batch_job"]["status"] == "partially_completed");
  auto strict = body;
  strict["strict"] = true;
  BOOST_TEST(parse_url(strict).status == 400);
}

BOOST_AUTO_TEST_CASE(unknown_things_are_404) {
  single("/page/1");
  for (const auto* path :
       {"/api/v1/notebooks/99/batch-jobs/1/status/", "/api/v1/notebooks/5/batch-jobs/99999/status/",
        "/api/v1/notebooks/99/files/", "/api/v1/notebooks/files/f_99999/content/",
        "/api/v1/notebooks/files/f_99999/raw/", "/api/v1/notebooks/5/files/nobody/status/", "/api/v1/nothing",
        "/api/v1/notebooks/99/knowledge-base/"}) {
    const auto r = server.get(path);
    BOOST_TEST(r.status == 404, path << " gave " << r.status);
    BOOST_TEST(r.json()["detail"].is_string());
  }
  BOOST_TEST(server.send("PUT", "/api/v1/health/", "").status == 405);
}

BOOST_AUTO_TEST_CASE(files_are_listed_read_and_deleted) {
  std::vector<json> made;
  for (int i = 0; i < 5; ++i)
    made.push_back(single("/page/" + std::to_string(i)));
  const auto list = server.get("/api/v1/notebooks/5/files/?limit=2&offset=1").json();
  BOOST_TEST(list["success"] == true);
  BOOST_REQUIRE(list["data"].size() == 2u);
  BOOST_TEST(list["data"][0]["file_id"] == made[3]["file_id"]);
  BOOST_TEST(list["pagination"]["total"] == 5);
  BOOST_TEST(server.get("/api/v1/notebooks/5/files/?limit=x").status == 400);

  const auto id = made[0]["file_id"].get<std::string>();
  const auto content = server.get("/api/v1/notebooks/files/" + id + "/content/").json();
  BOOST_TEST(content["data"]["title"] == "Page 0");
  BOOST_TEST(content["data"]["content_type"] == "text/html");
  BOOST_TEST(content["data"]["metadata"]["language"] == "en");
  const auto raw = server.get("/api/v1/notebooks/5/files/" + id + "/raw/");
  BOOST_TEST(raw.body == page_html(0));
  BOOST_TEST(server.get("/api/v1/notebooks/files/" + id + "/raw").body == page_html(0));

  const auto gone = server.send("DELETE", "/api/v1/notebooks/5/files/" + id + "/", "");
  BOOST_TEST(gone.status == 204);
  BOOST_TEST(gone.body == "");
  BOOST_TEST(server.get("/api/v1/notebooks/5/files/").json()["data"].size() == 4u);
  BOOST_TEST(server.send("DELETE", "/api/v1/notebooks/5/files/" + id + "/", "").status == 404);
  // It stays in the knowledge base until it is dropped with force.
  BOOST_TEST(server.get("/api/v1/notebooks/files/" + id + "/content/").status == 200);
  const auto number = std::to_string(made[1]["knowledge_item_id"].get<uint64_t>());
  BOOST_TEST(server.send("DELETE", "/api/v1/notebooks/5/files/" + number + "/?force=true", "").status == 204);
  BOOST_TEST(server.get("/api/v1/notebooks/files/f_" + number + "/content/").status == 404);
}

BOOST_AUTO_TEST_CASE(the_knowledge_base_spans_notebooks) {
  const auto made = single("/page/1");
  parse_url({{"url", o.url("/page/2")}}, 6);
  const auto id = made["knowledge_item_id"];
  const auto before = server.get("/api/v1/notebooks/6/knowledge-base/?limit=10&offset=0").json();
  BOOST_REQUIRE(before["data"].size() == 2u);
  BOOST_TEST(before["data"][1]["linked"] == false);
  const auto linked = server.post("/api/v1/notebooks/6/knowledge-base/",
                                  json{{"knowledge_base_item_id", id}, {"notes", "see"}}.dump());
  BOOST_TEST(linked.status == 200);
  const auto files = server.get("/api/v1/notebooks/6/files/").json();
  BOOST_TEST(files["data"].size() == 2u);
  BOOST_TEST(
      server.get("/api/v1/notebooks/6/knowledge-base/?content_type=text/plain").json()["data"].empty());
  const auto gone = server.send("DELETE", "/api/v1/notebooks/6/knowledge-base/",
                                json{{"knowledge_base_item_id", id}}.dump());
  BOOST_TEST(gone.status == 204);
  BOOST_TEST(server.get("/api/v1/notebooks/5/files/").json()["data"].empty());
}

BOOST_AUTO_TEST_CASE(upload_ids_are_the_clients_and_unique) {
  const json body{{"url", o.url("/page/1")}, {"upload_url_id", "abc123"}};
  BOOST_TEST(parse_url(body).status == 201);
  BOOST_TEST(parse_url(body).status == 409);
  BOOST_TEST(parse_url(body, 6).status == 201);
  const auto status = server.get("/api/v1/notebooks/5/files/abc123/status/").json();
  BOOST_TEST(status["status"] == "completed");
  BOOST_TEST(status["job_details"]["result"]["file_id"].is_string());
  BOOST_TEST(parse_url({{"url", o.url("/page/1")}, {"upload_url_id", "f_12"}}).status == 400);
  BOOST_TEST(server.send("DELETE", "/api/v1/notebooks/5/files/abc123/", "").status == 204);
}

BOOST_AUTO_TEST_CASE(an_uploads_status_is_pushed) {
  const auto r = parse_url({{"urls", {{{"url", o.url("/delay/300/1")}, {"upload_url_id", "slow"}}}}});
  BOOST_TEST(r.status == 202);
  const auto stream = server.get("/api/v1/notebooks/5/files/slow/status/stream");
  BOOST_TEST(stream.headers.find("text/event-stream") != std::string::npos);
  BOOST_TEST(stream.body.find(R"("status":"processing")") != std::string::npos);
  BOOST_TEST(stream.body.find(R"("status":"completed")") != std::string::npos);
  BOOST_TEST(stream.body.ends_with("data: {\"status\":\"stream_closed\",\"job_details\":{}}\n\n"));
  const auto nobody = server.get("/api/v1/notebooks/5/files/nobody/status/stream");
  BOOST_TEST(nobody.body.find("not_found") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(deleting_an_upload_in_work_cancels_it) {
  const auto r = parse_url(
      {{"urls", {{{"url", o.url("/hang")}, {"upload_url_id", "stuck"}}, {{"url", o.url("/page/1")}}}}});
  while (o.under_way() == 0) {
  }
  BOOST_TEST(server.send("DELETE", "/api/v1/notebooks/5/files/stuck/", "").status == 204);
  const auto status = server.wait(5, r.json()["batch_job_id"]);
  BOOST_TEST(status["items"][0]["error_code"] == "cancelled");
  BOOST_TEST(status["items"][1]["status"] == "completed");
}

BOOST_AUTO_TEST_CASE(a_cancelled_upload_stays_cancelled_and_takes_no_other_with_it) {
  const json urls{{{"url", o.url("/delay/400/1")}, {"upload_url_id", "first"}},
                  {{"url", o.url("/delay/400/1")}, {"upload_url_id", "second"}}};
  const auto r = parse_url({{"urls", urls}});
  while (o.under_way() == 0) {
  }
  BOOST_TEST(server.send("DELETE", "/api/v1/notebooks/5/files/first/", "").status == 204);
  server.kill9();
  const server_process again{{.data = dir.path()}};
  const auto status = again.wait(5, r.json()["batch_job_id"]);
  BOOST_TEST(status["items"][0]["error_code"] == "cancelled");
  BOOST_TEST(status["items"][1]["status"] == "completed");
}

BOOST_AUTO_TEST_CASE(long_statuses_come_in_pages) {
  std::vector<std::string> urls;
  for (int i = 0; i < 30; ++i)
    urls.push_back(o.url("/page/" + std::to_string(i)));
  const auto batch = server.submit(5, urls);
  server.wait(5, batch);
  const auto page = server.status(5, batch, "?limit=10&offset=15");
  BOOST_REQUIRE(page["items"].size() == 10u);
  BOOST_TEST(page["items"][0]["item_data"]["url"] == o.url("/page/15"));
  BOOST_TEST(page["next_offset"] == 25);
  BOOST_TEST(!server.status(5, batch, "?items=false").contains("items"));
}

BOOST_AUTO_TEST_CASE(browsers_of_allowed_origins_may_call) {
  const auto preflight = server.send("OPTIONS", "/api/v1/notebooks/5/files/parse_url/", "",
                                     {"Origin: https://app.example", "Access-Control-Request-Method: POST"});
  BOOST_TEST(preflight.status == 204);
  BOOST_TEST(preflight.headers.find("Access-Control-Allow-Origin: https://app.example") != std::string::npos);
  BOOST_TEST(preflight.headers.find("Access-Control-Allow-Credentials: true") != std::string::npos);
  BOOST_TEST(preflight.headers.find("x-csrftoken") != std::string::npos);
  const auto other = server.get("/api/v1/health/", {"Origin: https://evil.example"});
  BOOST_TEST(other.status == 403);
  BOOST_TEST(other.headers.find("Access-Control-Allow-Origin") == std::string::npos);
  BOOST_TEST(server.get("/api/v1/health/", {"Host: rebound.example"}).status == 421);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(guide_keys)

BOOST_AUTO_TEST_CASE(keys_limit_what_callers_may_do) {
  const origin o;
  const scratch dir;
  const auto entry = [](const char* key, json notebooks, bool write) {
    return json{{"name", key},
                {"sha256", troupe::sha256(key).hex()},
                {"notebooks", std::move(notebooks)},
                {"write", write}};
  };
  const json keys{entry("all", json::array(), true), entry("reads-5", {5}, false),
                  entry("writes-6", {6}, true)};
  const server_process server{{.data = dir.path(), .set = {"http.keys=" + keys.dump()}}};
  const auto with = [](const char* key) {
    return std::vector<std::string>{std::string("Authorization: Bearer ") + key};
  };
  const auto body = json{{"url", o.url("/page/1")}}.dump();
  const std::string submit = "/api/v1/notebooks/5/files/parse_url/";
  BOOST_TEST(server.post(submit, body).status == 401);
  BOOST_TEST(server.post(submit, body, with("wrong")).status == 401);
  BOOST_TEST(server.post(submit, body, with("reads-5")).status == 403);
  BOOST_TEST(server.post(submit, body, with("writes-6")).status == 403);
  const auto made = server.post(submit, body, with("all"));
  BOOST_TEST(made.status == 201);
  const auto file = "/api/v1/notebooks/files/" + made.json()["file_id"].get<std::string>();
  BOOST_TEST(server.get("/api/v1/notebooks/5/files/", with("reads-5")).status == 200);
  BOOST_TEST(server.get("/api/v1/notebooks/5/files/", with("writes-6")).status == 403);
  BOOST_TEST(server.get(file + "/content/", with("reads-5")).status == 200);
  BOOST_TEST(server.get(file + "/content/", with("writes-6")).status == 404);
  BOOST_TEST(server.get(file + "/raw/", with("writes-6")).status == 404);
  BOOST_TEST(server.get("/api/v1/health/").status == 200);

  // Nobody deletes what is at home where he may not write.
  const auto id = made.json()["file_id"].get<std::string>();
  const auto number = made.json()["knowledge_item_id"].get<uint64_t>();
  server.post("/api/v1/notebooks/6/files/parse_url/", json{{"url", o.url("/page/2")}}.dump(),
              with("writes-6"));
  BOOST_TEST(server.send("DELETE", "/api/v1/notebooks/6/files/" + id + "/?force=true", "", with("writes-6"))
                 .status == 404);
  const auto item = json{{"knowledge_base_item_id", number}}.dump();
  BOOST_TEST(server.send("DELETE", "/api/v1/notebooks/6/knowledge-base/", item, with("writes-6")).status ==
             404);
  server.post("/api/v1/notebooks/6/knowledge-base/", item, with("all"));
  BOOST_TEST(server.send("DELETE", "/api/v1/notebooks/6/files/" + id + "/?force=true", "", with("writes-6"))
                 .status == 204);
  BOOST_TEST(server.get(file + "/content/", with("all")).status == 200);
}

BOOST_AUTO_TEST_SUITE_END()
