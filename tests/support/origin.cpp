#include "tests/support/origin.hpp"

#include "tests/support/origin_answers.hpp"

#include <boost/asio.hpp>

#include <algorithm>
#include <thread>

namespace troupe::test {
namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;
constexpr auto tuple = asio::as_tuple(asio::use_awaitable);

std::string lower(std::string s) {
  std::transform(s.begin(), s.end(), s.begin(), [](unsigned char c) { return std::tolower(c); });
  return s;
}

origin::request read_head(const std::string& head) {
  origin::request r;
  const auto path = head.find(' ') + 1;
  r.path = head.substr(path, head.find(' ', path) - path);
  for (auto at = head.find("\r\n") + 2; at < head.size();) {
    const auto end = head.find("\r\n", at);
    const auto line = head.substr(at, end - at);
    const auto colon = line.find(": ");
    if (colon != line.npos) r.headers[lower(line.substr(0, colon))] = line.substr(colon + 2);
    at = end + 2;
  }
  r.host = r.headers["host"];
  return r;
}

} // namespace

class origin::server {
public:
  explicit server(uint16_t port) : acceptor_(context_, {asio::ip::address_v4::any(), port}) {
    asio::co_spawn(context_, accept(), asio::detached);
    thread_ = std::thread([this] { context_.run(); });
  }
  ~server() {
    context_.stop();
    thread_.join();
  }

  uint16_t port() const { return acceptor_.local_endpoint().port(); }

  answers what;
  mutable std::mutex mutex;
  std::vector<request> log;
  std::map<std::string, unsigned> active;
  std::map<std::string, unsigned> most;
  std::atomic<unsigned> connections{0};
  std::atomic<unsigned> running{0};
  std::atomic<bool> forget{false};

private:
  asio::awaitable<void> accept() {
    for (;;) {
      auto [error, socket] = co_await acceptor_.async_accept(tuple);
      if (error) co_return;
      // Nothing but loopback may talk to a server of tests.
      if (!socket.remote_endpoint().address().is_loopback()) continue;
      socket.set_option(tcp::no_delay{true});
      asio::co_spawn(context_, serve(std::move(socket)), asio::detached);
    }
  }

  asio::awaitable<void> serve(tcp::socket socket) {
    ++connections;
    std::string buffer;
    if (co_await begins_with_tls(socket)) co_await asio::async_write(socket, asio::buffer(std::string_view("no TLS here\r\n")), tuple);
    for (;;) {
      const auto [error, n] = co_await asio::async_read_until(socket, asio::dynamic_buffer(buffer), "\r\n\r\n", tuple);
      if (error) break;
      const auto r = read_head(buffer.substr(0, n));
      buffer.erase(0, n);
      enter(r);
      const bool open = co_await carry_out(socket, what.to(r));
      leave(r);
      if (!open) break;
    }
    --connections;
  }

  /// A TLS record begins with 22 (RFC 8446 section 5.1).
  static asio::awaitable<bool> begins_with_tls(tcp::socket& socket) {
    co_await socket.async_wait(tcp::socket::wait_read, tuple);
    char first = 0;
    boost::system::error_code ignored;
    co_return socket.receive(asio::buffer(&first, 1), asio::socket_base::message_peek, ignored) == 1 && first == 22;
  }

  void enter(const request& r) {
    ++running;
    if (r.path == "/robots.txt" || forget) return;
    const std::lock_guard lock{mutex};
    log.push_back(r);
    most[r.host] = std::max(most[r.host], ++active[r.host]);
  }
  void leave(const request& r) {
    --running;
    if (r.path == "/robots.txt" || forget) return;
    const std::lock_guard lock{mutex};
    --active[r.host];
  }

  asio::awaitable<bool> carry_out(tcp::socket& socket, std::vector<step> steps) {
    asio::steady_timer timer{context_};
    for (const auto& s : steps) {
      boost::system::error_code error;
      switch (s.what) {
      case step::kind::send:
        if (const auto [failed, n] = co_await asio::async_write(socket, asio::buffer(s.bytes), tuple); failed) co_return false;
        break;
      case step::kind::wait:
        timer.expires_after(s.time);
        co_await timer.async_wait(tuple);
        break;
      case step::kind::reset:
        socket.set_option(asio::socket_base::linger{true, 0}, error);
        socket.close(error);
        co_return false;
      case step::kind::close: co_return false;
      case step::kind::hang: {
        char c = 0;
        co_await socket.async_read_some(asio::buffer(&c, 1), tuple);
        co_return false;
      }
      }
    }
    co_return true;
  }

  asio::io_context context_{1};
  tcp::acceptor acceptor_;
  std::thread thread_;
};

origin::origin(uint16_t port) : server_(std::make_unique<server>(port)) {}
origin::~origin() = default;
uint16_t origin::port() const { return server_->port(); }

std::string origin::url(const std::string& path, unsigned host) const {
  return "http://127.0." + std::to_string(host / 250) + "." + std::to_string(host % 250 + (host >= 250)) + ":" +
         std::to_string(port()) + path;
}

void origin::set_robots(const std::string& host, const std::string& text) { server_->what.set_robots(host, text); }

std::vector<origin::request> origin::requests() const {
  const std::lock_guard lock{server_->mutex};
  return server_->log;
}

std::map<std::string, unsigned> origin::hits() const {
  std::map<std::string, unsigned> out;
  for (const auto& r : requests()) ++out[r.path];
  return out;
}

std::map<std::string, unsigned> origin::most_at_once() const {
  const std::lock_guard lock{server_->mutex};
  return server_->most;
}

unsigned origin::open_connections() const { return server_->connections; }
unsigned origin::under_way() const { return server_->running; }
void origin::forget_requests(bool forget) { server_->forget = forget; }

} // namespace troupe::test
