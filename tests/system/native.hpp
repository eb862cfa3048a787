#pragma once
/// A server and an origin, with the calls of the native API that its tests make again and again.

#include "model/time.hpp"
#include "tests/fixtures/origin.hpp"
#include "tests/support/server_process.hpp"
#include "tests/support/waiting.hpp"

#include <boost/test/unit_test.hpp>

#include <sstream>
#include <thread>

namespace troupe::test {

struct native {
  origin o;
  scratch dir;
  std::vector<std::string> settings;
  std::unique_ptr<server_process> server = start();

  std::unique_ptr<server_process> start() const {
    return std::make_unique<server_process>(server_options{.data = dir.path(), .set = settings});
  }
  void start_with(std::vector<std::string> set) {
    server.reset();
    settings = std::move(set);
    server = start();
  }
  /// Killed, and started again over the same data.
  void restart() {
    server.reset();
    server = start();
  }

  answer get(const std::string& path) const { return server->get(path); }
  answer post(const std::string& path, const nlohmann::json& body = nlohmann::json::object()) const {
    return server->post(path, body.dump());
  }
  nlohmann::json create(const nlohmann::json& body) const {
    const auto r = post("/v1/batches", body);
    BOOST_REQUIRE_MESSAGE(r.status == 202, r.body);
    return r.json();
  }
  nlohmann::json batch(const std::string& id) const { return get("/v1/batches/" + id).json(); }
  nlohmann::json items(const std::string& id, const std::string& query = {}) const {
    return get("/v1/batches/" + id + "/items?" + query).json();
  }
  /// The batch once it has ended.
  nlohmann::json ended(const std::string& id) const {
    for (int i = 0; i < 10; ++i) {
      const auto b = get("/v1/batches/" + id + "?wait=30").json();
      if (b.contains("reason")) return b;
    }
    BOOST_FAIL("the batch did not end");
    return {};
  }
  nlohmann::json pages(int count, const std::string& path = "/page/") const {
    auto urls = nlohmann::json::array();
    for (int i = 0; i < count; ++i)
      urls.push_back(o.url(path + std::to_string(i)));
    return urls;
  }
  nlohmann::json slow_pages(int count, int ms) const {
    return pages(count, "/delay/" + std::to_string(ms) + "/");
  }
};

inline std::string rfc3339_in(milliseconds from_now) {
  return to_rfc3339(now() + from_now);
}

inline std::vector<nlohmann::json> json_lines(const std::string& text) {
  std::vector<nlohmann::json> out;
  std::istringstream in{text};
  for (std::string line; std::getline(in, line);)
    if (!line.empty()) out.push_back(nlohmann::json::parse(line));
  return out;
}

} // namespace troupe::test
