/// What several nodes do as one: politeness, notebooks with a home, keys, lists.
#include "tests/cluster/load.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <filesystem>
#include <set>

using namespace troupe;
using namespace troupe::test;
using nlohmann::json;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(together)

BOOST_AUTO_TEST_CASE(the_limit_of_a_host_holds_across_all_nodes) {
  std::minstd_rand random{1};
  cluster all{3, 2, {"fetch.max_per_host=2"}};
  load work{all, 50};
  // Long enough for everything to be said anew between the gates.
  work.submit_to_all(40, random);
  work.check();
  const auto most = work.site().most_at_once();
  BOOST_REQUIRE(most.size() == 1u);
  BOOST_TEST(most.begin()->second == 2u);
}

BOOST_AUTO_TEST_CASE(every_front_takes_every_request) {
  std::minstd_rand random{1};
  cluster all{3, 0};
  load work{all, 10};
  work.submit_to_all(3, random);
  work.check();
  std::set<std::string> homes;
  for (const auto& [batch, items] : work.batches()) {
    for (auto* n : all.serving()) {
      const auto b = n->get("/v1/batches/" + batch);
      BOOST_TEST(b.status == 200);
      BOOST_TEST(b.json().at("counts").at("total") == items);
      const auto notebook = std::to_string(b.json().at("notebook").get<unsigned>());
      const auto files = n->get("/api/v1/notebooks/" + notebook + "/files/").json();
      BOOST_TEST(files.dump().find("file_id") != std::string::npos);
      const auto first = n->get("/v1/batches/" + batch + "/items?limit=1").json().at("data").at(0);
      const auto item = first.at("id").get<std::string>();
      BOOST_TEST(n->get("/v1/items/" + item + "/result").status == 200);
      const auto tries = n->get("/v1/items/" + item + "/attempts").json();
      homes.insert(tries.at("data").at(0).at("node").dump());
    }
  }
  BOOST_TEST(homes.size() == 3u);
  // Lists over all notebooks, page by page, are the same at every front.
  for (auto* n : all.serving()) {
    std::set<std::string> listed;
    std::string cursor;
    for (;;) {
      const auto page = n->get("/v1/batches?limit=4" + (cursor.empty() ? "" : "&cursor=" + cursor)).json();
      BOOST_TEST(!page.contains("incomplete"));
      for (const auto& b : page.at("data"))
        BOOST_TEST(listed.insert(b.at("id")).second);
      if (!page.at("has_more")) break;
      cursor = page.at("next_cursor");
    }
    BOOST_TEST(listed.size() == work.batches().size());
  }
}

BOOST_AUTO_TEST_CASE(what_lives_on_a_node_that_is_away_is_answered_503_and_lists_say_so) {
  std::minstd_rand random{1};
  cluster all{3, 0};
  load work{all, 10};
  work.submit_to_all(2, random);
  work.check();
  auto& lost = all.at("n3");
  auto& n = all.at("n1");
  lost.kill9();
  unsigned away = 0;
  for (const auto& [batch, items] : work.batches()) {
    const auto r = n.get("/v1/batches/" + batch);
    if (r.status == 200) continue;
    ++away;
    BOOST_TEST(r.status == 503);
    BOOST_TEST(r.json().at("code") == "home_away");
    BOOST_TEST(r.headers.find("Retry-After: ") != std::string::npos);
  }
  BOOST_TEST(away > 0u);
  const auto page = n.get("/v1/batches").json();
  BOOST_TEST(page.at("incomplete") == true);
  BOOST_TEST(page.at("data").size() == work.batches().size() - away);
  lost.start();
  all.wait_until_met();
  work.check();
}

BOOST_AUTO_TEST_CASE(a_key_made_at_one_node_opens_all_and_is_gone_from_all) {
  cluster all{3, 0};
  const auto made = all.at("n2").post("/v1/keys", R"({"name": "shared", "write": true})");
  BOOST_TEST(made.status == 201);
  const auto secret = made.json().at("key").get<std::string>();
  const auto id = made.json().at("id").get<std::string>();
  const auto status_at = [&](node& n) {
    return call("GET", "http://" + n.address() + ":8080/v1/batches", {}, {"Authorization: Bearer " + secret})
        .status;
  };
  const auto everywhere = [&](long wanted) {
    const auto those = all.serving();
    return std::all_of(those.begin(), those.end(), [&](node* n) { return status_at(*n) == wanted; });
  };
  BOOST_TEST(becomes([&] { return everywhere(200); }, 10s));
  // One that was away when it was made has it when it comes back, and after a start of its own.
  all.at("n3").kill9();
  all.at("n3").start();
  all.wait_until_met();
  BOOST_TEST(becomes([&] { return everywhere(200); }, 10s));
  all.at("n3").kill9();
  const auto gone = call("DELETE", "http://" + all.at("n2").address() + ":8080/v1/keys/" + id, {},
                         {"Authorization: Bearer " + key});
  BOOST_TEST(gone.status == 204);
  all.at("n3").start();
  all.wait_until_met();
  BOOST_TEST(becomes([&] { return everywhere(401); }, 10s));
}

BOOST_AUTO_TEST_CASE(a_keeper_that_has_lost_its_disk_erases_nothing) {
  cluster all{3, 0};
  const auto made = all.at("n2").post("/v1/keys", R"({"name": "shared", "write": true})");
  const auto secret = made.json().at("key").get<std::string>();
  const auto opens = [&](node& n) {
    return call("GET", "http://" + n.address() + ":8080/v1/batches", {}, {"Authorization: Bearer " + secret})
               .status == 200;
  };
  const auto everywhere = [&] {
    const auto those = all.serving();
    return std::all_of(those.begin(), those.end(), [&](node* n) { return opens(*n); });
  };
  BOOST_TEST(becomes(everywhere, 10s));
  all.at("n1").kill9();
  std::filesystem::remove_all(all.folder() + "/n1");
  all.at("n1").start();
  all.wait_until_met();
  BOOST_TEST(becomes([&] { return opens(all.at("n1")); }, 10s));
  BOOST_TEST(everywhere());
}

BOOST_AUTO_TEST_CASE(odd_requests_are_handed_on_as_they_are) {
  cluster all{3, 0};
  std::minstd_rand random{1};
  load work{all, 10};
  work.submit_to_all(1, random);
  work.check();
  const auto send = [&](node& n, const char* method, const std::string& path, const std::string& body) {
    return call(method, "http://" + n.address() + ":8080" + path, body, {"Authorization: Bearer " + key}, {},
                5s);
  };
  auto& n = all.at("n1");
  for (const auto& [batch, items] : work.batches()) {
    const auto path = "/v1/batches/" + batch;
    BOOST_TEST(send(n, "GET", path, "{}").status == 200);
    BOOST_TEST(n.get("/v1/batches").json().contains("incomplete") == false);
    BOOST_TEST(n.get(path).status == 200);
    BOOST_TEST(send(n, "POST", path + "/seal", "{}").status == 409);
    BOOST_TEST(send(n, "DELETE", path, "{}").status == 204);
    BOOST_TEST(n.get(path).status == 410);
  }
}

BOOST_AUTO_TEST_CASE(an_idempotency_key_holds_at_every_front) {
  cluster all{3, 0};
  origin site;
  const auto body =
      json{{"notebook", 5},
           {"items", {"http://" + std::string(own_address) + ":" + std::to_string(site.port()) + "/page/1"}}}
          .dump();
  std::set<std::string> batches;
  for (auto* n : all.serving()) {
    const auto r = call("POST", "http://" + n->address() + ":8080/v1/batches", body,
                        {"Authorization: Bearer " + key, "Idempotency-Key: once"});
    BOOST_REQUIRE_MESSAGE(r.status == 202, r.status << " " << r.body);
    batches.insert(r.json().at("id"));
  }
  BOOST_TEST(batches.size() == 1u);
}

BOOST_AUTO_TEST_CASE(long_documents_and_uploads_cross_whole) {
  // No room here: whatever can be is done by the worker.
  cluster all{1, 1, {"cluster.chunk_bytes=16384"}};
  origin site;
  const auto base = "http://" + std::string(own_address) + ":" + std::to_string(site.port());
  auto& n = all.at("n1");
  std::vector<std::string> urls;
  for (unsigned i = 0; i < 40; ++i)
    urls.push_back(base + "/page/" + std::to_string(i) + "/200");
  const auto batch = submit({&n}, 1, urls);
  wait_for({&n}, batch);
  unsigned elsewhere = 0;
  for (const auto& x : rows({&n}, "/v1/batches/" + batch + "/items")) {
    const auto id = x.at("id").get<std::string>();
    const auto page =
        std::strtoul(x.at("url").get<std::string>().substr(base.size() + 6).c_str(), nullptr, 10);
    BOOST_TEST(n.get("/v1/items/" + id + "/raw").body == page_html(page, 200));
    BOOST_TEST(n.get("/v1/items/" + id + "/result").body.size() > 100'000u);
    elsewhere += rows({&n}, "/v1/items/" + id + "/attempts").back().value("worker", "") == "w1";
  }
  BOOST_TEST(elsewhere > 0u);
  // Files that were sent here are parsed there.
  std::string text;
  for (unsigned i = 0; i < 6'000; ++i)
    text += "Line " + std::to_string(i) + " of a text that is long enough to be cut into pieces.\n\n";
  auto items = json::array();
  for (unsigned i = 0; i < 20; ++i)
    items.push_back({{"text", "Number " + std::to_string(i) + "\n\n" + text}, {"filename", "long.md"}});
  const auto made = n.post("/v1/batches", json{{"notebook", 2}, {"items", items}}.dump());
  BOOST_REQUIRE(made.status == 202);
  const auto files = made.json().at("id").get<std::string>();
  wait_for({&n}, files);
  unsigned files_elsewhere = 0;
  for (const auto& x : rows({&n}, "/v1/batches/" + files + "/items")) {
    BOOST_TEST(x.at("state") == "succeeded", x.dump());
    const auto id = x.at("id").get<std::string>();
    BOOST_TEST(n.get("/v1/items/" + id + "/result").body.size() > text.size());
    files_elsewhere += rows({&n}, "/v1/items/" + id + "/attempts").back().value("worker", "") == "w1";
  }
  BOOST_TEST(files_elsewhere > 0u);
}

BOOST_AUTO_TEST_SUITE_END()
