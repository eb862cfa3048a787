#include "http/front.hpp"

#include "config/log.hpp"
#include "http/cluster/forwarder.hpp"
#include "http/feeds.hpp"
#include "http/guide/guide.hpp"
#include "http/idempotency.hpp"
#include "http/keys.hpp"
#include "http/ops/ops.hpp"
#include "http/session.hpp"
#include "http/tls.hpp"
#include "http/v1/rendered_batches.hpp"
#include "http/v1/v1.hpp"
#include "process/scheduling.hpp"

#include <pthread.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <thread>

namespace troupe::http {
namespace {

using tcp = asio::ip::tcp;
constexpr auto tuple = asio::as_tuple(asio::use_awaitable);
/// When the process has no descriptors left: let some connections end first.
constexpr milliseconds accept_pause{100};

result<tcp::endpoint> endpoint_of(const std::string& listen) {
  const auto colon = listen.rfind(':');
  auto host = listen.substr(0, colon);
  if (host.size() > 1 && host.front() == '[') host = host.substr(1, host.size() - 2);
  boost::system::error_code error;
  const auto address = asio::ip::make_address(host, error);
  uint64_t port = 0;
  if (error || colon == std::string::npos || !parse_id(listen.substr(colon + 1), port) || port > 65'535)
    return fail(errc::invalid_request, "http.listen: \"" + listen + "\" is not ADDRESS:PORT");
  return tcp::endpoint{address, static_cast<uint16_t>(port)};
}

std::vector<route> all_routes() {
  auto all = guide_routes();
  for (auto&& more : {v1_routes(), ops_routes()})
    all.insert(all.end(), more.begin(), more.end());
  return all;
}

void log_end(const std::exception_ptr& e) {
  try {
    std::rethrow_exception(e);
  } catch (const std::exception& x) {
    log::error("a connection was ended", {{"reason", x.what()}});
  } catch (...) {
    log::error("a connection was ended");
  }
}

class one_thread_front final : public front {
public:
  one_thread_front(const settings& s, gateway& to)
      : workers_(static_cast<unsigned>(s.http.render_threads))
      , keys_(s)
      , streams_(s, to)
      , shared_{{s, to, keys_, in_flight_, streams_, workers_, others_, rendered_},
                router{all_routes()},
                door{s, keys_},
                request_meter{to.meter()},
                to.meter().level(metric::http_requests_in_flight)}
      , others_(to)
      , accepted_(to.meter().count(metric::http_connections_accepted))
      , acceptor_(context_)
      , most_connections_(s.http.max_connections) {
    shared_.connected = to.meter().level(metric::http_connections);
  }
  ~one_thread_front() override { stop(); }

  failure open(const tcp::endpoint& at) {
    // What is kept while the keys are loaded is taken after that.
    shared_.server.to.on_record([this](const record& r, bool gone) {
      asio::post(context_, [this, r, gone] { keys_.take(r, gone); });
    });
    if (auto f = keys_.load(shared_.server.to.ask()); f.code != errc::none) return f;
    auto tls = load_tls(shared_.server.options);
    if (!tls) return tls.error();
    shared_.tls = std::move(*tls);
    boost::system::error_code error;
    acceptor_.open(at.protocol(), error);
    if (!error) acceptor_.set_option(tcp::acceptor::reuse_address{true}, error);
    if (!error) acceptor_.bind(at, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (!error) acceptor_.non_blocking(true, error);
    if (error) return fail(errc::invalid_request, "http.listen: " + error.message());
    address_ = acceptor_.local_endpoint();
    asio::co_spawn(context_, accept(), asio::detached);
    look_at_limits();
    shared_.server.to.others().on_stream([this](int socket) { serve_node(socket); });
    thread_ = std::thread([this] {
      pthread_setname_np(pthread_self(), "front");
      schedule_promptly();
      context_.run();
    });
    return fail(errc::none);
  }

  std::string address() const override {
    const auto host = address_.address().is_v6() ? "[" + address_.address().to_string() + "]"
                                                 : address_.address().to_string();
    return host + ":" + std::to_string(address_.port());
  }

  failure reload_tls() override {
    auto tls = load_tls(shared_.server.options);
    if (!tls) return tls.error();
    asio::post(context_, [this, tls = std::move(*tls)] { shared_.tls = tls; });
    return fail(errc::none);
  }

  void stop() override {
    if (!thread_.joinable()) return;
    shared_.server.to.others().on_stream(nullptr);
    shared_.server.to.on_record(nullptr);
    shared_.stopping = true;
    asio::post(context_, [this] {
      boost::system::error_code ignored;
      acceptor_.close(ignored);
      end_when_idle(std::chrono::steady_clock::now() + std::chrono::seconds(3));
    });
    thread_.join();
    streams_.stop();
    workers_.join();
  }

private:
  /// Gives requests in hand a moment; idle connections and streams are dropped.
  void end_when_idle(std::chrono::steady_clock::time_point deadline) {
    if (shared_.requests == 0 || std::chrono::steady_clock::now() >= deadline) return context_.stop();
    auto timer = std::make_shared<asio::steady_timer>(context_, milliseconds{20});
    timer->async_wait([this, timer, deadline](boost::system::error_code) { end_when_idle(deadline); });
  }

  asio::awaitable<void> accept() {
    asio::steady_timer pause{context_};
    while (acceptor_.is_open()) {
      if (shared_.connections >= most_connections_) {
        pause.expires_after(accept_pause);
        co_await pause.async_wait(tuple);
        continue;
      }
      const auto [ended] = co_await acceptor_.async_wait(tcp::acceptor::wait_read, tuple);
      if (ended == asio::error::operation_aborted) co_return;
      const auto error = accept_all();
      if (!error) continue;
      log::warn("a connection could not be accepted", {{"reason", error.message()}});
      pause.expires_after(accept_pause);
      co_await pause.async_wait(tuple);
    }
  }

  /// All that wait: one in each turn of the loop would wait behind the requests of those that are in.
  boost::system::error_code accept_all() {
    while (shared_.connections < most_connections_) {
      tcp::socket socket{context_};
      boost::system::error_code error;
      acceptor_.accept(socket, error);
      if (error == asio::error::would_block || error == asio::error::connection_aborted) return {};
      if (error) return error;
      accepted_.add();
      serve(std::move(socket), false);
    }
    return {};
  }

  void look_at_limits() {
    shared_.limits.look(time_limit::clock::now());
    tick_.expires_after(time_limits::interval);
    tick_.async_wait([this](boost::system::error_code stopped) {
      if (!stopped) look_at_limits();
    });
  }

  void serve(tcp::socket socket, bool of_node) {
    asio::co_spawn(context_, serve_connection(shared_, std::move(socket), connection_slot{shared_}, of_node),
                   [](const std::exception_ptr& e) {
                     if (e) log_end(e);
                   });
  }

  /// From another node's front. To Asio any stream socket is one of TCP.
  void serve_node(int socket) {
    asio::post(context_, [this, socket] { serve(tcp::socket{context_, tcp::v4(), socket}, true); });
  }

  asio::thread_pool workers_;
  key_ring keys_;
  requests_in_flight in_flight_;
  feeds streams_;
  rendered_batches rendered_;
  front_context shared_;
  /// Connections that are left end with it, and give back what they have of those above.
  asio::io_context context_{1};
  /// Its sockets are the context's.
  forwarder others_;
  metrics::counter accepted_;
  tcp::acceptor acceptor_;
  tcp::endpoint address_;
  asio::steady_timer tick_{context_};
  int64_t most_connections_;
  std::thread thread_;
};

} // namespace

result<std::unique_ptr<front>> front::listen(const settings& s, gateway& to) {
  const auto at = endpoint_of(s.http.listen);
  if (!at) return at.error();
  auto made = std::make_unique<one_thread_front>(s, to);
  if (auto f = made->open(*at); f.code != errc::none) return f;
  return std::unique_ptr<front>(std::move(made));
}

} // namespace troupe::http
