#include "cluster/gate.hpp"

#include "cluster/patience.hpp"
#include "cluster/refusals.hpp"
#include "cluster/relay.hpp"
#include "config/log.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <list>
#include <thread>

#include <netinet/tcp.h>
#include <pthread.h>

namespace troupe::cluster {
namespace {

using tcp = asio::ip::tcp;
constexpr auto tuple = asio::as_tuple(asio::use_awaitable);
/// When the process has no descriptors left: let some connections end first.
constexpr milliseconds accept_pause{100};

std::pair<std::string, std::string> split(const std::string& host_and_port) {
  const auto colon = host_and_port.rfind(':');
  auto host = host_and_port.substr(0, colon);
  if (host.size() > 2 && host.front() == '[') host = host.substr(1, host.size() - 2);
  return {host, host_and_port.substr(colon + 1)};
}

std::string text_of(const tcp::endpoint& at) {
  const auto host = at.address().to_string();
  return (at.address().is_v6() ? "[" + host + "]" : host) + ":" + std::to_string(at.port());
}

/// A connection that has not yet said who it is.
struct guest {
  channel line;
  asio::steady_timer deadline;
  std::string from;
  /// As `patience` calls it.
  std::string source;
  std::string begun;
  bool late = false;
  bool spoke = false;

  explicit guest(tcp::socket socket)
      : line(std::move(socket))
      , deadline(line.get_executor()) {}
  void give(milliseconds time, const std::shared_ptr<guest>& self) {
    deadline.expires_after(time);
    deadline.async_wait([weak = std::weak_ptr(self)](boost::system::error_code stopped) {
      const auto g = weak.lock();
      if (!g || stopped) return;
      g->late = true;
      g->line.close();
    });
  }
};
using guest_ptr = std::shared_ptr<guest>;

class one_thread_gate final : public peer_gate {
public:
  one_thread_gate(const settings& s, gate_plan plan, tls_contexts tls)
      : settings_(s)
      , plan_(std::move(plan))
      , tls_(std::move(tls))
      , acceptor_(context_) {}
  ~one_thread_gate() override { stop(); }

  failure listen() {
    const auto& text = settings_.cluster.listen;
    if (!text.empty()) {
      const auto [host, port] = split(text);
      const tcp::endpoint at{asio::ip::make_address(host), static_cast<uint16_t>(std::stoul(port))};
      boost::system::error_code error;
      acceptor_.open(at.protocol(), error);
      if (!error) acceptor_.set_option(tcp::acceptor::reuse_address{true}, error);
      if (!error) acceptor_.bind(at, error);
      if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
      if (error) return fail(errc::invalid_request, "cluster.listen: " + error.message());
      address_ = text_of(acceptor_.local_endpoint());
      if (settings_.cluster.advertise.empty()) plan_.self.address = address_;
    }
    return fail(errc::none);
  }

  void run() override {
    if (acceptor_.is_open()) asio::co_spawn(context_, accept(), asio::detached);
    thread_ = std::thread([this] {
      pthread_setname_np(pthread_self(), "nodes");
      context_.run();
    });
  }

  std::string address() const override { return address_; }

  void dial(std::string to, stream_kind kind, std::function<void(result<stream>)> done) override {
    asio::co_spawn(context_, call(std::move(to), kind, std::move(done)), asio::detached);
  }

  failure reload() override {
    auto tls = load_tls(settings_);
    if (!tls) return tls.error();
    asio::post(context_, [this, made = std::move(*tls)] { tls_ = made; });
    return fail(errc::none);
  }

  void stop() override {
    if (!thread_.joinable()) return;
    context_.stop();
    thread_.join();
  }

private:
  // -- whoever comes ----------------------------------------------------------------------------------

  asio::awaitable<void> accept() {
    asio::steady_timer pause{context_};
    while (acceptor_.is_open()) {
      auto [error, socket] = co_await acceptor_.async_accept(tuple);
      if (error == asio::error::operation_aborted) co_return;
      if (error) {
        pause.expires_after(accept_pause);
        co_await pause.async_wait(tuple);
        continue;
      }
      welcome_guest(std::move(socket));
    }
  }

  void welcome_guest(tcp::socket socket) {
    boost::system::error_code gone;
    const auto at = socket.remote_endpoint(gone);
    if (gone) return;
    const auto source = patience::source_of(at.address());
    if (patience_.is_out(source, std::chrono::steady_clock::now()))
      return refusals_.note(text_of(at), "it has failed too often");
    const auto g = std::make_shared<guest>(std::move(socket));
    g->from = text_of(at);
    g->source = source;
    g->give(settings_.cluster.handshake_timeout, g);
    guests_.push_back(g);
    if (guests_.size() > static_cast<size_t>(settings_.cluster.max_handshakes)) end_a_guest();
    asio::co_spawn(context_, receive(g), [this, g](const std::exception_ptr&) { guests_.remove(g); });
  }

  /// The oldest of those that have said nothing, or of all.
  void end_a_guest() {
    auto it = std::find_if(guests_.begin(), guests_.end(), [](const guest_ptr& g) { return !g->spoke; });
    if (it == std::prev(guests_.end())) it = guests_.begin();
    (*it)->line.close();
    guests_.erase(it);
  }

  asio::awaitable<void> receive(guest_ptr g) {
    // One that says nothing costs a socket, no more.
    const auto [silent] = co_await g->line.socket().async_wait(tcp::socket::wait_read, tuple);
    if (silent) co_return;
    g->spoke = true;
    if (tls_) {
      g->line.secure(tls_.server);
      const auto [refused] = co_await g->line.tls()->async_handshake(asio::ssl::stream_base::server, tuple);
      if (refused) co_return a_stranger(*g, why_refused(g->line.tls()->native_handle(), refused.message()));
    }
    const auto line = co_await read_line(*g);
    if (line.empty()) co_return a_stranger(*g, "it does not say who it is");
    const auto heard = read_hello(line, plan_.self.wire);
    const auto why = heard ? judge(*g, *heard) : std::string(heard.error().text());
    const auto answer = why.empty() ? welcome_line(plan_.self) : refusal_line(plan_.self, why);
    const auto [gone, n] = co_await asio::async_write(g->line, asio::buffer(answer), tuple);
    if (!why.empty()) co_return not_welcome(*g, why);
    if (gone) co_return;
    g->deadline.cancel();
    patience_.welcomed(g->source);
    const auto opened = open_stream(*g, *heard);
    if (opened.socket >= 0) plan_.accepted(opened);
  }

  std::string judge(guest& g, const hello& h) const {
    if (g.line.tls() && !certificate_names(g.line.tls()->native_handle(), h.from.name))
      return "its certificate is not for the name " + h.from.name;
    return plan_.admit ? plan_.admit(h) : std::string{};
  }

  void a_stranger(guest& g, const std::string& why) {
    patience_.failed(g.source, std::chrono::steady_clock::now());
    not_welcome(g, why);
  }

  void not_welcome(guest& g, const std::string& why) {
    refusals_.note(g.from, why);
    g.line.close();
  }

  // -- whoever is called ------------------------------------------------------------------------------

  asio::awaitable<void> call(std::string to, stream_kind kind, std::function<void(result<stream>)> done) {
    const auto g = std::make_shared<guest>(tcp::socket{context_});
    g->from = to;
    g->give(settings_.cluster.handshake_timeout, g);
    auto answer = co_await introduce(g, kind);
    g->deadline.cancel();
    if (!answer) {
      g->line.close();
      co_return done(answer.error());
    }
    const auto opened = open_stream(*g, {*answer, kind});
    if (opened.socket < 0) co_return done(fail(errc::overloaded, "no descriptors are left"));
    done(opened);
  }

  using addresses = std::vector<tcp::endpoint>;
  /// An address is not looked up: it would wait for names that nobody answers for.
  asio::awaitable<std::pair<boost::system::error_code, addresses>> find(std::string host, std::string port) {
    boost::system::error_code is_name;
    const auto address = asio::ip::make_address(host, is_name);
    uint64_t number = 0;
    if (!is_name && parse_id(port, number) && number < 65'536)
      co_return std::pair{boost::system::error_code{}, addresses{{address, static_cast<uint16_t>(number)}}};
    tcp::resolver names{context_};
    const auto [unknown, found] = co_await names.async_resolve(host, port, tuple);
    addresses all;
    for (const auto& entry : found)
      all.push_back(entry.endpoint());
    co_return std::pair{unknown, std::move(all)};
  }

  asio::awaitable<result<identity>> introduce(guest_ptr g, stream_kind kind) {
    const auto [host, port] = split(g->from);
    const auto [unknown, found] = co_await find(host, port);
    if (unknown || g->late) co_return unreached(*g, unknown.message());
    const auto is_near = [](const auto& at) { return at.address().is_loopback(); };
    if (!tls_ && !std::all_of(found.begin(), found.end(), is_near))
      co_return unreached(*g, "without cluster.certificate nodes meet on loopback alone");
    const auto [failed, at] = co_await asio::async_connect(g->line.socket(), found, tuple);
    if (failed || g->late) co_return unreached(*g, failed.message());
    if (tls_) {
      g->line.secure(tls_.client);
      auto* native = g->line.tls()->native_handle();
      if (!expect_host(native, host)) co_return unreached(*g, "this is no host name");
      const auto [refused] = co_await g->line.tls()->async_handshake(asio::ssl::stream_base::client, tuple);
      if (refused) co_return unreached(*g, why_refused(native, refused.message()));
    }
    const auto mine = hello_line({plan_.self, kind});
    const auto [gone, n] = co_await asio::async_write(g->line, asio::buffer(mine), tuple);
    if (gone) co_return unreached(*g, gone.message());
    const auto line = co_await read_line(*g);
    if (line.empty()) co_return unreached(*g, "it closed the connection: its log says why");
    co_return read_answer(line, plan_.self.wire);
  }

  static failure unreached(const guest& g, const std::string& why) {
    const bool late = g.late;
    return fail(errc::connect_refused, late ? "no answer in time" : why);
  }

  // -- both -------------------------------------------------------------------------------------------

  /// Empty: there is none. What follows it is in `begun`.
  asio::awaitable<std::string> read_line(guest& g) {
    char block[longest_line];
    while (g.begun.size() < longest_line) {
      const auto room = asio::buffer(block, longest_line - g.begun.size());
      const auto [error, n] = co_await g.line.async_read_some(room, tuple);
      if (error) co_return std::string{};
      g.begun.append(block, n);
      const auto end = g.begun.find('\n');
      if (end == std::string::npos) continue;
      auto line = g.begun.substr(0, end);
      g.begun.erase(0, end + 1);
      co_return line;
    }
    co_return std::string{};
  }

  stream open_stream(guest& g, const hello& with) {
    // Who reads an answer may take its time; nodes that talk to each other do not.
    const auto& s = settings_;
    watch_peer(g.line.socket(), with.kind == stream_kind::actors
                                    ? s.cluster.timeout
                                    : std::max(s.cluster.timeout, 2 * s.http.write_timeout));
    relay_plan plan{std::move(g.line), std::move(g.begun), std::nullopt, nullptr};
    if (with.kind == stream_kind::actors) {
      plan.guard.emplace(static_cast<uint64_t>(settings_.cluster.message_bytes));
      plan.too_long = [name = with.from.name](uint64_t claimed) {
        log::error("a node's message is longer than cluster.message_bytes: its connection is closed",
                   {{"node", name}, {"bytes", claimed}});
      };
    }
    return {relay(std::move(plan)), with};
  }

  /// A peer whose machine is gone or cut off says nothing: TCP looks after it.
  static void watch_peer(tcp::socket& s, milliseconds unread) {
    boost::system::error_code ignored;
    s.set_option(tcp::no_delay{true}, ignored);
    s.set_option(asio::socket_base::keep_alive{true}, ignored);
    const auto fd = s.native_handle();
    const int limit = static_cast<int>(unread.count());
    const int seconds = std::max(1, limit / 3'000);
    const int probes = 3;
    ::setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &limit, sizeof limit);
    ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &seconds, sizeof seconds);
    ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &seconds, sizeof seconds);
    ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes);
  }

  const settings settings_;
  gate_plan plan_;
  tls_contexts tls_;
  asio::io_context context_{1};
  asio::executor_work_guard<asio::io_context::executor_type> busy_{context_.get_executor()};
  tcp::acceptor acceptor_;
  std::string address_;
  std::list<guest_ptr> guests_;
  refusals refusals_;
  patience patience_{static_cast<size_t>(settings_.cluster.failed_handshakes)};
  std::thread thread_;
};

} // namespace

result<std::unique_ptr<peer_gate>> peer_gate::open(const settings& s, gate_plan plan) {
  auto tls = load_tls(s);
  if (!tls) return tls.error();
  auto made = std::make_unique<one_thread_gate>(s, std::move(plan), std::move(*tls));
  if (auto f = made->listen(); f.code != errc::none) return f;
  return std::unique_ptr<peer_gate>(std::move(made));
}

} // namespace troupe::cluster
