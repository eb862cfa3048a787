/// The front under TLS, with certificates of the tests' own.
#include "tests/support/raw_client.hpp"
#include "tests/system/native.hpp"

#include <csignal>
#include <fstream>

using namespace troupe::test;
using nlohmann::json;

namespace {

/// What a shell says: output, and how it ended.
struct said {
  int code;
  std::string text;
};
said shell(const std::string& command) {
  auto* pipe = popen(("{ " + command + "; } 2>&1").c_str(), "r");
  said out{0, {}};
  char block[4'096];
  while (const auto n = std::fread(block, 1, sizeof block, pipe))
    out.text.append(block, n);
  out.code = WEXITSTATUS(pclose(pipe));
  return out;
}

struct secured {
  origin o;
  scratch dir;
  scratch files;
  std::string ca = files.path() + "/ca.pem";
  std::string certificate = files.path() + "/certificate.pem";
  std::string key = files.path() + "/key.pem";
  std::unique_ptr<server_process> server;

  secured() {
    const auto made = shell("cd " + files.path() +
                            " && openssl req -x509 -newkey rsa:2048 -nodes -keyout ca-key.pem -out ca.pem "
                            "-days 2 -subj '/CN=tests'");
    BOOST_REQUIRE_MESSAGE(made.code == 0, made.text);
    make_certificate("first");
    serve();
  }
  void serve(std::vector<std::string> set = {}) {
    server.reset();
    set.insert(set.end(), {"http.tls_certificate=" + certificate, "http.tls_key=" + key});
    server = std::make_unique<server_process>(server_options{.data = dir.path(), .set = set, .ca = ca});
  }
  /// Signed by the tests' authority, for loopback, with this name in it.
  void make_certificate(const std::string& name) const {
    std::ofstream{files.path() + "/extensions"} << "subjectAltName=DNS:localhost,IP:127.0.0.1\n";
    const auto made =
        shell("cd " + files.path() +
              " && openssl req -newkey rsa:2048 -nodes -keyout key.pem -out request.pem -subj '/CN=" + name +
              "' && openssl x509 -req -in request.pem -CA ca.pem -CAkey ca-key.pem -CAcreateserial -days 2 "
              "-extfile extensions -out certificate.pem");
    BOOST_REQUIRE_MESSAGE(made.code == 0, made.text);
  }
  said curl(const std::string& options, const std::string& path = "/healthz") const {
    return shell("curl -s -S --max-time 20 " + options + " '" + server->base() + path + "'");
  }
  std::string plain() const { return "http" + server->base().substr(5); }
  /// The name in the certificate that is shown now.
  std::string shown() const {
    const auto address = server->base().substr(8);
    return shell("openssl s_client -connect " + address + " </dev/null | openssl x509 -noout -subject").text;
  }
  double metric(const std::string& name) const {
    const auto text = server->get("/metrics").body;
    const auto at = text.find("\n" + name + " ");
    return at == text.npos ? -1 : std::stod(text.substr(at + name.size() + 2));
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(tls, secured)

BOOST_AUTO_TEST_CASE(a_client_that_trusts_the_authority_is_served) {
  BOOST_TEST(curl("--cacert " + ca).text == R"({"status":"ok"})");
  BOOST_TEST(curl("").code == 60);
  BOOST_TEST(curl("--cacert " + ca + " --tls-max 1.2").code == 0);
  BOOST_TEST(curl("--cacert " + ca + " --tlsv1.3").code == 0);
  // Asked for HTTP/2, it chooses what it speaks.
  BOOST_TEST(curl("--cacert " + ca + " --http2 -o /dev/null -w '%{http_version}'").text == "1.1");
}

BOOST_AUTO_TEST_CASE(old_versions_and_weak_ciphers_are_off) {
  for (const auto* version : {"1.0", "1.1"})
    BOOST_TEST(curl("--cacert " + ca + " --tls-max " + version + " --ciphers DEFAULT:@SECLEVEL=0").code ==
               35);
  // Without forward secrecy.
  BOOST_TEST(curl("--cacert " + ca + " --tls-max 1.2 --ciphers AES128-GCM-SHA256").code == 35);
  BOOST_TEST(curl("--cacert " + ca + " --tls-max 1.2 --ciphers ECDHE-RSA-AES128-GCM-SHA256").code == 0);
}

BOOST_AUTO_TEST_CASE(plain_http_on_the_port_is_told_so) {
  const auto r = shell("curl -s -i " + plain() + "/healthz");
  BOOST_TEST(r.text.find("HTTP/1.1 400") == 0u);
  BOOST_TEST(r.text.find("https_required") != std::string::npos);
  BOOST_TEST(curl("--cacert " + ca).code == 0);
}

BOOST_AUTO_TEST_CASE(what_is_no_handshake_gets_nowhere_and_holds_nothing) {
  serve({"http.header_timeout_ms=200"});
  raw_client silent{plain()};
  raw_client begun{plain()};
  begun.send("\x16\x03\x01\x02");
  raw_client garbage{plain()};
  garbage.send(std::string("\x16\x03\x01\x00\x10", 5) + std::string(500, 'x'));
  for (auto* c : {&silent, &begun, &garbage})
    BOOST_TEST(c->closed());
  BOOST_TEST(curl("--cacert " + ca).code == 0);
  wait_until([&] { return metric("troupe_http_connections") == 1; });
}

BOOST_AUTO_TEST_CASE(everything_goes_through) {
  const auto big = files.path() + "/big.txt";
  std::ofstream file{big};
  for (int i = 0; i < 300'000; ++i)
    file << "word" << i << " ";
  file.close();
  const auto up = curl("--cacert " + ca + " -F files=@" + big, "/v1/batches?notebook=2");
  const auto made = json::parse(up.text);
  const auto id = made["id"].get<std::string>();
  const auto end = json::parse(server->get("/v1/batches/" + id + "?wait=30").body);
  BOOST_TEST(end["state"] == "completed");
  const auto lines = server->get("/v1/batches/" + id + "/results").body;
  BOOST_TEST(json::parse(lines.substr(0, lines.find('\n')))["markdown"].get<std::string>().find(
                 "word299999") != std::string::npos);
  // Two requests on one connection.
  const auto twice =
      shell("curl -s -v --cacert " + ca + " " + server->base() + "/healthz " + server->base() + "/healthz");
  BOOST_TEST(twice.text.find("Re-using existing connection") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(events_are_streamed_and_a_client_that_hangs_up_is_noticed) {
  // At once, not at the next sign of life.
  serve({"http.heartbeat_ms=3600000"});
  const auto id =
      json::parse(server->post("/v1/batches", json{{"items", {o.url("/page/1")}}}.dump()).body)["id"]
          .get<std::string>();
  const auto whole = curl("-N --cacert " + ca, "/v1/batches/" + id + "/events").text;
  BOOST_TEST(whole.find("event: batch.accepted") != std::string::npos);
  BOOST_TEST(whole.find("event: batch.completed") != std::string::npos);
  wait_until([&] { return metric("troupe_http_event_listeners") == 0; });
  const auto following =
      "curl -sN --cacert " + ca + " " + server->base() + "/v1/notebooks/0/events >/dev/null 2>&1 & echo $!";
  const auto pid = std::stoi(shell(following).text);
  wait_until([&] { return metric("troupe_http_event_listeners") == 1; });
  ::kill(pid, SIGKILL);
  wait_until([&] { return metric("troupe_http_event_listeners") == 0; });
}

BOOST_AUTO_TEST_CASE(a_new_certificate_is_taken_and_a_broken_one_is_not) {
  BOOST_TEST(shown().find("first") != std::string::npos);
  make_certificate("second");
  server->signal(SIGHUP);
  wait_until([&] { return server->log().find("certificates were read again") != std::string::npos; });
  BOOST_TEST(shown().find("second") != std::string::npos);
  std::ofstream{certificate} << "no certificate";
  server->signal(SIGHUP);
  wait_until([&] { return server->log().find("the certificate before stays") != std::string::npos; });
  BOOST_TEST(shown().find("second") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_certificate_whose_key_is_another_is_not_taken) {
  // Of another kind, as when only one of two files has been renewed.
  const auto made =
      shell("cd " + files.path() +
            " && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "
            "other-key.pem -out certificate.pem -days 2 -subj '/CN=other'");
  BOOST_REQUIRE(made.code == 0);
  server->signal(SIGHUP);
  wait_until([&] { return server->log().find("the certificate before stays") != std::string::npos; });
  BOOST_TEST(curl("--cacert " + ca).code == 0);
  const auto start = shell(TROUPE_BINARY " serve --listen 127.0.0.1:0 --data " + files.path() +
                           "/other --set http.tls_certificate=" + certificate + " --set http.tls_key=" + key);
  BOOST_TEST(start.code == 2);
  BOOST_TEST(start.text.find("is not the key of the certificate") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(event_streams_take_no_place_of_connections) {
  serve({"http.max_connections=4"});
  server->post("/v1/batches", json{{"items", {o.url("/page/1")}}}.dump());
  std::vector<int> pids;
  for (int i = 0; i < 8; ++i) {
    pids.push_back(std::stoi(shell("curl -sN --cacert " + ca + " " + server->base() +
                                   "/v1/notebooks/0/events >/dev/null 2>&1 & echo $!")
                                 .text));
    wait_until([&] { return metric("troupe_http_event_listeners") == i + 1; });
  }
  BOOST_TEST(metric("troupe_http_connections") == 1);
  for (const auto pid : pids)
    ::kill(pid, SIGKILL);
}

BOOST_AUTO_TEST_CASE(cookies_are_for_https_alone) {
  const auto r = server->post("/v1/session", R"({"key": "", "username": "somebody"})");
  BOOST_TEST(r.headers.find("HttpOnly; SameSite=Lax; Secure") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(files_that_cannot_be_used_stop_the_start) {
  const auto start = [&](const std::string& settings) {
    return shell(TROUPE_BINARY " serve --listen 127.0.0.1:0 --data " + files.path() + "/other " + settings);
  };
  BOOST_TEST(start("--set http.tls_certificate=" + certificate).code == 2);
  const auto missing = start("--set http.tls_certificate=/none.pem --set http.tls_key=" + key);
  BOOST_TEST(missing.code == 2);
  BOOST_TEST(missing.text.find("http.tls_certificate: /none.pem") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
