#pragma once
/// A web server for tests of fetching: says word for word what it was told to say.

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace troupe::test {

/// What happens to a connection when the answer is out.
enum class afterwards { close, reset, hold };

struct scripted {
  /// Sent as it is: status line, header and body.
  std::string bytes;
  /// `hold` sends no more and waits for the client to hang up.
  afterwards then = afterwards::close;
};

/// An answer with Content-Length and a body.
scripted page(std::string body, std::string_view status = "200 OK", std::string_view more_header = {});

/// A redirect to `target`.
scripted redirect(std::string_view target, std::string_view status = "302 Found");

class tiny_server {
public:
  explicit tiny_server(const std::string& address = "127.0.0.1");
  /// Closes every connection.
  ~tiny_server();
  tiny_server(const tiny_server&) = delete;

  /// The answer to every request of `path`; other paths are answered 404. Any thread.
  void on(const std::string& path, scripted answer);
  uint16_t port() const { return port_; }
  /// `http://address:port` and `path`.
  std::string url(std::string_view path) const;

  /// The request heads for `path`, in the order of their arrival.
  std::vector<std::string> requests(const std::string& path) const;
  /// False when fewer than `count` requests for `path` were answered in time.
  bool wait_for_answers(const std::string& path, size_t count) const;
  /// False when the client did not hang up on a held connection in time.
  bool wait_for_hangup() const;

private:
  using socket = boost::asio::ip::tcp::socket;
  void accept();
  void serve(socket& client);
  void answer(socket& client, const std::string& head);
  void hold(socket& client);
  bool wait(const std::function<bool()>& condition) const;

  boost::asio::io_context io_;
  boost::asio::ip::tcp::acceptor acceptor_;
  std::string host_;
  uint16_t port_ = 0;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::map<std::string, scripted> script_;
  std::map<std::string, std::vector<std::string>> requests_;
  std::map<std::string, size_t> answered_;
  size_t hangups_ = 0;
  bool stopping_ = false;
  std::list<socket> clients_;
  std::list<std::thread> threads_;
  std::thread acceptor_thread_;
};

} // namespace troupe::test
