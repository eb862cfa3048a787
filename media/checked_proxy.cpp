#include "media/checked_proxy.hpp"

#include "media/proxy_request.hpp"

#include <pthread.h>

#include <boost/asio.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/beast/core/tcp_stream.hpp>

#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace troupe::media {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using stream = boost::beast::tcp_stream;

namespace {

constexpr size_t longest_head = 65'536;
constexpr size_t block = 65'536;
constexpr auto quietly = asio::as_tuple(asio::use_awaitable);

std::optional<ip_address> address_of(const tcp::endpoint& e) {
  return ip_of(*e.data());
}

std::string answer(const char* status, const char* text) {
  return std::string("HTTP/1.1 ") + status +
         "\r\nContent-Type: text/plain\r\nConnection: close\r\nContent-Length: " +
         std::to_string(std::string_view(text).size()) + "\r\n\r\n" + text;
}

} // namespace

class checked_proxy::server {
public:
  server(address_policy policy, const proxy_limits& limits)
      : policy_(std::move(policy))
      , limits_(limits)
      , thread_([this] {
        pthread_setname_np(pthread_self(), "proxy");
        context_.run();
      }) {}
  ~server() {
    work_.reset();
    context_.stop();
    thread_.join();
  }

  void serve(int listener) {
    asio::post(context_, [this, listener] {
      acceptor_.emplace(context_, tcp::v4(), listener);
      asio::co_spawn(context_, accept(), asio::detached);
    });
  }
  bool refused() const { return refused_; }
  errc unreachable() const { return unreachable_; }
  bool exhausted() const { return passed_ > limits_.bytes; }

private:
  asio::awaitable<void> accept() {
    for (;;) {
      auto [error, socket] = co_await acceptor_->async_accept(quietly);
      if (error) co_return;
      // Who has more open than allowed waits for nothing: its next one is closed.
      if (open_ >= limits_.connections) continue;
      ++open_;
      asio::co_spawn(context_, session(stream{std::move(socket)}),
                     [this](const std::exception_ptr&) { --open_; });
    }
  }

  asio::awaitable<void> session(stream client) {
    std::string head;
    client.expires_after(limits_.idle);
    const auto [error, length] = co_await asio::async_read_until(
        client, asio::dynamic_buffer(head, longest_head), "\r\n\r\n", quietly);
    if (error) co_return;
    const auto rest = head.substr(length);
    const auto r = read_proxy_request(std::string_view(head).substr(0, length - 2));
    if (!r) co_return co_await say(client, answer("400 Bad Request", "not understood"));
    stream origin{context_};
    if (!co_await connect(client, origin, *r)) co_return;
    if (r->forwarded.empty()) {
      const bool told = co_await send(client, "HTTP/1.1 200 Connection established\r\n\r\n");
      if (!told) co_return;
    }
    if (!co_await send(origin, r->forwarded + rest)) co_return;
    using namespace asio::experimental::awaitable_operators;
    co_await (pass(client, origin, false) || pass(origin, client, true));
  }

  /// Connects to an address that was checked, never to a name.
  asio::awaitable<bool> connect(stream& client, stream& origin, const proxy_request& r) {
    tcp::resolver names{context_};
    const auto [error, found] = co_await names.async_resolve(r.host, r.port, quietly);
    if (error) {
      unreachable_ = errc::dns_failure;
      co_await say(client, answer("502 Bad Gateway", "the host name could not be resolved"));
      co_return false;
    }
    std::vector<tcp::endpoint> permitted;
    for (const auto& entry : found)
      if (const auto ip = address_of(entry.endpoint()); ip && policy_.permits(*ip))
        permitted.push_back(entry.endpoint());
    if (permitted.empty()) {
      refused_ = true;
      co_await say(client, answer("403 Forbidden", "the host's address may not be fetched from"));
      co_return false;
    }
    origin.expires_after(limits_.idle);
    const auto [failed, at] = co_await origin.async_connect(permitted, quietly);
    if (failed) unreachable_ = errc::connect_refused;
    if (failed) co_await say(client, answer("502 Bad Gateway", "the host refused the connection"));
    co_return !failed;
  }

  asio::awaitable<bool> send(stream& to, std::string bytes) {
    to.expires_after(limits_.idle);
    const auto [error, n] = co_await asio::async_write(to, asio::buffer(bytes), quietly);
    co_return !error;
  }
  asio::awaitable<void> say(stream& to, std::string bytes) { co_await send(to, std::move(bytes)); }

  asio::awaitable<void> pass(stream& from, stream& to, bool counted) {
    std::vector<char> bytes(block);
    for (;;) {
      // The other direction may be the one that is busy: only the origin's silence ends a connection.
      if (counted)
        from.expires_after(limits_.idle);
      else
        from.expires_never();
      const auto [error, n] = co_await from.async_read_some(asio::buffer(bytes), quietly);
      if (error || n == 0) co_return;
      if (counted && (passed_ += n) > limits_.bytes) co_return;
      to.expires_after(limits_.idle);
      const auto [failed, sent] = co_await asio::async_write(to, asio::buffer(bytes.data(), n), quietly);
      if (failed) co_return;
    }
  }

  address_policy policy_;
  proxy_limits limits_;
  asio::io_context context_{1};
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> work_{context_.get_executor()};
  std::optional<tcp::acceptor> acceptor_;
  unsigned open_ = 0;
  std::atomic<bool> refused_ = false;
  std::atomic<errc> unreachable_ = errc::none;
  std::atomic<uint64_t> passed_ = 0;
  std::thread thread_;
};

checked_proxy::checked_proxy(address_policy policy, const proxy_limits& limits)
    : server_(std::make_unique<server>(std::move(policy), limits)) {}
checked_proxy::~checked_proxy() = default;
void checked_proxy::serve(int listener) {
  server_->serve(listener);
}
bool checked_proxy::refused() const {
  return server_->refused();
}
errc checked_proxy::unreachable() const {
  return server_->unreachable();
}
bool checked_proxy::exhausted() const {
  return server_->exhausted();
}

} // namespace troupe::media
